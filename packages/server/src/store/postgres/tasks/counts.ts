// Counts of the statistics and the usage of days, written in the transaction of what they count.

import { fineMs } from '../../../core/tasks/task-counts.ts';
import type { UsageChange } from '../../../core/usage/usage-changes.ts';
import { rowParameters } from '../database/parameters.ts';
import type { Query } from '../database/statements.ts';
import { part } from '../parts.ts';
import { changedUsage, submittedUsage, usageRows } from '../usage/usage-writes.ts';

/** Something to add to a count of the bucket that `at` lies in. */
export interface Counted {
  /** Unix milliseconds. */
  at: number;
  model: string;
  /** `submitted`, `cost` in millionths of a US dollar, `ended.` with how, `duration.`, `dwell.` and `run.` with the class. */
  name: string;
  by: number;
}

const rows = rowParameters<Counted>({
  bucket_at: ['bigint', ({ at }) => at],
  model: ['text', ({ model }) => model],
  name: ['text', ({ name }) => name],
  count: ['bigint', ({ by }) => by],
});

const addTo = 'INSERT INTO task_counts (bucket_at, model, part, name, count)';
const ifCounted =
  'ON CONFLICT (bucket_at, model, part, name) DO UPDATE SET count = task_counts.count + excluded.count';

const addSql = `WITH counted AS (
    ${addTo} SELECT bucket_at, model, ${part}, name, count FROM ${rows.table} ORDER BY place
    ${ifCounted}),
  used AS (${changedUsage})
  SELECT pg_current_xact_id()::text AS number`;

/** Items of a WITH that count the tasks which the item `inserted` has inserted, in the order of `addCounts`. */
export const submittedCounts = `counted AS (
    ${addTo} SELECT created_at - created_at % ${fineMs} AS bucket, model, ${part}, 'submitted', count(*) FROM inserted
    GROUP BY bucket, model ORDER BY bucket, model
    ${ifCounted}),
  used AS (${submittedUsage})`;

/**
 * Adds all of them in one order, so that two transactions never wait for each other. Gives the number of the transaction; `null` where there
 * was nothing to add.
 */
export async function addCounts(
  query: Query,
  counted: readonly Counted[],
  used: readonly UsageChange[] = [],
): Promise<string | null> {
  const sums = new Map<string, Counted>();
  for (const { at, model, name, by } of counted) {
    const bucketAt = at - (at % fineMs);
    const key = JSON.stringify([bucketAt, model, name]);
    sums.set(key, { at: bucketAt, model, name, by: by + (sums.get(key)?.by ?? 0) });
  }
  const sorted = [...sums].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, sum]) => sum);
  const some = sorted.filter(({ by }) => by !== 0);
  if (some.length === 0 && used.length === 0) return null;
  const [row] = await query(addSql, [...rows.of(some), ...usageRows.of(used)]);
  return (row?.['number'] ?? null) as string | null;
}
