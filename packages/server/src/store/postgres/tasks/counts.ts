// Counts of the statistics, written in the transaction of what they count.

import { fineMs } from '../../../core/tasks/task-counts.ts';
import { rowParameters } from '../database/parameters.ts';
import type { Query } from '../database/statements.ts';

/** Something to add to a count of the bucket that `at` lies in. */
export interface Counted {
  /** Unix milliseconds. */
  at: number;
  model: string;
  /** `submitted`, `cost` in millionths of a US dollar, `ended.` with how, `duration.` and `run.` with the class. */
  name: string;
  by: number;
}

const rows = rowParameters<Counted>({
  bucket_at: ['bigint', ({ at }) => at],
  model: ['text', ({ model }) => model],
  name: ['text', ({ name }) => name],
  count: ['bigint', ({ by }) => by],
});

/** Connections that write at once seldom have the same part, and never wait for one another where they don't. */
const parts = 32;
/**
 * After so many transactions of the database there are other parts. While somebody on it holds a snapshot, no earlier version of a row is
 * cleared away, and each update goes through them all.
 */
const transactionsOfPart = 2_048;
/** Number of the connection's part at this time, in SQL. */
const part = `(pg_backend_pid() % ${parts} + ${parts} * (pg_current_xact_id()::text::bigint / ${transactionsOfPart} % 1000000))::integer`;

const addTo = 'INSERT INTO task_counts (bucket_at, model, part, name, count)';
const ifCounted =
  'ON CONFLICT (bucket_at, model, part, name) DO UPDATE SET count = task_counts.count + excluded.count';

const addSql = `${addTo} SELECT bucket_at, model, ${part}, name, count FROM ${rows.table} ORDER BY place
   ${ifCounted} RETURNING pg_current_xact_id()::text AS number`;

/** Item of a WITH that counts the tasks which the item `inserted` has inserted, in the order of `addCounts`. */
export const submittedCounts = `counted AS (
    ${addTo} SELECT created_at - created_at % ${fineMs} AS bucket, model, ${part}, 'submitted', count(*) FROM inserted
    GROUP BY bucket, model ORDER BY bucket, model
    ${ifCounted})`;

/**
 * Adds all of them in one order, so that two transactions never wait for each other. Gives the number of the transaction; `null` where there
 * was nothing to add.
 */
export async function addCounts(query: Query, counted: readonly Counted[]): Promise<string | null> {
  const sums = new Map<string, Counted>();
  for (const { at, model, name, by } of counted) {
    const bucketAt = at - (at % fineMs);
    const key = JSON.stringify([bucketAt, model, name]);
    sums.set(key, { at: bucketAt, model, name, by: by + (sums.get(key)?.by ?? 0) });
  }
  const sorted = [...sums].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, sum]) => sum);
  const some = sorted.filter(({ by }) => by !== 0);
  if (some.length === 0) return null;
  const [row] = await query(addSql, rows.of(some));
  return (row?.['number'] ?? null) as string | null;
}
