// Calls that are open at upstreams, over all processes. They are counted under the lock of takes, which everybody holds who opens a call that
// was not counted before.

import type { OpenCalls } from '../../../core/upstreams/shared-calls.ts';
import type { Query } from '../database/statements.ts';

export interface CallCounter {
  /** Counts the calls of all tasks but these. `query` is of a transaction that has the lock. */
  underLock(query: Query, own: readonly string[]): Promise<OpenCalls[]>;
  /** Counts them as they are at some moment. */
  now(query: Query, own: readonly string[]): Promise<OpenCalls[]>;
}

/**
 * The first two items find calls from `$1` on, the number of the oldest that was open the last time: while somebody on the database holds a
 * snapshot, the index keeps every call that ended since. Numbers are given under the lock, or to calls that were set aside with a smaller
 * one before, so no later call has a smaller number.
 */
const countCalls = `WITH open AS MATERIALIZED (
    SELECT call_number, task_id, upstream, credential FROM attempts WHERE outcome IS NULL AND call_number >= $1
    UNION ALL
    SELECT call_number, task_id, upstream, credential FROM calls_set_aside WHERE call_number >= $1)
  SELECT coalesce((SELECT min(call_number) FROM open), (SELECT last_value FROM call_numbers)) AS oldest,
    (SELECT json_agg(c) FROM (
       SELECT upstream, credential, count(*) AS count FROM open
       WHERE credential IS NOT NULL AND NOT EXISTS (SELECT FROM unnest($2::text[]) AS own (id) WHERE own.id = open.task_id)
       GROUP BY upstream, credential) AS c) AS counts`;

export function createCallCounter(): CallCounter {
  let oldest = 0;

  async function count(query: Query, own: readonly string[]) {
    const [row] = await query(countCalls, [oldest, own]);
    return {
      counts: (row?.['counts'] as OpenCalls[] | null | undefined) ?? [],
      seen: row?.['oldest'] as number,
    };
  }

  return {
    async underLock(query, own) {
      const { counts, seen } = await count(query, own);
      oldest = Math.max(oldest, seen);
      return counts;
    },
    // Somebody who has the lock may be about to commit a call with a smaller number than those that are seen.
    now: async (query, own) => (await count(query, own)).counts,
  };
}

/** Item of a WITH: the call set aside for a task of `changed`, which has the `id` of those in `$1`, is no longer so. */
export function noLongerSetAside(changed: string): string {
  return `no_longer AS (DELETE FROM calls_set_aside USING ${changed} WHERE task_id = ANY ($1) AND task_id = ${changed}.id)`;
}
