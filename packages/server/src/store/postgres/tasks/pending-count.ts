// Counts the pending tasks. Those that may be taken are the queue, which is narrow; of the others there are few, and they have an index.

import type { Query } from '../database/statements.ts';

/** Number of tasks above which a count is used again, for so many times as long as it took the database. */
const many = 10_000;
const restTimes = 20;

/** Bytes of a row of the queue at the least: its header and place, and columns with the shortest texts. */
const leastRowBytes = 88;
/** Size up to which the queue is counted in any case. */
const smallBytes = 2 * 2 ** 20;

/** A large queue is not counted where not even its size has room for half of the maximum, `$1`. `$2` is the size from which it is large. */
const countSql = `SELECT
    CASE WHEN size > $2 AND size / ${leastRowBytes} <= $1::bigint / 2 THEN size / ${leastRowBytes} ELSE (SELECT count(*) FROM waiting) END
      + (SELECT count(*) FROM tasks WHERE state = 'pending' AND cancel_requested_at IS NOT NULL) AS count,
    extract(milliseconds FROM clock_timestamp() - statement_timestamp()) AS ms
  FROM (SELECT pg_relation_size('waiting') AS size) AS queue`;

export interface PendingCount {
  /**
   * Counts them, as the port says; of very many it gives the last count and what came since, in this process, for a few seconds.
   */
  count(max?: number): Promise<number>;
  /** Adds what this process has inserted. */
  add(tasks: number): void;
}

export function createPendingCount(query: Query, largeFrom = smallBytes): PendingCount {
  let counted = 0;
  let believedUntil = 0;
  return {
    async count(max = 0) {
      if (performance.now() < believedUntil) return counted;
      // The database has no number for what has no limit.
      const [row] = await query(countSql, [Math.min(max, Number.MAX_SAFE_INTEGER), largeFrom]);
      const ms = Number(row?.['ms']);
      counted = Number(row?.['count']);
      believedUntil = counted > many ? performance.now() + restTimes * ms : 0;
      return counted;
    },
    add(tasks) {
      counted += tasks;
    },
  };
}
