// The ledger on PostgreSQL.

import type { LedgerEntry, LedgerStore } from '../../core/ledger/ledger.ts';
import { allTime } from '../../core/ledger/periods.ts';
import { entryColumns } from '../rows.ts';
import type { Query } from './database/statements.ts';

export function createLedger(query: Query): LedgerStore {
  return {
    async listEntries({ taskId = null, subjectId = null, after = 0, limit }) {
      const rows = await query(
        `SELECT ${entryColumns} FROM ledger WHERE number > $1 AND ($2::text IS NULL OR task_id = $2)
           AND ($3::text IS NULL OR owner_id = $3 OR key_id = $3) ORDER BY number LIMIT $4`,
        [after, taskId, subjectId, limit],
      );
      return rows as unknown as LedgerEntry[];
    },
    findLedgerFaults: () => Promise.resolve([]),
    adjust: () => Promise.reject(new Error('Nothing can be adjusted on PostgreSQL.')),
    standingsOf: (subjects) =>
      Promise.resolve(
        subjects.map((subject) => ({
          ...subject,
          limited: { limits: {}, budget: null },
          period: null,
          spent: 0,
          reserved: 0,
          reservedInAll: 0,
          waiting: 0,
          picturesToday: 0,
          day: allTime,
        })),
      ),
    findExpiredHolds: () => Promise.resolve([]),
    endHold: () => Promise.resolve(false),
  };
}
