// Calls that are open at upstreams, over all processes. They are counted under the lock of takes, which everybody holds who opens a call that
// was not counted before.

import type { CallCounts, CallsAsked } from '../../../core/upstreams/shared-calls.ts';
import type { TaskQueue } from '../../../core/tasks/task-queue.ts';
import type { Query } from '../database/statements.ts';
import { oneByOne, type Transaction, type Writer } from '../database/writer.ts';
import { readDays, startMissingDays } from './calls-of-day.ts';

export interface CallCounter {
  /** Counts calls. `query` is of a transaction that has the lock. */
  underLock(query: Query, asked: CallsAsked): Promise<CallCounts[]>;
  /** Counts them as they are at some moment; `null` where the day of an upstream has yet to be begun under the lock. */
  now(query: Query, asked: CallsAsked): Promise<CallCounts[] | null>;
}

const nowMs = '(extract(epoch FROM clock_timestamp()) * 1000)::bigint';
const isNotOver = `(ends_at IS NULL OR ends_at > ${nowMs})`;

/**
 * Start of the database's server. Another one, or one that was started anew, may have an earlier state of the records: a standby that lagged
 * behind, a backup that was restored.
 */
const server = 'extract(epoch FROM pg_postmaster_start_time())::text';

/**
 * The items find calls from `$1` on, the number of the oldest that was open the last time, on the server `$3`: while somebody on the database
 * holds a snapshot, the index keeps every call that ended since. Numbers are given under the lock, or to calls that were set aside with a
 * smaller one before, so no later call has a smaller number, unless an earlier state of the records came back; then all are counted anew.
 */
const countCalls = `WITH beginning AS MATERIALIZED (
    SELECT CASE WHEN ${server} = $3 AND last_value >= $1 THEN $1 ELSE 0 END AS call_number FROM call_numbers),
  open AS MATERIALIZED (
    SELECT call_number, task_id, upstream, credential FROM attempts
    WHERE outcome IS NULL AND call_number >= (SELECT call_number FROM beginning)
    UNION ALL
    SELECT call_number, task_id, upstream, credential FROM calls_set_aside
    WHERE call_number >= (SELECT call_number FROM beginning) AND ${isNotOver})
  SELECT ${server} AS server, coalesce((SELECT min(call_number) FROM open), (SELECT last_value FROM call_numbers)) AS oldest,
    (SELECT json_agg(c) FROM (
       SELECT upstream, credential, count(*) AS open, 0 AS today FROM open
       WHERE credential IS NOT NULL AND NOT EXISTS (SELECT FROM unnest($2::text[]) AS own (id) WHERE own.id = open.task_id)
       GROUP BY upstream, credential) AS c) AS counts`;

export function createCallCounter(): CallCounter {
  let seen = { oldest: 0, server: '' };

  async function countOpen(query: Query, own: readonly string[]) {
    const [row] = await query(countCalls, [seen.oldest, own, seen.server]);
    const counts = (row?.['counts'] as CallCounts[] | null | undefined) ?? [];
    return { counts, seen: { oldest: row?.['oldest'] as number, server: row?.['server'] as string } };
  }

  return {
    async underLock(query, asked) {
      const counted = await countOpen(query, asked.own());
      seen = counted.seen;
      const { counts } = counted;
      const days = asked.days();
      if (days.length === 0) return counts;
      await startMissingDays(query, days);
      return [...counts, ...(await readDays(query, days)).counts];
    },
    async now(query, asked) {
      // Somebody who has the lock may be about to commit a call with a smaller number than those that are seen.
      const { counts } = await countOpen(query, asked.own());
      const days = asked.days();
      if (days.length === 0) return counts;
      const known = await readDays(query, days);
      return known.missing.length > 0 ? null : [...counts, ...known.counts];
    },
  };
}

type OverdueCalls = Required<Pick<TaskQueue, 'keepCallCounted' | 'endCountedCall'>>;

/** Calls that may still be open when their tasks have ended. */
export function createOverdueCalls({ write }: Pick<Writer, 'write'>): OverdueCalls {
  return {
    keepCallCounted: (taskId, ms) => write(keepCounted, [taskId, ms]),
    endCountedCall: (taskId) => write(endCounted, [taskId]),
  };
}

/** It has the number of its attempt: a new one would be missed by who has counted a later call. It is of no day, which counted the attempt. */
const keepCounted = oneByOne(async ({ query }: Transaction, taskId: string, ms: number): Promise<void> => {
  await query(
    `WITH over AS (DELETE FROM calls_set_aside WHERE NOT ${isNotOver})
     INSERT INTO calls_set_aside (call_number, task_id, upstream, upstream_model, credential, set_aside_at, ends_at)
     SELECT call_number, task_id, upstream, upstream_model, credential, 0, ${nowMs} + $2
     FROM attempts WHERE task_id = $1 AND outcome IS NULL AND credential IS NOT NULL ON CONFLICT DO NOTHING`,
    [taskId, ms],
  );
});

const endCounted = oneByOne(async ({ query }: Transaction, taskId: string): Promise<void> => {
  await query('DELETE FROM calls_set_aside WHERE task_id = $1 AND ends_at IS NOT NULL', [taskId]);
});

/** Item of a WITH: the calls set aside for tasks of `changed`, which has the `id` of those in `$1`, are no longer so. */
export function noLongerSetAside(changed: string): string {
  return `no_longer AS (
    DELETE FROM calls_set_aside USING ${changed} WHERE task_id = ANY ($1) AND task_id = ${changed}.id AND ends_at IS NULL
    RETURNING upstream, credential, set_aside_at)`;
}
