import { expect, test } from 'vitest';
import type { StartTimer } from '../../lib/timers.ts';
import { startRateExchange, type RateStore } from './rate-exchange.ts';
import { type CountedRate, createRates } from './rates.ts';
import type { LimitedSubject } from './subjects.ts';

const key: LimitedSubject = { kind: 'key', id: 'a', limits: { queriesPerMinute: 10 } };

/** A server whose exchanges come when the test says so, and what it told and asked for. */
function setUp() {
  const state = { at: 0, isAway: false, others: [] as CountedRate[] };
  const told: (readonly CountedRate[] | null)[] = [];
  const timers: (() => void)[] = [];
  const startTimer: StartTimer = (run) => {
    timers.push(run);
    return () => void timers.splice(0);
  };
  const rates = createRates({ elapsed: () => state.at, now: () => state.at });
  const store: RateStore = {
    async exchangeRates(_server, counted) {
      if (state.isAway) throw new Error('away');
      told.push(counted);
      return state.others;
    },
  };
  const stop = startRateExchange({ rates, store, server: 'this', elapsed: () => state.at, startTimer });
  return {
    rates,
    told,
    state,
    stop,
    timers,
    async exchange(ms = 250) {
      state.at += ms;
      for (const run of timers.splice(0)) run();
      await expect.poll(() => timers.length).toBe(1);
    },
    left: () => rates.look([key], 'query')[0]?.left,
  };
}

test('nothing is told or asked for while nothing that is limited is used', async () => {
  const { exchange, told, rates } = setUp();
  await exchange();
  rates.tryCount([{ kind: 'key', id: 'b', limits: { running: 1 } }], 'query', 1);
  await exchange();
  expect(told).toEqual([]);
});

test('what others counted holds here, as long as they say so', async () => {
  const { exchange, rates, state, left } = setUp();
  rates.tryCount([key], 'query', 1);
  state.others = [{ subjectId: 'a', kind: 'query', used: 6, untilNextMs: 1_000 }];
  await exchange();
  expect(left()).toBe(3);
  state.others = [];
  await exchange();
  expect(left()).toBe(9);
});

test('counts are told when they change, and once more when there are none left', async () => {
  const { exchange, told, rates } = setUp();
  rates.tryCount([key], 'query', 2);
  await exchange();
  await exchange();
  rates.tryCount([key], 'query', 1);
  await exchange();
  expect(told.map((counted) => counted?.map(({ used }) => used) ?? null)).toEqual([[2], null, [3]]);
  await exchange(61_000);
  await exchange();
  expect(told.slice(3)).toEqual([[]]);
});

test('what was heard is believed for a minute while the database is away, and no longer', async () => {
  const { exchange, rates, state, left } = setUp();
  rates.tryCount([key], 'query', 1);
  state.others = [{ subjectId: 'a', kind: 'query', used: 6, untilNextMs: 60_000 }];
  await exchange();
  state.isAway = true;
  await exchange(30_000);
  expect(left()).toBe(3);
  rates.tryCount([key], 'query', 1);
  await exchange(30_001);
  expect(left()).toBe(9);
});

test('a stop ends it', async () => {
  const { exchange, stop, timers } = setUp();
  await exchange();
  stop();
  expect(timers).toEqual([]);
});
