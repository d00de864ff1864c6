// Keys and owners alone, in the calling thread: for a command that runs beside a server or without one.

import type { DatabaseSync } from 'node:sqlite';
import type { KeyStore } from '../../core/keys/key-store.ts';
import type { OwnerStore } from '../../core/owners/owner-store.ts';
import { asynchronous } from './asynchronous.ts';
import { openForWriting } from './database.ts';
import { prepareFile } from './database-file.ts';
import { createKeyReads } from './reads/key-reads.ts';
import { createOwnerReads } from './reads/owner-reads.ts';
import { commitGroup } from './writes/group-commit.ts';
import { createKeyWrites, hex } from './writes/key-writes.ts';
import { createOwnerWrites } from './writes/owner-writes.ts';

export function openSqliteKeys(directory: string): KeyStore & OwnerStore & { close(): void } {
  const database = openForWriting(prepareFile(directory));
  const { insertKey, insertFirstKey, rollKey, ...keys } = inTransactions(database, createKeyWrites(database));
  return {
    ...asynchronous({
      ...createKeyReads(database),
      ...createOwnerReads(database),
      ...keys,
      ...inTransactions(database, createOwnerWrites(database)),
    }),
    insertKey: async (key, hash, audited) => insertKey(key, hex(hash), audited),
    insertFirstKey: async (key, hash, audited) => insertFirstKey(key, hex(hash), audited),
    rollKey: async (id, { hash, ...rest }, audited) => rollKey(id, { ...rest, hash: hex(hash) }, audited),
    close: () => database.close(),
  };
}

type Write = (...args: never[]) => unknown;

/** A server's writer thread may write between two statements, but not within a transaction. */
function inTransactions<Writes extends Record<string, Write>>(
  database: DatabaseSync,
  writes: Writes,
): Writes {
  const entries = Object.entries(writes).map(([name, write]) => [
    name,
    (...args: never[]) => {
      const [outcome] = commitGroup(database, [() => write(...args)]);
      if (outcome?.ok === true) return outcome.value;
      throw outcome?.error;
    },
  ]);
  return Object.fromEntries(entries) as Writes;
}
