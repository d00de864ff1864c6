import { expect, test } from 'vitest';
import type { ToldState } from '../core/upstreams/key-states.ts';
import { createTestTime } from '../lib/timers.fixture.ts';
import { createKeyStateFollower } from '../core/upstreams/follow-key-states.ts';
import {
  type Bench,
  need,
  rateLimited,
  refusedKey,
  routed,
  setUp,
  startOfTest,
  unavailable,
} from './routing.fixture.ts';

/** Two routers of the same settings; `exchange` lets each hear what the other has learned since the last time. */
function twoNodes(): [Bench, Bench, () => void] {
  const open = () => setUp([routed('one', { keys: { a: {}, b: {} } })]);
  const benches: [Bench, Bench] = [open(), open()];
  const learned = benches.map(({ router }) => {
    const told: ToldState[] = [];
    router.onLearned((each) => told.push(structuredClone(each)));
    return told;
  });
  const exchange = () => {
    for (const [index, told] of learned.entries()) benches[1 - index]?.router.adopt(told.splice(0));
  };
  return [...benches, exchange];
}

const keysOf = ({ router }: Bench) => router.snapshot()[0]?.keys.map(({ state }) => state);

test('a pause that one node learned of holds on the other, for as long', () => {
  const [one, other, exchange] = twoNodes();
  one.fail({ ...rateLimited, retryAfterMs: 10_000 });
  exchange();
  expect(keysOf(other)).toEqual(keysOf(one));
  expect(other.take().credential).toBe('b');
  other.clock.time += 10_000;
  expect(keysOf(other)).toEqual(['available', 'available']);
});

test('a refused key is used by no node until the operator says so, to any of them', () => {
  const [one, other, exchange] = twoNodes();
  one.fail(refusedKey, 2);
  exchange();
  expect(other.availability()).toMatchObject({ kind: 'blocked' });
  let opened = 0;
  one.router.onOpened(() => (opened += 1));
  other.router.unpause('one');
  exchange();
  expect(one.availability()).toEqual({ kind: 'open' });
  expect(opened).toBeGreaterThan(0);
});

test('a circuit that opens or closes on one node does so on the other', () => {
  const [one, other, exchange] = twoNodes();
  one.fail(unavailable, 10);
  exchange();
  expect(keysOf(other)).toEqual(['circuit_open', 'circuit_open']);
  one.clock.time += 5_000;
  other.clock.time += 5_000;
  expect(keysOf(one)).toEqual(['probing', 'probing']);
  one.succeed(2);
  exchange();
  expect(keysOf(other)).toEqual(['available', 'available']);
});

test('the node that opened a circuit sends the probe, and another only where nothing comes of it', () => {
  const [one, other, exchange] = twoNodes();
  one.fail(unavailable, 10);
  exchange();
  for (const { clock } of [one, other]) clock.time += 5_000;
  expect(keysOf(one)).toEqual(['probing', 'probing']);
  expect(keysOf(other)).toEqual(['circuit_open', 'circuit_open']);
  for (const { clock } of [one, other]) clock.time += 5_000;
  expect(keysOf(other)).toEqual(['probing', 'probing']);
});

test('a call that fails on one node after another has opened the circuit anew makes it no longer', () => {
  const [one, other, exchange] = twoNodes();
  one.fail(unavailable, 10);
  exchange();
  for (const { clock } of [one, other]) clock.time += 10_000;
  const probe = other.take();
  one.fail(unavailable, 2);
  exchange();
  probe.release({ kind: 'failed', failure: unavailable });
  for (const { clock } of [one, other]) clock.time += 10_000;
  exchange();
  expect(keysOf(one)).toEqual(['probing', 'probing']);
});

test('what was learned of a key that is there no more is not believed of the one in its place', () => {
  const { router, availability } = setUp([routed('one')]);
  const state = {
    kind: 'pause',
    model: null,
    reason: 'auth',
    since: startOfTest,
    until: null,
    failure: refusedKey,
  } as const;
  const told = { upstream: 'one', credential: 'main', state };
  router.adopt([
    { ...told, fingerprint: 'of another key' },
    { ...told, upstream: 'gone', fingerprint: '' },
    { ...told, credential: 'gone', fingerprint: '' },
  ]);
  expect(availability(need)).toEqual({ kind: 'open' });
  router.adopt([{ ...told, fingerprint: '' }]);
  expect(availability(need)).toMatchObject({ kind: 'blocked' });
});

test('what can’t be told while the store is away is told when it is back', async () => {
  const time = createTestTime();
  const { router, fail } = setUp([routed('one')]);
  const told: ToldState[] = [];
  let isAway = true;
  const store = {
    async tellKeyStates(states: readonly ToldState[]) {
      if (isAway) throw new Error('away');
      told.push(...states);
    },
    readKeyStates: async () => [],
  };
  const follower = createKeyStateFollower({ states: router, store, startTimer: time.startTimer });
  await follower.start();
  fail(refusedKey);
  isAway = false;
  time.pass(500);
  await expect.poll(() => told.map(({ state }) => state.kind)).toEqual(['pause']);
  await follower.stop();
  time.end();
});
