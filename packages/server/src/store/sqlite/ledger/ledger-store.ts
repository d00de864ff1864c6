// The ledger alone, in the calling thread: for a command that runs beside a server or without one.

import type { LedgerOfCommand } from '../../store.ts';
import { asynchronous } from '../asynchronous.ts';
import { openForWriting } from '../database.ts';
import { prepareFile } from '../database-file.ts';
import { inTransactions } from '../in-transactions.ts';
import { createKeyReads } from '../reads/key-reads.ts';
import { createOwnerReads } from '../reads/owner-reads.ts';
import { createLedger } from './entries.ts';
import { createLedgerReads } from './ledger-reads.ts';
import { createUsageWrites } from '../usage/usage-writes.ts';
import { createAdjust } from './ledger-writes.ts';

export function openSqliteLedger(directory: string): LedgerOfCommand & { close(): void } {
  const database = openForWriting(prepareFile(directory));
  const adjust = createAdjust(database, {
    ledger: createLedger(database),
    usage: createUsageWrites(database),
  });
  return {
    ...asynchronous({
      ...createKeyReads(database),
      ...createOwnerReads(database),
      ...createLedgerReads(database),
      ...inTransactions(database, { adjust }),
    }),
    close: () => database.close(),
  };
}
