// Parts of the database for a command, which opens it, does one thing and ends.

import type { AuditStore } from '../../core/audit/audit.ts';
import type { KeysOfCommand, LedgerOfCommand } from '../store.ts';
import { createAudit } from './audit.ts';
import { type Database, openDatabase } from './database/database.ts';
import { toStartRefusal } from './database/faults.ts';
import { createDeclarations } from './declarations.ts';
import { createKeys } from './keys.ts';
import { createLedger } from './ledger/ledger.ts';
import { createOwners } from './owners.ts';
import { createSessions } from './sessions/sessions.ts';
import { createRunningCounts } from './reads/running-counts.ts';
import { rotateLinkSecrets } from './link-secrets.ts';
import { migrateAt } from './database/migrate.ts';
import { createWriter } from './database/writer.ts';

export async function openPostgresKeys(url: string): Promise<KeysOfCommand & { close(): Promise<void> }> {
  const database = await openMigrated(url);
  const writer = createWriter(database, () => {});
  return {
    ...createKeys(database.query, writer),
    ...createOwners(database.query, writer),
    ...createSessions(database.query, writer, writer),
    ...createDeclarations(database.query, writer),
    ...createRunningCounts(database.query),
    standingsOf: createLedger(database, writer, writer).standingsOf,
    close: () => database.close(),
  };
}

export async function openPostgresAudit(url: string): Promise<AuditStore & { close(): Promise<void> }> {
  const database = await openMigrated(url);
  const writer = createWriter(database, () => {});
  return { ...createAudit(database.query, writer, writer), close: () => database.close() };
}

export async function openPostgresLedger(url: string): Promise<LedgerOfCommand & { close(): Promise<void> }> {
  const database = await openMigrated(url);
  const writer = createWriter(database, () => {});
  return {
    ...createKeys(database.query, writer),
    ...createOwners(database.query, writer),
    ...createLedger(database, writer, writer),
    close: () => database.close(),
  };
}

export async function rotateSecretsAt(url: string): Promise<void> {
  const database = await openMigrated(url);
  try {
    await rotateLinkSecrets(database);
  } finally {
    await database.close();
  }
}

async function openMigrated(url: string): Promise<Database> {
  const database = openDatabase({ url, connections: { reads: 1, writes: 1 } });
  try {
    await migrateAt(url);
    return database;
  } catch (error) {
    await database.close();
    throw toStartRefusal(error, url);
  }
}
