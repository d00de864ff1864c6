// Whether a transaction was committed whose connection broke while it was. The database remembers that of recent transactions by their
// numbers: https://www.postgresql.org/docs/current/functions-info.html#FUNCTIONS-INFO-SNAPSHOT

import { setTimeout as delay } from 'node:timers/promises';
import { isDatabaseAway } from '../../../core/errors.ts';
import type { Query } from './statements.ts';

export type Outcome = 'committed' | 'aborted' | 'unknown';

/** How long an answer is waited for, and how often it is asked for, milliseconds. */
const patienceMs = 10_000;
const againMs = 100;

/** Number of the transaction that runs the statement; `null` where it has changed nothing. */
export async function numberOfTransaction(query: Query): Promise<string | null> {
  const [row] = await query('SELECT pg_current_xact_id_if_assigned()::text AS number');
  return (row?.['number'] ?? null) as string | null;
}

/** Finds out what became of a transaction, as soon as the database is there again and has ended it. */
export async function outcomeOf(query: Query, number: string): Promise<Outcome> {
  for (const until = performance.now() + patienceMs; performance.now() < until; await delay(againMs)) {
    try {
      const [row] = await query('SELECT pg_xact_status($1::xid8) AS status', [number]);
      const status = row?.['status'];
      if (status === 'committed' || status === 'aborted') return status;
    } catch (error) {
      // A database that has never come so far, as after a failover to one that lags behind, has not committed it either.
      if (!isDatabaseAway(error)) return 'aborted';
    }
  }
  return 'unknown';
}
