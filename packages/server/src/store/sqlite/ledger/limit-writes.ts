// Statements that change what is set for owners and keys. Run by the writer thread, and by commands in their own process.

import type { DatabaseSync } from 'node:sqlite';
import type { LimitedTurn } from '../../../core/audit/owner-entry.ts';
import { changedLimited, type LimitedChange } from '../../../core/limits/change-limited.ts';
import { nothingLimited } from '../../../core/limits/subjects.ts';
import { limitedColumns, toLimited } from '../../owner-rows.ts';

/** Prepares the change of what is set for an owner or a key. */
export function prepareChangeLimited(database: DatabaseSync) {
  const limitedOf = database.prepare('SELECT budget, limits FROM limits WHERE subject_id = ?');
  const set = database.prepare(
    `INSERT INTO limits (subject_id, budget, limits) VALUES (:subjectId, :budget, :limits)
     ON CONFLICT (subject_id) DO UPDATE SET budget = excluded.budget, limits = excluded.limits`,
  );
  const unset = database.prepare('DELETE FROM limits WHERE subject_id = ?');
  return (subjectId: string, change: LimitedChange): LimitedTurn => {
    const row = limitedOf.get(subjectId);
    const before = row === undefined ? nothingLimited : toLimited(row);
    const after = changedLimited(before, change);
    const columns = limitedColumns(after);
    if (columns === null) unset.run(subjectId);
    else set.run({ subjectId, ...columns });
    return { before, after };
  };
}
