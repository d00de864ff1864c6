// Runs writes that arrived together in one transaction, so that one sync serves them all.

import type { DatabaseSync } from 'node:sqlite';

export type Outcome<Value> = { ok: true; value: Value } | { ok: false; error: unknown };

/** Part of a transaction that its writes gather, and that is written at its end. */
interface Gathered {
  write(): void;
  drop(): void;
}

const nothing: Gathered = { write() {}, drop() {} };

/**
 * Runs `writes` in order and commits once. Where one fails, the whole group is rolled back and each runs in a
 * transaction of its own, so that a write never pays for another's fault. When this returns, what is `ok` is durable.
 */
export function commitGroup<Value>(
  database: DatabaseSync,
  writes: readonly (() => Value)[],
  gathered = nothing,
): Outcome<Value>[] {
  try {
    return inTransaction(database, () => {
      const outcomes = writes.map((write) => ({ ok: true as const, value: write() }));
      gathered.write();
      return outcomes;
    });
  } catch (error) {
    gathered.drop();
    if (writes.length === 1) return [{ ok: false, error }];
    return writes.flatMap((write) => commitGroup(database, [write], gathered));
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
