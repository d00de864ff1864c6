// Port of usage reports. Tasks are added up by day, key, owner, model and upstream in the transactions of their submits and ends, so that a
// report costs the same however many tasks there were, and those that were deleted are still in it.

/** Names by which rows of a report are told apart. */
export const usageNames = ['day', 'owner', 'key', 'model', 'upstream'] as const;
export type UsageName = (typeof usageNames)[number];

/** Sums over tasks, money in micro-dollars. */
export interface UsageSums {
  submitted: number;
  succeeded: number;
  failed: number;
  cancelled: number;
  /** Pictures of tasks that succeeded. */
  pictures: number;
  /** Known costs of all attempts of tasks that have ended. */
  costMicroUsd: number;
  chargedMicroUsd: number;
  /** Held now. */
  reservedMicroUsd: number;
}

export const noUsage: UsageSums = {
  submitted: 0,
  succeeded: 0,
  failed: 0,
  cancelled: 0,
  pictures: 0,
  costMicroUsd: 0,
  chargedMicroUsd: 0,
  reservedMicroUsd: 0,
};

/** Where tasks are added up. */
export interface UsagePlace {
  /** Begin of the day of the submit in UTC, Unix milliseconds. */
  day: number;
  owner: string;
  key: string;
  /** Empty for adjustments. */
  model: string;
  /** Upstream of the last attempt; empty until the task has ended, and where there was none. */
  upstream: string;
}

/** Row of a report, with those of the place that it is told apart by. */
export type UsageRow = UsageSums & Partial<UsagePlace>;

export interface UsageQuery {
  /** Begins of the first and the last day, Unix milliseconds. */
  from: number;
  to: number;
  by: readonly UsageName[];
  /** Only tasks of these. */
  only: Readonly<Partial<Record<Exclude<UsageName, 'day'>, string>>>;
  /** Number of rows after which no more are needed. */
  limit: number;
}

export interface UsageStore {
  /** Adds up usage, in no order; rows of nothing are left out. */
  usageOf(query: UsageQuery): Promise<UsageRow[]>;
}

export function addUsage(sum: UsageSums, more: Readonly<UsageSums>): void {
  for (const name of Object.keys(noUsage) as (keyof UsageSums)[]) sum[name] += more[name];
}

/** Compares rows by what they are told apart by, in that order. */
export function compareUsage(by: readonly UsageName[]): (a: UsageRow, b: UsageRow) => number {
  return (a, b) => {
    for (const name of by) {
      const [left = '', right = ''] = [a[name], b[name]];
      if (left !== right) return left < right ? -1 : 1;
    }
    return 0;
  };
}
