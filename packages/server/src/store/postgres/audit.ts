// Statements of the audit log.

import type { AuditEntry, AuditStore, StoredAuditEntry } from '../../core/audit/audit.ts';
import { auditInsert, auditList, auditValues, toAuditEntry } from '../audit-log.ts';
import type { Row } from '../rows.ts';
import type { Query } from './database/statements.ts';
import { fromColumn, toColumn } from './database/text.ts';
import { oneByOne, type Transaction, type Writer } from './database/writer.ts';
import { deleteStep } from './tasks/delete-in-steps.ts';

export function createAudit(
  query: Query,
  { write }: Pick<Writer, 'write'>,
  sweeps: Pick<Writer, 'write'>,
): AuditStore {
  return {
    appendAudit: (entry) => write(append, [entry]),
    async listAudit(asked) {
      const { sql, values } = auditList(asked, (number) => `$${number}`);
      return (await query(sql, values.map(asColumn))).map(toStoredEntry);
    },
    deleteOldAudit: (madeBy, limit) => sweeps.write(deleteOld, [madeBy, limit]),
  };
}

/** Stores an entry in the transaction of its act. */
export async function appendAudit(query: Query, entry: AuditEntry): Promise<void> {
  await query(insert, auditValues(entry).map(asColumn));
}

const insert = auditInsert(['$1', '$2', '$3::text', '$4::text', '$5', '$6', '$7', '$8', '$9']);
const append = oneByOne(({ query }: Transaction, entry: AuditEntry) => appendAudit(query, entry));
const deleteOld = deleteStep('audit', 'at');

const asColumn = <Value>(value: Value) => (typeof value === 'string' ? toColumn(value) : value);
const fromNullable = (column: string | null) => (column === null ? null : fromColumn(column));

function toStoredEntry(row: Row): StoredAuditEntry {
  const entry = toAuditEntry(row);
  return {
    ...entry,
    who: fromColumn(entry.who),
    whoName: fromNullable(entry.whoName),
    subject: fromNullable(entry.subject),
  };
}
