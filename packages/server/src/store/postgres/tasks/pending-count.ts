// Counts the pending tasks. Those that may be taken are the queue, which is narrow; of the others there are few, and they have an index.

import type { Query } from '../database/statements.ts';

/** Milliseconds that a count takes, by the database, from which on the last one is used again for so many times as long. */
const slowMs = 50;
const restTimes = 20;

const countSql = `SELECT (SELECT count(*) FROM waiting)
    + (SELECT count(*) FROM tasks WHERE state = 'pending' AND cancel_requested_at IS NOT NULL) AS count,
  extract(milliseconds FROM clock_timestamp() - statement_timestamp()) AS ms`;

export interface PendingCount {
  /** Counts them; of very many it gives the last count and what came since, in this process, for a few seconds. */
  count(): Promise<number>;
  /** Adds what this process has inserted. */
  add(tasks: number): void;
}

export function createPendingCount(query: Query): PendingCount {
  let counted = 0;
  let believedUntil = 0;
  return {
    async count() {
      if (performance.now() < believedUntil) return counted;
      const [row] = await query(countSql);
      const ms = Number(row?.['ms']);
      counted = Number(row?.['count']);
      believedUntil = ms > slowMs ? performance.now() + restTimes * ms : 0;
      return counted;
    },
    add(tasks) {
      counted += tasks;
    },
  };
}
