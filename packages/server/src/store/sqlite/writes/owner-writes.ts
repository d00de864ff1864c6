// Statements that change owners, the limits of owners and keys, and what the settings declared of them. Run by the writer thread, and by commands in their own process.
// No act is `null`: what crosses the thread boundary is JSON.

import type { DatabaseSync } from 'node:sqlite';
import type { AuditedAct } from '../../../core/audit/audit.ts';
import { limitedEntry, ownerEntry } from '../../../core/audit/owner-entry.ts';
import type { Declaration } from '../../../core/keys/declaration-store.ts';
import { leavesAdmin } from '../../../core/keys/change-key.ts';
import { changedLimited, type LimitedChange } from '../../../core/limits/change-limited.ts';
import type { Limited } from '../../../core/limits/limits.ts';
import { nothingLimited } from '../../../core/limits/subjects.ts';
import type { Owner, OwnerChange, OwnerDeleted } from '../../../core/owners/owner-store.ts';
import { limitedColumns, limitsOfDeleted, ownerColumns, toLimited, toOwner } from '../../owner-rows.ts';
import { keyColumns, toKey } from '../../rows.ts';
import { createAppendAudit } from './audit-writes.ts';

export function createOwnerWrites(database: DatabaseSync) {
  const appendAudit = createAppendAudit(database);
  const ownerById = database.prepare(
    `SELECT ${ownerColumns} FROM owners WHERE id = ? AND deleted_at IS NULL`,
  );
  const insert = database.prepare(
    `INSERT INTO owners (id, name, weight, shared, created_at, deleted_at)
     VALUES (:id, :name, :weight, :shared, :createdAt, :deletedAt) ON CONFLICT (id) DO NOTHING`,
  );
  const update = database.prepare(
    'UPDATE owners SET name = :name, weight = :weight, shared = :shared WHERE id = :id',
  );
  const emptied = database.prepare('UPDATE owners SET emptied_at = ? WHERE id = ?');
  return {
    insertOwner(owner: Owner, audited: AuditedAct | null = null): void {
      const { id, name, weight, shared, createdAt, deletedAt } = owner;
      insert.run({ id, name, weight, shared: Number(shared), createdAt, deletedAt });
      if (audited !== null) appendAudit(ownerEntry(audited, null, owner));
    },
    changeOwner(id: string, change: OwnerChange, audited: AuditedAct | null = null): boolean {
      const row = ownerById.get(id);
      if (row === undefined) return false;
      const before = toOwner(row);
      const after = { ...before, ...change };
      update.run({ id, name: after.name, weight: after.weight, shared: Number(after.shared) });
      if (audited !== null) appendAudit(ownerEntry(audited, before, after));
      return true;
    },
    deleteOwner: createDeleteOwner(database),
    markEmptied(id: string, at: number): void {
      emptied.run(at, id);
    },
    ...createLimitWrites(database),
    ...createDeclarationWrites(database),
  };
}

function createDeleteOwner(database: DatabaseSync) {
  const appendAudit = createAppendAudit(database);
  const ownerById = database.prepare(
    `SELECT ${ownerColumns} FROM owners WHERE id = ? AND deleted_at IS NULL`,
  );
  const mark = database.prepare("UPDATE owners SET deleted_at = ?, name = '' WHERE id = ?");
  const keys = database.prepare(`SELECT ${keyColumns} FROM api_keys`);
  const forget = database.prepare(
    'DELETE FROM limits WHERE subject_id = :id OR subject_id IN (SELECT id FROM api_keys WHERE owner_id = :id)',
  );
  const close = database.prepare('INSERT INTO limits (subject_id, limits) VALUES (?, ?)');
  const revoke = database.prepare(
    "UPDATE api_keys SET revoked_at = coalesce(revoked_at, ?), name = '' WHERE owner_id = ?",
  );
  return (id: string, at: number, audited: AuditedAct | null = null): OwnerDeleted => {
    const isOwned = ({ ownerId }: { ownerId: string | null }) => ownerId === id;
    if (!leavesAdmin(keys.all().map(toKey), isOwned, at)) return 'last_admin';
    const row = ownerById.get(id);
    if (row === undefined) return 'unknown';
    mark.run(at, id);
    forget.run({ id });
    close.run(id, limitsOfDeleted);
    revoke.run(at, id);
    if (audited !== null) appendAudit(ownerEntry(audited, toOwner(row), null));
    return 'deleted';
  };
}

function createLimitWrites(database: DatabaseSync) {
  const appendAudit = createAppendAudit(database);
  const limitedOf = database.prepare('SELECT budget, limits FROM limits WHERE subject_id = ?');
  const set = database.prepare(
    `INSERT INTO limits (subject_id, budget, limits) VALUES (:subjectId, :budget, :limits)
     ON CONFLICT (subject_id) DO UPDATE SET budget = excluded.budget, limits = excluded.limits`,
  );
  const unset = database.prepare('DELETE FROM limits WHERE subject_id = ?');
  function replace(
    subjectId: string,
    change: (before: Limited) => Limited,
    audited: AuditedAct | null = null,
  ): void {
    const row = limitedOf.get(subjectId);
    const before = row === undefined ? nothingLimited : toLimited(row);
    const after = change(before);
    const columns = limitedColumns(after);
    if (columns === null) unset.run(subjectId);
    else set.run({ subjectId, ...columns });
    if (audited !== null) appendAudit(limitedEntry(audited, subjectId, before, after));
  }
  return {
    writeLimited: (subjectId: string, limited: Limited, audited?: AuditedAct | null): void =>
      replace(subjectId, () => limited, audited),
    changeLimited: (subjectId: string, change: LimitedChange, audited?: AuditedAct | null): void =>
      replace(subjectId, (before) => changedLimited(before, change), audited),
  };
}

function createDeclarationWrites(database: DatabaseSync) {
  const remove = database.prepare('DELETE FROM declarations');
  const insert = database.prepare(
    'INSERT INTO declarations (kind, id, content) VALUES (:kind, :id, :content)',
  );
  return {
    writeDeclarations(declarations: readonly Declaration[]): void {
      remove.run();
      for (const each of declarations) insert.run({ ...each });
    },
  };
}
