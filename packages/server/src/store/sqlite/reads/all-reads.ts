// Everything that is read, on one connection: in WAL mode readers never wait for the writer.

import type { DatabaseSync } from 'node:sqlite';
import { createLedgerReads } from '../ledger/ledger-reads.ts';
import { createAlertReads } from '../alerts.ts';
import { createClientBatchReads } from '../client-batches.ts';
import { createSessionReads } from '../sessions.ts';
import { createSnapshot } from '../snapshot.ts';
import { createUsageReads } from '../usage/usage-reads.ts';
import { createAuditReads } from './audit-reads.ts';
import { createDeclarationReads } from './declaration-reads.ts';
import { createFileReads } from './file-reads.ts';
import { createKeyReads } from './key-reads.ts';
import { createListReads } from './list-reads.ts';
import { createLoadReads } from './load-reads.ts';
import { createOwnerReads } from './owner-reads.ts';
import { createOperatorReads } from './operator-reads.ts';
import { createQueueReads } from './queue-reads.ts';
import { createRunningCounts } from './running-counts.ts';
import { createStoredBytesRead } from './stored-bytes-read.ts';
import { createStatisticsReads } from './statistics-reads.ts';
import { createIntakeReads, createStatusRead, createTaskReads } from './task-reads.ts';
import { createUnreadAnswerReads } from './unread-answer-reads.ts';
import { createWebhookReads } from './webhook-reads.ts';

/**
 * `endSnapshot` is to be called when a write is known to be durable, before anyone is told: each read from then on includes it.
 * `onFault` hears of a snapshot that did not end as it should, and whether it is over all the same.
 */
export function createAllReads(
  database: DatabaseSync,
  onFault: (error: unknown, isOver: boolean) => void = () => {},
) {
  const snapshot = createSnapshot(database, onFault);
  const tasks = createTaskReads(database);
  const findStatus = createStatusRead(database, snapshot, tasks.find);
  const reads = {
    ...tasks,
    findStatus,
    ...createListReads(database, findStatus),
    ...createOperatorReads(database),
    ...createIntakeReads(database),
    ...createQueueReads(database),
    ...createLoadReads(database),
    ...createKeyReads(database),
    ...createSessionReads(database),
    ...createOwnerReads(database),
    ...createDeclarationReads(database),
    ...createAuditReads(database),
    ...createAlertReads(database),
    ...createFileReads(database),
    ...createClientBatchReads(database),
    ...createStoredBytesRead(database),
    ...createRunningCounts(database),
    ...createWebhookReads(database),
    ...createLedgerReads(database),
    ...createStatisticsReads(database),
    ...createUsageReads(database),
    ...createUnreadAnswerReads(database),
  };
  return { reads, endSnapshot: snapshot.end };
}
