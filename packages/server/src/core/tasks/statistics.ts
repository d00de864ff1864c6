// Port of the statistics. Tasks are counted in the transaction of each submit and each end, so that an overview costs the same however
// many tasks are stored.

export interface TaskFlow {
  submitted: number;
  /** Number of ended tasks by `succeeded`, or the type of the failure. */
  ended: Record<string, number>;
  /** Sum of the known costs of all attempts of the tasks that ended. */
  costMicroUsd: number;
  /** Number of succeeded tasks by the class of their duration, from the submit to the end. */
  durations: Record<string, number>;
  /** Number of ended tasks that were started, by the class of their dwell time, from the submit to the start of the first call. */
  dwells: Record<string, number>;
}

/** Counts of one model in one bucket. */
export interface TaskCounts extends TaskFlow {
  /** Number of succeeded tasks by the class of their duration, from the start of the first call to the end. */
  runs: Record<string, number>;
}

export type TaskEnds = Omit<TaskCounts, 'submitted'>;

export interface CountedBucket {
  /** Begin of the stretch, Unix milliseconds. */
  bucketAt: number;
  model: string;
  counts: TaskCounts;
}

export interface StatisticsStore {
  /** Lists the buckets that begin at or after `from` and before `to`. */
  countsBetween(from: number, to: number): Promise<CountedBucket[]>;
  /** Counts pending tasks by model. Reads all of them, 20 ms for 100,000, beside the event loop. */
  countPendingByModel(): Promise<{ model: string; count: number }[]>;
  /** Joins fine buckets whose retention is over into coarse ones, and deletes the oldest. */
  foldStatistics(now: number): Promise<void>;
}
