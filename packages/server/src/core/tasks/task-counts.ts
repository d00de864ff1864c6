// Counts of tasks: how they are added, the classes of durations with their percentiles, and the points of an overview. Pure.

import type { CountedBucket, TaskCounts, TaskFlow } from './statistics.ts';

export const fineMs = 10 * 60_000;
export const coarseMs = 3 * 3_600_000;
const fineRetentionMs = 2 * 24 * 3_600_000;
const retentionMs = 90 * 24 * 3_600_000;
const maxPoints = 200;
const classesPerDoubling = 4;

/** Time before which buckets are coarse, or about to be joined. */
export function fineSince(now: number): number {
  return floorTo(now - fineRetentionMs, coarseMs);
}

/** Time before which buckets are deleted. */
export function countedSince(now: number): number {
  return floorTo(now - retentionMs, coarseMs);
}

export function noCounts(): TaskCounts {
  return { ...noFlow(), runs: {} };
}

export function addCounts(sum: TaskCounts, more: TaskCounts): void {
  addFlow(sum, more);
  increaseAll(sum.runs, more.runs);
}

function noFlow(): TaskFlow {
  return { submitted: 0, ended: {}, costMicroUsd: 0, durations: {}, dwells: {} };
}

function addFlow(sum: TaskFlow, more: TaskFlow): void {
  sum.submitted += more.submitted;
  sum.costMicroUsd += more.costMicroUsd;
  increaseAll(sum.ended, more.ended);
  increaseAll(sum.durations, more.durations);
  increaseAll(sum.dwells, more.dwells);
}

function increaseAll(sum: Record<string, number>, more: Readonly<Record<string, number>>): void {
  // Not `for in`, which takes twice as long where names are numbers.
  for (const [name, count] of Object.entries(more)) increase(sum, name, count);
}

export function increase(counts: Record<string, number>, name: string, by = 1): void {
  counts[name] = (counts[name] ?? 0) + by;
}

/** Name of the class that a duration is counted in. Classes are a quarter of a doubling wide. */
export function durationClass(ms: number): string {
  return String(Math.floor(classesPerDoubling * Math.log2(Math.max(1, ms))));
}

/**
 * Nearest-rank percentile of durations that were counted in classes, in milliseconds; `null` where nothing was counted. `share` is above
 * 0 and up to 1. It is the middle of the class of the exact percentile, so it is off by at most a factor of 2^(1/8), or 9.1 %.
 */
export function percentileMs(counts: Readonly<Record<string, number>>, share: number): number | null {
  const classes = Object.entries(counts).toSorted(([a], [b]) => Number(a) - Number(b));
  let left = Math.ceil(share * classes.reduce((sum, [, count]) => sum + count, 0));
  for (const [name, count] of classes) {
    left -= count;
    if (left <= 0) return 2 ** ((Number(name) + 0.5) / classesPerDoubling);
  }
  return null;
}

export interface StatisticsWindow {
  /** Begin, Unix milliseconds. Both ends are whole steps, and `to` may lie in the future. */
  from: number;
  to: number;
  stepMs: number;
}

/** Computes the window that is shown for one that was asked for: no finer than its buckets, and of at most 200 points. */
export function windowOf(
  asked: { from: number; to: number; stepMs?: number | undefined },
  now: number,
): StatisticsWindow {
  const from = Math.max(asked.from, countedSince(now));
  const to = Math.max(asked.to, from + 1);
  const finest = from < fineSince(now) ? coarseMs : fineMs;
  // One point less, because both ends are extended to whole steps.
  const wanted = Math.max(asked.stepMs ?? 0, (to - from) / (maxPoints - 1));
  const stepMs = Math.ceil(wanted / finest) * finest;
  return { from: floorTo(from, stepMs), to: floorTo(to + stepMs - 1, stepMs), stepMs };
}

/** Counts of a window, by its points, one for each step, and by model. */
export interface Summary {
  points: { at: number; counts: TaskFlow }[];
  models: Map<string, TaskCounts>;
}

export function emptySummary({ from, to, stepMs }: StatisticsWindow): Summary {
  const points = Array.from({ length: (to - from) / stepMs }, (_, index) => ({
    at: from + index * stepMs,
    counts: noFlow(),
  }));
  return { points, models: new Map() };
}

/** Adds buckets that begin within the window. */
export function addBuckets(
  { points, models }: Summary,
  { from, stepMs }: StatisticsWindow,
  buckets: readonly CountedBucket[],
): void {
  for (const { bucketAt, model, counts } of buckets) {
    const point = points[Math.floor((bucketAt - from) / stepMs)];
    if (point !== undefined) addFlow(point.counts, counts);
    const ofModel = models.get(model) ?? noCounts();
    addCounts(ofModel, counts);
    models.set(model, ofModel);
  }
}

function floorTo(value: number, step: number): number {
  return Math.floor(value / step) * step;
}
