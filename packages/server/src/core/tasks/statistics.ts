// What is counted of tasks as they come and end, in the transaction of the change, so that an overview costs the same however
// many tasks are stored; and what is made of the counts. Durations are counted in classes, each a quarter of a doubling wide.

/** What came and what ended. */
export interface TaskFlow {
  submitted: number;
  /** By `succeeded`, or the type of the failure. */
  ended: Record<string, number>;
  /** Known costs of all attempts of the tasks that ended. */
  costMicroUsd: number;
  /** Of tasks that succeeded, by class: from the submit to the end. */
  durations: Record<string, number>;
}

/** The counts of one model in one stretch of time. */
export interface TaskCounts extends TaskFlow {
  /** The same from the start of the first call. */
  runs: Record<string, number>;
}

export type TaskEnds = Omit<TaskCounts, 'submitted'>;

export interface CountedBucket {
  /** Unix milliseconds: when the stretch begins that was counted. */
  bucketAt: number;
  model: string;
  counts: TaskCounts;
}

export interface StatisticsStore {
  /** Buckets that begin at or after `from` and before `to`. */
  countsBetween(from: number, to: number): Promise<CountedBucket[]>;
  /** Walks over all pending tasks: 20 ms for 100,000. */
  countPendingByModel(): Promise<{ model: string; count: number }[]>;
  /** Joins fine buckets that have had their time into coarse ones, and deletes the oldest. */
  foldStatistics(now: number): Promise<void>;
}

export const fineMs = 10 * 60_000;
export const coarseMs = 3 * 3_600_000;
const fineRetentionMs = 2 * 24 * 3_600_000;
const retentionMs = 90 * 24 * 3_600_000;
const maxPoints = 200;
const classesPerDoubling = 4;

/** Buckets before this are coarse, or about to be made so. */
export function fineSince(now: number): number {
  return floorTo(now - fineRetentionMs, coarseMs);
}

/** Buckets before this are deleted. */
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
  return { submitted: 0, ended: {}, costMicroUsd: 0, durations: {} };
}

function addFlow(sum: TaskFlow, more: TaskFlow): void {
  sum.submitted += more.submitted;
  sum.costMicroUsd += more.costMicroUsd;
  increaseAll(sum.ended, more.ended);
  increaseAll(sum.durations, more.durations);
}

function increaseAll(sum: Record<string, number>, more: Readonly<Record<string, number>>): void {
  // Not `for in`, which takes twice as long where names are numbers.
  for (const [name, count] of Object.entries(more)) increase(sum, name, count);
}

export function increase(counts: Record<string, number>, name: string, by = 1): void {
  counts[name] = (counts[name] ?? 0) + by;
}

/** The name of the class that a duration is counted in. */
export function durationClass(ms: number): string {
  return String(Math.floor(classesPerDoubling * Math.log2(Math.max(1, ms))));
}

/**
 * The nearest-rank percentile of durations that were counted in classes, in milliseconds; `share` is above 0 and up to 1.
 * It is the middle of the class that the exact one is in, so it is off by a factor of 2^(1/8) at the most: 9.1 %. `null`
 * where nothing was counted.
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
  /** Unix milliseconds; both are whole steps, and `to` may lie ahead. */
  from: number;
  to: number;
  stepMs: number;
}

/** The window that is shown for one that is asked for: no finer than what is kept of it, and of at most 200 points. */
export function windowOf(
  asked: { from: number; to: number; stepMs?: number | undefined },
  now: number,
): StatisticsWindow {
  const from = Math.max(asked.from, countedSince(now));
  const to = Math.max(asked.to, from + 1);
  const finest = from < fineSince(now) ? coarseMs : fineMs;
  // One point less, as the window grows to whole steps at both ends.
  const wanted = Math.max(asked.stepMs ?? 0, (to - from) / (maxPoints - 1));
  const stepMs = Math.ceil(wanted / finest) * finest;
  return { from: floorTo(from, stepMs), to: floorTo(to + stepMs - 1, stepMs), stepMs };
}

/** The counts of a window by its points, one for each step, and by model. */
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
