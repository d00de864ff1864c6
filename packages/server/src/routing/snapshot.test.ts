import { expect, test } from 'vitest';
import {
  failure,
  rateLimited,
  refusedKey,
  routed,
  routeTo,
  setUp,
  startOfTest,
  unavailable,
} from './routing.fixture.ts';
import type { Bench } from './routing.fixture.ts';
import { createRouter } from './router.ts';

const seconds = (at: number) => String(at / 1000);
const key = ({ router }: Bench) => router.snapshot()[0]?.keys[0];

test('all of it is plain JSON: what is limited, what is used, and when the day ends', () => {
  const limits = { concurrency: 3, requestsPerMinute: 10, picturesPerMinute: 20, dailyRequests: 100 };
  const bench = setUp([routed('gemini', { limits, keyLimits: { concurrency: 2 } })], {
    routes: { banana: [routeTo('gemini', undefined, 'g-1')], other: [routeTo('gemini', undefined, 'g-2')] },
  });
  bench.take();
  bench.take().release({ kind: 'succeeded', pictures: 4 });
  const expected = [
    {
      name: 'gemini',
      kind: 'fake',
      in_flight: 1,
      requests_today: 2,
      next_reset_at: seconds(Date.parse('2026-11-24T08:00:00Z')),
      limits: {
        concurrency: { limit: 3, used: 1 },
        requests_per_minute: { limit: 10, used: 2 },
        pictures_per_minute: { limit: 20, used: 5 },
        daily_requests: { limit: 100, used: 2 },
      },
      models: [
        { model: 'banana', upstream_model: 'g-1' },
        { model: 'other', upstream_model: 'g-2' },
      ],
      keys: [
        {
          label: 'main',
          state: 'available',
          in_flight: 1,
          requests_today: 2,
          concurrency_limit: 2,
          limits: { concurrency: { limit: 2, used: 1 } },
          pauses: [],
          circuit: { state: 'closed' },
          recent_errors: [],
        },
      ],
    },
  ];
  const snapshot = bench.router.snapshot();
  expect(snapshot).toEqual(expected);
  expect(JSON.parse(JSON.stringify(snapshot))).toEqual(snapshot);
});

test('calls of other processes are added to what is used in a minute, and to the failures of each key', () => {
  const limits = { requestsPerMinute: 10, picturesPerMinute: 20 };
  const benches = [1, 2].map(() => {
    const bench = setUp([routed('gemini', { limits, keyLimits: { requestsPerMinute: 5 } })]);
    bench.take().release({ kind: 'failed', failure: unavailable });
    bench.take().release({ kind: 'succeeded', pictures: 3 });
    return bench;
  });
  const [own, other] = benches as [Bench, Bench];
  const elsewhere = other.router.recentCalls();
  expect(JSON.parse(JSON.stringify(elsewhere))).toEqual(elsewhere);
  expect(own.router.snapshot(elsewhere)).toMatchObject([
    {
      limits: {
        requests_per_minute: { limit: 10, used: 4 },
        pictures_per_minute: { limit: 20, used: 8 },
      },
      keys: [
        {
          limits: { requests_per_minute: { limit: 5, used: 4 } },
          recent_errors: [{ type: 'upstream_unavailable', count: 2, last_at: seconds(startOfTest) }],
        },
      ],
    },
  ]);
});

test('where one key has a limit of a day, the calls of all processes are shown of the others and of the upstream too', () => {
  const router = createRouter({
    upstreams: [routed('gemini', { keys: { main: { dailyRequests: 10 }, other: {} } })],
    routes: new Map([['banana', [routeTo('gemini')]]]),
    clock: { now: () => startOfTest },
    random: () => 0,
    isShared: true,
  });
  const counted = { upstream: 'gemini', open: 0 };
  router.shared?.learn([
    { ...counted, credential: 'main', today: 3 },
    { ...counted, credential: 'other', today: 4 },
  ]);
  const [shown] = router.snapshot();
  expect(shown?.requests_today).toBe(7);
  expect(shown?.keys.map((each) => each.requests_today)).toEqual([3, 4]);
});

test('a process has nothing to tell of keys that it has not called of late', () => {
  const bench = setUp([routed('gemini', { limits: { requestsPerMinute: 10 } })]);
  expect(bench.router.recentCalls()).toEqual([]);
});

test('a key whose own limits are reached is limited', () => {
  const bench = setUp([routed('gemini', { keyLimits: { concurrency: 1 } })]);
  bench.take();
  expect(key(bench)).toMatchObject({ state: 'limited', concurrency_limit: 1 });
});

test('a pause for one of two models is listed, and the key still available; for all, the key is paused', () => {
  const bench = setUp([routed('gemini')], {
    routes: { banana: [routeTo('gemini')], other: [routeTo('gemini', undefined, 'other')] },
  });
  bench.fail({ ...rateLimited, retryAfterMs: 1_500 });
  const pause = {
    model: 'banana',
    reason: 'rate_limited',
    message: rateLimited.message,
    until: String(Math.ceil((startOfTest + 1_500) / 1000)),
  };
  expect(key(bench)?.pauses).toEqual([pause]);
  bench.clock.time += 1_500;
  expect(key(bench)).toMatchObject({ state: 'available', pauses: [] });
  bench.fail(refusedKey);
  expect(key(bench)).toMatchObject({
    state: 'paused',
    pauses: [{ model: null, reason: 'auth', message: refusedKey.message, until: null }],
  });
});

test('a circuit shows when calls are let through again, and a probe as such', () => {
  const bench = setUp([routed('gemini')]);
  bench.fail(unavailable, 5);
  const opensAgainAt = seconds(startOfTest + 5_000);
  expect(key(bench)).toMatchObject({
    state: 'circuit_open',
    circuit: { state: 'open', opens_again_at: opensAgainAt },
  });
  bench.clock.time += 5_000;
  const halfOpen = { state: 'probing', circuit: { state: 'half_open', opens_again_at: opensAgainAt } };
  expect(key(bench)).toMatchObject(halfOpen);
  bench.take();
  expect(key(bench)).toMatchObject({ ...halfOpen, in_flight: 1 });
});

test('failures of the last 15 minutes are counted by type, up to a bound', () => {
  const bench = setUp([routed('gemini')]);
  const { resume } = bench.router;
  const fail = (cause: typeof unavailable) =>
    resume({ upstreamName: 'gemini', credential: 'main', upstreamModel: 'old' })?.release({
      kind: 'failed',
      failure: cause,
    });
  fail(unavailable);
  bench.clock.time += 15 * 60_000 - 1;
  fail({ ...unavailable, upstreamReason: 'timeout' });
  fail(failure('upstream_unavailable'));
  fail(rateLimited);
  const lastAt = String(Math.floor(bench.clock.time / 1000));
  const limited = { type: 'upstream_rate_limited', count: 1, upstream_reason: null, last_at: lastAt };
  const failed = { type: 'upstream_unavailable', count: 3, upstream_reason: 'timeout', last_at: lastAt };
  expect(key(bench)?.recent_errors).toEqual([failed, limited]);
  bench.clock.time += 1;
  expect(key(bench)?.recent_errors).toEqual([{ ...failed, count: 2 }, limited]);
  for (let time = 0; time < 600; time += 1) fail(unavailable);
  expect(key(bench)?.recent_errors).toMatchObject([{ type: 'upstream_unavailable', count: 500 }]);
});
