// Runs writes that arrived together in one transaction, so that one sync serves them all.

import type { DatabaseSync } from 'node:sqlite';

export type Outcome<Value> = { ok: true; value: Value } | { ok: false; error: unknown };

/**
 * Runs `writes` in order and commits once. Where one fails, the whole group is rolled back and each runs in a
 * transaction of its own, so that a write never pays for another's fault. When this returns, what is `ok` is durable.
 */
export function commitGroup<Value>(
  database: DatabaseSync,
  writes: readonly (() => Value)[],
): Outcome<Value>[] {
  try {
    return inTransaction(database, () => writes.map((write) => ({ ok: true as const, value: write() })));
  } catch (error) {
    if (writes.length === 1) return [{ ok: false, error }];
    return writes.flatMap((write) => commitGroup(database, [write]));
  }
}

function inTransaction<T>(database: DatabaseSync, work: () => T): T {
  database.exec('BEGIN IMMEDIATE');
  try {
    const value = work();
    database.exec('COMMIT');
    return value;
  } catch (error) {
    // Some failures (a full disk) have rolled back already.
    try {
      if (database.isTransaction) database.exec('ROLLBACK');
    } catch {
      // The writer thread looks whether it is over all the same.
    }
    throw error;
  }
}
