import { expect, test } from 'vitest';
import { failure, need, rateLimited, refusedKey, routed, setUp, unavailable } from './routing.fixture.ts';

const tenYears = 10 * 365 * 24 * 3_600_000;

test.each([
  ['a pause', {}, [rateLimited]],
  ['a quota', {}, [failure('upstream_quota')]],
  ['an open circuit', {}, Array.from({ length: 5 }, () => unavailable)],
  ['the requests of a minute', { requestsPerMinute: 1 }, [failure('no_image')]],
  ['the pictures of a minute', { picturesPerMinute: 1 }, [failure('no_image')]],
  ['the requests of a day', { dailyRequests: 1 }, [failure('no_image')]],
])(
  '%s of a time that the clock was in by mistake holds up nothing once it is back',
  (_, limits, failures) => {
    const bench = setUp([routed('gemini', { limits })]);
    bench.clock.time += tenYears;
    for (const each of failures) bench.fail(each);
    expect(bench.router.acquire(need)).toBeNull();
    expect(bench.availability()).toMatchObject({ kind: 'waiting' });
    bench.clock.time -= tenYears;
    expect(bench.availability()).not.toMatchObject({ kind: 'waiting' });
    expect(bench.router.acquire(need)).not.toBeNull();
  },
);

test('a key that was refused then stays paused until the operator ends that', () => {
  const bench = setUp([routed('gemini')]);
  bench.clock.time += tenYears;
  bench.fail(refusedKey);
  bench.clock.time -= tenYears;
  expect(bench.router.acquire(need)).toBeNull();
  bench.router.unpause('gemini');
  expect(bench.router.acquire(need)).not.toBeNull();
});
