import { expect, test } from 'vitest';
import {
  failure,
  nextMidnightPacific,
  rateLimited,
  refusedKey,
  routed,
  routeTo,
  setUp,
  timedOut,
  type Bench,
} from './routing.fixture.ts';

const hourMs = 3_600_000;
const untilOf = ({ availability, clock }: Bench) => {
  const found = availability();
  return found.kind === 'waiting' && found.until !== null ? found.until - clock.time : found.kind;
};
const gemini = () => setUp([routed('gemini')]);

test('a rate limit pauses the model for as long as the upstream asked', () => {
  const bench = setUp([routed('gemini')], {
    routes: { banana: [routeTo('gemini')], other: [routeTo('gemini', undefined, 'other')] },
  });
  bench.fail(failure('upstream_rate_limited', { retryAfterMs: 12_000.4 }));
  expect(bench.availability()).toMatchObject({ reason: 'rate_limited', until: bench.clock.time + 12_001 });
  bench.take({ model: 'other', inputs: 0 }).release({ kind: 'stopped' });
  bench.clock.time += 12_001;
  bench.take();
});

test('without a word on how long, a rate limit pauses for 1 second, doubled up to 60, until the model succeeds', () => {
  const bench = gemini();
  const waits: unknown[] = [];
  for (let time = 0; time < 8; time += 1) {
    bench.fail(rateLimited);
    const wait = untilOf(bench);
    waits.push(wait);
    bench.clock.time += Number(wait);
  }
  expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
  bench.succeed();
  bench.fail(rateLimited);
  expect(untilOf(bench)).toBe(1_000);
});

test('calls that are refused together count as one refusal, and an earlier call’s success as none', () => {
  const bench = gemini();
  const slots = Array.from({ length: 10 }, () => bench.take());
  for (const slot of slots.slice(0, 9)) slot.release({ kind: 'failed', failure: rateLimited });
  expect(untilOf(bench)).toBe(1_000);
  slots[9]?.release({ kind: 'succeeded', pictures: 1 });
  bench.clock.time += 1_000;
  bench.fail(rateLimited);
  expect(untilOf(bench)).toBe(2_000);
});

test('a used-up quota pauses the model until the quotas begin anew, or longer where the upstream asks for that', () => {
  const bench = gemini();
  bench.fail(failure('upstream_quota', { retryAfterMs: 12_000 }));
  expect(bench.availability()).toMatchObject({
    kind: 'waiting',
    reason: 'quota',
    until: nextMidnightPacific,
  });
  const asked = gemini();
  asked.fail(failure('upstream_quota', { retryAfterMs: 23.5 * hourMs }));
  expect(untilOf(asked)).toBe(23.5 * hourMs);
});

test('a shorter pause does not end a longer one, and no pause that was asked for is longer than a day', () => {
  const bench = gemini();
  const [first, second] = [bench.take(), bench.take()];
  first.release({ kind: 'failed', failure: { ...rateLimited, retryAfterMs: 1000 * hourMs } });
  second.release({ kind: 'failed', failure: { ...rateLimited, retryAfterMs: 5 } });
  expect(untilOf(bench)).toBe(24 * hourMs);
});

test('an upstream that is unavailable is left alone for as long as it asked, and not at all where it did not', () => {
  const bench = gemini();
  bench.fail(failure('upstream_unavailable'));
  expect(untilOf(bench)).toBe('open');
  bench.fail(failure('upstream_unavailable', { retryAfterMs: 7_000 }));
  expect(bench.availability()).toMatchObject({ reason: 'circuit_open', until: bench.clock.time + 7_000 });
});

test('a model that the upstream does not know is tried again after 10 minutes; other bad requests pause nothing', () => {
  const bench = gemini();
  bench.fail(failure('upstream_bad_request', { retryable: false }));
  expect(untilOf(bench)).toBe('open');
  bench.fail(failure('upstream_bad_request', { retryable: false, modelUnknown: true }));
  expect(untilOf(bench)).toBe(10 * 60_000);
});

test('a refused key is used for no model until the operator says so', () => {
  const bench = setUp([routed('gemini', { keys: { a: {}, b: {} } })], {
    routes: { banana: [routeTo('gemini')], other: [routeTo('gemini', undefined, 'other')] },
  });
  const other = { model: 'other', inputs: 0 };
  const [late] = [bench.take(), bench.take()];
  bench.fail(refusedKey);
  bench.clock.time += 1000 * hourMs;
  expect([bench.take(other).credential, bench.take(other).credential]).toEqual(['b', 'b']);
  let reported = 0;
  bench.router.onOpened(() => (reported += 1));
  expect(bench.router.unpause('gemini')).toBe(true);
  expect(reported).toBe(1);
  // A call that began before is no news.
  late.release({ kind: 'failed', failure: refusedKey });
  expect(bench.take().credential).toBe('a');
  const before = reported;
  expect(bench.router.unpause('gemni')).toBe(false);
  expect(reported).toBe(before);
});

test('overload halves the calls at once, no more than once for calls under way together', () => {
  const bench = setUp([routed('gemini', { keyLimits: { concurrency: 16 } })]);
  const limit = () => bench.router.snapshot()[0]?.keys[0]?.concurrency_limit;
  const slots = Array.from({ length: 8 }, () => bench.take());
  for (const slot of slots.slice(0, 4)) slot.release({ kind: 'failed', failure: timedOut });
  expect(limit()).toBe(8);
  for (const slot of slots.slice(4)) slot.release({ kind: 'failed', failure: rateLimited });
  expect(limit()).toBe(8);
  bench.clock.time += 30_000;
  bench.fail(rateLimited);
  expect(limit()).toBe(4);
  bench.clock.time += 30_000;
  bench.succeed(5);
  expect(limit()).toBe(5);
});

test('failures that are no overload leave the calls at once as they are', () => {
  const bench = setUp([routed('gemini', { keyLimits: { concurrency: 16 } })]);
  bench.fail(failure('upstream_unavailable', { upstreamReason: '500' }));
  bench.fail(failure('upstream_quota'));
  expect(bench.router.snapshot()[0]?.keys[0]?.concurrency_limit).toBe(16);
});

test('a model that is overloaded is left alone with every key, and the other models are not', () => {
  const bench = setUp([routed('gemini', { keys: { a: {}, b: {} } })], {
    routes: {
      banana: [routeTo('gemini')],
      apple: [routeTo('gemini', undefined, 'apple')],
    },
  });
  for (let call = 0; call < 8; call += 1) {
    bench.fail(failure('upstream_unavailable', { modelOverloaded: true, retryAfterMs: 7_000 }));
    expect(bench.availability()).toMatchObject({ kind: 'waiting', until: bench.clock.time + 7_000 });
    expect(bench.router.availability({ model: 'apple', inputs: 0 })).toEqual({ kind: 'open' });
    bench.clock.time += 7_000;
  }
  expect(bench.router.snapshot()[0]?.keys.map(({ circuit }) => circuit.state)).toEqual(['closed', 'closed']);
});
