// Locks of the database that processes take in turn, for what can't be decided by the rows alone. Each is held until its transaction ends:
// https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS

import type { Query } from './statements.ts';

/** Numbers of the locks, above those that other programs on the database are likely to use: 'plnt' in ASCII, and on. */
export const locks = {
  migrations: 0x706c6e74,
  linkSecrets: 0x706c6e75,
  takes: 0x706c6e76,
  /** Number of the endpoints of one API key. */
  endpointsOfKey: 0x706c6e77,
  /** The current secret of one owner. */
  webhookSecrets: 0x706c6e78,
  /** Number of unread answers. */
  unreadAnswers: 0x706c6e79,
  /** The first API key. */
  firstKey: 0x706c6e7c,
  /** States of upstreams' keys. */
  keyStates: 0x706c6e7d,
  /** Limits of one owner or key. */
  limitsOf: 0x706c6e7e,
  /** Balances of one owner or key: alone to judge by them, shared to change them. */
  subjects: 0x706c6e7f,
  /** Tries of one call of a key. */
  tries: 0x706c6e80,
  /** Declarations of the settings. */
  declarations: 0x706c6e81,
  /** Held by connections of servers, and by no transaction: shared, or by one alone; by a move of records, too. */
  servers: 0x706c6e7a,
} as const;

/** Waits for the lock and takes it. Statements after it see what the holder before has committed. `of` makes it a lock of one owner. */
export async function lockFor(query: Query, lock: number, of?: string): Promise<void> {
  if (of === undefined) await query('SELECT pg_advisory_xact_lock($1)', [lock]);
  else await query('SELECT pg_advisory_xact_lock($1::integer, hashtext($2))', [lock, of]);
}

/**
 * Waits for the lock of takes and takes it. The statements of its transaction are planned once, which would take longer than to run them:
 * by itself PostgreSQL plans them each time, since it takes arrays of parameters for longer than they are.
 */
export const lockForTakes = `SELECT set_config('plan_cache_mode', 'force_generic_plan', true), pg_advisory_xact_lock(${locks.takes})`;
