// Statements that write to the audit log.

import type { DatabaseSync } from 'node:sqlite';
import type { AuditEntry } from '../../../core/audit/audit.ts';
import { auditInsert, auditValues } from '../../audit-log.ts';

export type AppendAudit = (entry: AuditEntry) => void;

export function createAppendAudit(database: DatabaseSync): AppendAudit {
  const insert = database.prepare(auditInsert(['?1', '?2', '?3', '?4', '?5', '?6', '?7', '?8', '?9']));
  return (entry) => void insert.run(...auditValues(entry));
}

export function createAuditWrites(database: DatabaseSync) {
  const removeOld = database.prepare(
    'DELETE FROM audit WHERE number IN (SELECT number FROM audit WHERE at <= ? ORDER BY at LIMIT ?)',
  );
  return {
    appendAudit: createAppendAudit(database),
    deleteOldAudit: (madeBy: number, limit: number): number => Number(removeOld.run(madeBy, limit).changes),
  };
}
