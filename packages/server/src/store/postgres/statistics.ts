// Statements that read the counts of tasks, and join old ones. A count is written in parts, by the connections that count; a read adds
// them up.

import type { StatisticsStore, TaskCounts } from '../../core/tasks/statistics.ts';
import { coarseMs, countedSince, fineSince, noCounts } from '../../core/tasks/task-counts.ts';
import { addNamed } from './count-names.ts';
import { countOf, deleteInSteps, deleteStep, inSteps } from './tasks/delete-in-steps.ts';
import type { Query } from './database/statements.ts';
import { joinedPart } from './parts.ts';
import { joinUsage } from './usage/usage-reads.ts';
import { oneByOne, type Transaction, type Writer } from './database/writer.ts';

export function createStatistics(query: Query, sweeps: Pick<Writer, 'write'>): StatisticsStore {
  return {
    async countsBetween(from, to) {
      const rows = await query(bucketsSql, [from, to]);
      return rows.map((row) => ({
        bucketAt: row['bucket_at'] as number,
        model: row['model'] as string,
        counts: toCounts(row['counts'] as string),
      }));
    },
    async countPendingByModel() {
      const rows = await query(pendingSql);
      return rows.map((row) => ({ model: row['model'] as string, count: row['count'] as number }));
    },
    async foldStatistics(now) {
      await deleteInSteps(sweeps, deleteOld, countedSince(now) - 1);
      await inSteps((limit) => sweeps.write(joinParts, [now - joinedAfterMs, limit]));
      await inSteps((limit) => sweeps.write(joinFine, [fineSince(now), limit]));
      await inSteps((limit) => sweeps.write(joinUsage, [limit]));
    },
  };
}

/** Age at which the parts of a count are joined: nothing is added to them any more, but by a clock that is late. */
const joinedAfterMs = 3_600_000;

/**
 * A row for each bucket, with names and counts in turn. Added up by the database, or with a row for each count, 90 days of 5 models with
 * 40 counts each take two to three times as long.
 */
const bucketsSql = `SELECT bucket_at, model, string_agg(name || ' ' || count, ' ') AS counts FROM task_counts
  WHERE bucket_at >= $1 AND bucket_at < $2 GROUP BY bucket_at, model ORDER BY bucket_at, model`;

/** Pending tasks that may be taken lie in the queue, which is narrow; of the others there are few, and they have an index. */
const pendingSql = `SELECT model, sum(count) AS count FROM (
    SELECT model, count(*) AS count FROM waiting GROUP BY model
    UNION ALL
    SELECT model, count(*) FROM tasks WHERE state = 'pending' AND cancel_requested_at IS NOT NULL GROUP BY model) c
  GROUP BY model ORDER BY model`;

/** Adds up counts by the names under which they are stored. */
function toCounts(named: string): TaskCounts {
  const counts = noCounts();
  const words = named.split(' ');
  for (let index = 0; index + 1 < words.length; index += 2)
    addNamed(counts, words[index] ?? '', Number(words[index + 1]));
  return counts;
}

/**
 * Moves rows into those of the buckets that they belong to. Rows that another process moves are left to it, and those that both add to
 * are added to in one order.
 */
function joinSql(which: string, bucket: string): string {
  return `WITH moved AS (
      DELETE FROM task_counts WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM task_counts WHERE bucket_at < $1 AND ${which}
        ORDER BY bucket_at LIMIT $2 FOR UPDATE SKIP LOCKED))
      RETURNING ${bucket} AS joined_at, model, name, count),
    added AS (
      INSERT INTO task_counts (bucket_at, model, part, name, count)
      SELECT joined_at, model, ${joinedPart}, name, sum(count) FROM moved GROUP BY joined_at, model, name ORDER BY joined_at, model, name
      ON CONFLICT (bucket_at, model, part, name) DO UPDATE SET count = task_counts.count + excluded.count)
    SELECT count(*) AS count FROM moved`;
}

const joining = (sql: string) =>
  oneByOne(({ query }: Transaction, before: number, limit: number) => countOf(query(sql, [before, limit])));

const joinParts = joining(joinSql('part >= 0', 'bucket_at'));
const joinFine = joining(
  joinSql(`part = ${joinedPart} AND bucket_at % ${coarseMs} <> 0`, `bucket_at - bucket_at % ${coarseMs}`),
);

const deleteOld = deleteStep('task_counts', 'bucket_at');
