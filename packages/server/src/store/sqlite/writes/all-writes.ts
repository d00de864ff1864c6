// Everything that the writer thread can be told to do, by name. Where a write has the name and the arguments of a port's method, it is that
// method. Arguments and results cross a thread boundary as JSON, so they are plain values.

import type { DatabaseSync } from 'node:sqlite';
import { createAlertWrites } from '../alerts.ts';
import { createClientBatchWrites } from '../client-batches.ts';
import { createSessionWrites } from '../sessions.ts';
import { createAuditWrites } from './audit-writes.ts';
import { createLedgerWrites } from '../ledger/ledger-writes.ts';
import { createAttemptWrites } from './attempt-writes.ts';
import { createDeliveryWrites } from './delivery-writes.ts';
import { createEndpointWrites } from './endpoint-writes.ts';
import { createEndWrites, createSweepWrites } from './end-writes.ts';
import { createFileWrites } from './file-writes.ts';
import { createHeldWrites } from '../order/held-writes.ts';
import { createInsertWrites } from './insert-writes.ts';
import { createKeyWrites } from './key-writes.ts';
import { createOwnerWrites } from './owner-writes.ts';
import { createLeaseWrites } from './lease-writes.ts';
import { createReplayWrites } from './replay-writes.ts';
import { createRetentionWrites } from './retention-writes.ts';
import { createSecretWrites } from './secret-writes.ts';
import { createSetBackWrites } from './set-back-writes.ts';
import { createStatisticsWrites } from './statistics-writes.ts';
import { createTakeWrites } from './take-writes.ts';
import { createUnreadAnswerWrites } from './unread-answer-writes.ts';
import type { AddUsage } from '../usage/gathered-usage.ts';
import { createWriteParts, type Note } from './write-parts.ts';

export type AllWrites = ReturnType<typeof createAllWrites>;

/** `note` is given every change to a task, and `addUsage` every one to the usage, within the write that makes it. */
export function createAllWrites(database: DatabaseSync, note: Note, addUsage?: AddUsage) {
  const parts = createWriteParts(database, note, addUsage);
  return {
    ...createInsertWrites(parts),
    ...createTakeWrites(parts),
    ...createLeaseWrites(parts),
    ...createHeldWrites(parts),
    ...createAttemptWrites(parts),
    ...createEndWrites(parts),
    ...createSweepWrites(parts),
    ...createRetentionWrites(parts),
    ...createSetBackWrites(parts),
    ...createLedgerWrites(parts),
    ...createKeyWrites(database),
    ...createSessionWrites(database),
    ...createOwnerWrites(database),
    ...createAuditWrites(database),
    ...createAlertWrites(database),
    ...createFileWrites(database),
    ...createClientBatchWrites(database),
    ...createEndpointWrites(database),
    ...createSecretWrites(database),
    ...createDeliveryWrites(database),
    ...createReplayWrites(database),
    ...createStatisticsWrites(database),
    ...createUnreadAnswerWrites(database),
    ping(): void {},
    /** Done when its group is committed, as no transaction may be open then: `fold-log.ts`. */
    writeOverDeleted(): void {},
  };
}
