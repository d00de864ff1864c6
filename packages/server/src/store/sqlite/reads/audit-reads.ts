// Statements that read the audit log.

import type { DatabaseSync } from 'node:sqlite';
import type { AuditStore } from '../../../core/audit/audit.ts';
import { auditList, toAuditEntry } from '../../audit-log.ts';
import type { Synchronous } from '../asynchronous.ts';

export function createAuditReads(database: DatabaseSync): Synchronous<Pick<AuditStore, 'listAudit'>> {
  return {
    listAudit(query) {
      const { sql, values } = auditList(query, (number) => `?${number}`);
      return database
        .prepare(sql)
        .all(...values)
        .map(toAuditEntry);
    },
  };
}
