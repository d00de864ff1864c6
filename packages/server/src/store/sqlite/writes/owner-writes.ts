// Statements that change owners, and the limits of owners and keys. Run by the writer thread, and by commands in their own process.

import type { DatabaseSync } from 'node:sqlite';
import { leavesAdmin } from '../../../core/keys/change-key.ts';
import type { Limited } from '../../../core/limits/limits.ts';
import type { Owner, OwnerChange, OwnerDeleted } from '../../../core/owners/owner-store.ts';
import { limitedColumns } from '../../owner-rows.ts';
import { keyColumns, toKey } from '../../rows.ts';

export function createOwnerWrites(database: DatabaseSync) {
  const insert = database.prepare(
    `INSERT INTO owners (id, name, weight, shared, created_at, deleted_at)
     VALUES (:id, :name, :weight, :shared, :createdAt, :deletedAt)`,
  );
  const change = database.prepare(
    `UPDATE owners SET name = coalesce(:name, name), weight = coalesce(:weight, weight), shared = coalesce(:shared, shared)
     WHERE id = :id AND deleted_at IS NULL`,
  );
  const set = database.prepare(
    `INSERT INTO limits (subject_id, budget, limits) VALUES (:subjectId, :budget, :limits)
     ON CONFLICT (subject_id) DO UPDATE SET budget = excluded.budget, limits = excluded.limits`,
  );
  const unset = database.prepare('DELETE FROM limits WHERE subject_id = ?');
  return {
    insertOwner({ id, name, weight, shared, createdAt, deletedAt }: Owner): void {
      insert.run({ id, name, weight, shared: Number(shared), createdAt, deletedAt });
    },
    changeOwner(id: string, { name, weight, shared }: OwnerChange): boolean {
      const sharedColumn = shared === undefined ? null : Number(shared);
      return (
        change.run({ id, name: name ?? null, weight: weight ?? null, shared: sharedColumn }).changes === 1
      );
    },
    writeLimited(subjectId: string, limited: Limited): void {
      const columns = limitedColumns(limited);
      if (columns === null) unset.run(subjectId);
      else set.run({ subjectId, ...columns });
    },
    deleteOwner: createDeleteOwner(database),
  };
}

function createDeleteOwner(database: DatabaseSync) {
  const mark = database.prepare('UPDATE owners SET deleted_at = ? WHERE id = ? AND deleted_at IS NULL');
  const keys = database.prepare(`SELECT ${keyColumns} FROM api_keys`);
  const forget = database.prepare(
    'DELETE FROM limits WHERE subject_id = :id OR subject_id IN (SELECT id FROM api_keys WHERE owner_id = :id)',
  );
  const revoke = database.prepare(
    'UPDATE api_keys SET revoked_at = ? WHERE owner_id = ? AND revoked_at IS NULL',
  );
  return (id: string, at: number): OwnerDeleted => {
    const isOwned = ({ ownerId }: { ownerId: string | null }) => ownerId === id;
    if (!leavesAdmin(keys.all().map(toKey), isOwned, at)) return 'last_admin';
    if (mark.run(at, id).changes === 0) return 'unknown';
    forget.run({ id });
    revoke.run(at, id);
    return 'deleted';
  };
}
