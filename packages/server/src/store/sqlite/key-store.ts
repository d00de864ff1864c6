// Keys and owners alone, in the calling thread: for a command that runs beside a server or without one.

import type { KeysOfCommand } from '../store.ts';
import { asynchronous } from './asynchronous.ts';
import { openForWriting } from './database.ts';
import { prepareFile } from './database-file.ts';
import { inTransactions } from './in-transactions.ts';
import { createKeptBalance } from './ledger/balances.ts';
import { createStandings } from './ledger/standings.ts';
import { createDeclarationReads } from './reads/declaration-reads.ts';
import { createKeyReads } from './reads/key-reads.ts';
import { createOwnerReads } from './reads/owner-reads.ts';
import { createRunningCounts } from './reads/running-counts.ts';
import { createLinkWrites } from './sessions.ts';
import { createKeyWrites, hex } from './writes/key-writes.ts';
import { createOwnerWrites } from './writes/owner-writes.ts';

export function openSqliteKeys(directory: string): KeysOfCommand & { close(): void } {
  const database = openForWriting(prepareFile(directory));
  const { insertKey, insertFirstKey, rollKey, ...keys } = inTransactions(database, createKeyWrites(database));
  return {
    ...asynchronous({
      ...createKeyReads(database),
      ...createOwnerReads(database),
      ...createDeclarationReads(database),
      ...createRunningCounts(database),
      ...keys,
      ...inTransactions(database, createOwnerWrites(database)),
      ...inTransactions(database, createLinkWrites(database)),
      // It keeps the sums that it makes.
      ...inTransactions(database, { standingsOf: createStandings(database, createKeptBalance(database)) }),
    }),
    insertKey: async (key, hash, audited, limited) => insertKey(key, hex(hash), audited, limited),
    insertFirstKey: async (key, hash, audited) => insertFirstKey(key, hex(hash), audited),
    rollKey: async (id, { hash, ...rest }, audited) => rollKey(id, { ...rest, hash: hex(hash) }, audited),
    close: () => database.close(),
  };
}
