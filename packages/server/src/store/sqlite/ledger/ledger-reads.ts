// Reads of the ledger.

import type { DatabaseSync } from 'node:sqlite';
import type { LedgerEntry, LedgerStore } from '../../../core/ledger/ledger.ts';
import { entryColumns } from '../../rows.ts';
import type { Synchronous } from '../asynchronous.ts';
import { createToWholeTask } from '../reads/whole-task.ts';
import { createFindFaults } from './find-faults.ts';
import { createKnownStandings } from './standings.ts';

type Reads = Synchronous<Pick<LedgerStore, 'listEntries' | 'findLedgerFaults' | 'findExpiredHolds'>> & {
  knownStandings: ReturnType<typeof createKnownStandings>;
};

export function createLedgerReads(database: DatabaseSync): Reads {
  const entries = database.prepare(
    `SELECT ${entryColumns} FROM ledger WHERE number > :after AND (:taskId IS NULL OR task_id = :taskId)
       AND (:subjectId IS NULL OR owner_id = :subjectId OR key_id = :subjectId) ORDER BY number LIMIT :limit`,
  );
  const entriesOfTask = database.prepare(
    `SELECT ${entryColumns} FROM ledger WHERE task_id = :taskId AND number > :after ORDER BY number LIMIT :limit`,
  );
  const expiredHolds = database.prepare(
    'SELECT * FROM tasks WHERE hold_until <= ? ORDER BY hold_until LIMIT ?',
  );
  const toWholeTask = createToWholeTask(database);

  return {
    listEntries({ taskId, subjectId = null, after = 0, limit }) {
      const rows =
        taskId === undefined
          ? entries.all({ taskId: null, subjectId, after, limit })
          : entriesOfTask.all({ taskId, after, limit });
      return rows as unknown as LedgerEntry[];
    },
    findLedgerFaults: createFindFaults(database),
    knownStandings: createKnownStandings(database),
    findExpiredHolds: (by, limit) => expiredHolds.all(by, limit).map(toWholeTask),
  };
}
