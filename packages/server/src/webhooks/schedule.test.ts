import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { nextTryAt } from './schedule.ts';

const threeDays = 3 * 24 * 3_600_000;
const middle = () => 0.5;

test('tries again after 5 s, and three times as long each time, up to four hours', () => {
  const delays = Array.from({ length: 10 }, (_, index) =>
    nextTryAt({ tries: index + 1, now: 1_000, countedFrom: 1_000, retryMs: threeDays, random: middle }),
  ).map((at) => ((at ?? 0) - 1_000) / 1_000);
  expect(delays).toEqual([5, 15, 45, 135, 405, 1_215, 3_645, 10_935, 14_400, 14_400]);
});

test('makes about two dozen tries in three days', () => {
  let now: number | null = 0;
  let tries = 0;
  while (now !== null) {
    tries += 1;
    now = nextTryAt({ tries, now, countedFrom: 0, retryMs: threeDays, random: middle });
  }
  expect(tries).toBeGreaterThan(20);
  expect(tries).toBeLessThan(30);
});

test('is a quarter around its delay, never before the receiver wants it, never after its time', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 100 }),
      fc.integer({ min: 0, max: 2 * threeDays }),
      fc.option(fc.integer({ min: 1, max: 2 * threeDays }), { nil: undefined }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (tries, now, retryAfterMs, chance) => {
        const at = nextTryAt({
          tries,
          now,
          countedFrom: 0,
          retryMs: threeDays,
          retryAfterMs,
          random: () => chance,
        });
        if (at === null) {
          expect(now + Math.max(retryAfterMs ?? 0, 5 * 3_600_000)).toBeGreaterThan(threeDays);
          return;
        }
        const longest = Math.max(1.25 * 4 * 3_600_000, retryAfterMs ?? 0);
        expect(at).toBeLessThanOrEqual(Math.min(threeDays, now + longest));
        expect(at).toBeGreaterThanOrEqual(now + Math.max(3_750, retryAfterMs ?? 0));
      },
    ),
  );
});
