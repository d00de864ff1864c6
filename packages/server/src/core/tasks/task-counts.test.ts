import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { CountedBucket } from './statistics.ts';
import {
  addBuckets,
  coarseMs,
  durationClass,
  emptySummary,
  fineMs,
  fineSince,
  increase,
  percentileMs,
  windowOf,
} from './task-counts.ts';

const now = 1_800_000_123_456;
const day = 24 * 3_600_000;
/** Every duration that a task can have is as likely to be short as long. */
const duration = fc.double({ min: 0, max: 7, noNaN: true }).map((digits) => Math.round(10 ** digits * 60));
const classed = (durations: readonly number[]) => {
  const counts: Record<string, number> = {};
  for (const ms of durations) increase(counts, durationClass(ms));
  return counts;
};

test('a percentile from classes is within 9.1 % of the exact one', () => {
  fc.assert(
    fc.property(
      fc.array(duration, { minLength: 1, maxLength: 500 }),
      fc.constantFrom(0.5, 0.9, 0.99, 1),
      (durations, share) => {
        const exact = durations.toSorted((a, b) => a - b)[Math.ceil(share * durations.length) - 1] ?? 0;
        const found = percentileMs(classed(durations), share) ?? 0;
        expect(found / exact).toBeGreaterThan(1 / 1.091);
        expect(found / exact).toBeLessThan(1.091);
      },
    ),
  );
});

test('what took no time counts as a millisecond, and of nothing there is no percentile', () => {
  expect(percentileMs(classed([0, 0]), 0.5)).toBeCloseTo(2 ** (1 / 8));
  expect(percentileMs({}, 0.5)).toBeNull();
});

test('a window has at most 200 points, in whole steps of what is kept, and covers what was asked for', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 120 * day }),
      fc.integer({ min: 1, max: 120 * day }),
      fc.option(fc.integer({ min: 0, max: 3 * day }), { nil: undefined }),
      (age, length, stepMs) => {
        const asked = { from: now - age, to: Math.min(now, now - age + length), stepMs };
        const window = windowOf(asked, now);
        const points = (window.to - window.from) / window.stepMs;
        expect(points).toBeGreaterThan(0);
        expect(points).toBeLessThanOrEqual(200);
        expect(window.from % window.stepMs).toBe(0);
        expect(points % 1).toBe(0);
        expect(window.stepMs).toBeGreaterThanOrEqual(stepMs ?? 0);
        expect(window.stepMs % (asked.from < fineSince(now) ? coarseMs : fineMs)).toBe(0);
        expect(window.to).toBeGreaterThanOrEqual(asked.to);
        if (age < 90 * day) expect(window.from).toBeLessThanOrEqual(asked.from);
      },
    ),
  );
});

test('a day is shown by ten minutes where nothing else is asked for', () => {
  const window = windowOf({ from: now - day, to: now }, now);
  expect(window.stepMs).toBe(fineMs);
  expect((window.to - window.from) / window.stepMs).toBe(145);
});

test('every count of a window is in one point and in one model', () => {
  const window = { from: 0, to: 6 * fineMs, stepMs: 2 * fineMs };
  fc.assert(
    fc.property(
      fc.array(
        fc.record({
          bucketAt: fc.integer({ min: 0, max: 5 }).map((at) => at * fineMs),
          model: fc.constantFrom('a', 'b'),
          counts: fc.record({
            submitted: fc.nat(9),
            ended: fc.dictionary(fc.constantFrom('succeeded', 'no_image'), fc.nat(9)),
            costMicroUsd: fc.nat(99),
            durations: fc.dictionary(fc.constantFrom('40', '41'), fc.nat(9)),
            dwells: fc.dictionary(fc.constantFrom('20', '21'), fc.nat(9)),
            runs: fc.constant({}),
          }),
        }),
      ),
      (buckets: CountedBucket[]) => {
        const summary = emptySummary(window);
        addBuckets(summary, window, buckets);
        const { points, models } = summary;
        expect(points.map(({ at }) => at)).toEqual([0, 2 * fineMs, 4 * fineMs]);
        const sum = (of: readonly { submitted: number; ended: Record<string, number> }[]) =>
          of.reduce((all, { submitted, ended }) => all + submitted * 1_000 + (ended['no_image'] ?? 0), 0);
        const expected = sum(buckets.map(({ counts }) => counts));
        expect(sum(points.map(({ counts }) => counts))).toBe(expected);
        expect(sum([...models.values()])).toBe(expected);
      },
    ),
  );
  expect(emptySummary(window).points.map(({ counts }) => counts)).toEqual([
    { submitted: 0, ended: {}, costMicroUsd: 0, durations: {}, dwells: {} },
    { submitted: 0, ended: {}, costMicroUsd: 0, durations: {}, dwells: {} },
    { submitted: 0, ended: {}, costMicroUsd: 0, durations: {}, dwells: {} },
  ]);
});
