// The audit log alone, in the calling thread: for a command that runs beside a server or without one.

import type { AuditStore } from '../../core/audit/audit.ts';
import { asynchronous } from './asynchronous.ts';
import { openForWriting } from './database.ts';
import { prepareFile } from './database-file.ts';
import { createAuditReads } from './reads/audit-reads.ts';
import { createAppendAudit } from './writes/audit-writes.ts';

export function openSqliteAudit(
  directory: string,
): Pick<AuditStore, 'appendAudit' | 'listAudit'> & { close(): void } {
  const database = openForWriting(prepareFile(directory));
  const appendAudit = createAppendAudit(database);
  return { ...asynchronous({ ...createAuditReads(database), appendAudit }), close: () => database.close() };
}
