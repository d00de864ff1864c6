// Statements that change owners, and what the settings declared of them. Run by the writer thread, and by commands in their own process.
// No act is `null`: what crosses the thread boundary is JSON.

import type { DatabaseSync } from 'node:sqlite';
import { type AuditedAct, changedNothing } from '../../../core/audit/audit.ts';
import { revokedWithOwner } from '../../../core/audit/key-entry.ts';
import { ownerEntry } from '../../../core/audit/owner-entry.ts';
import { type Declaration, isSameDeclarations } from '../../../core/keys/declaration-store.ts';
import { leavesAdmin } from '../../../core/keys/change-key.ts';
import type { LimitedChange } from '../../../core/limits/change-limited.ts';
import type { Owner, OwnerChange, OwnerDeleted } from '../../../core/owners/owner-store.ts';
import { limitsOfDeleted, ownerColumns, toOwner } from '../../owner-rows.ts';
import { keyColumns, toKey } from '../../rows.ts';
import { createDeclarationReads } from '../reads/declaration-reads.ts';
import { createAppendAudit } from './audit-writes.ts';
import { prepareChangeLimited } from '../ledger/limit-writes.ts';

export function createOwnerWrites(database: DatabaseSync) {
  const appendAudit = createAppendAudit(database);
  const changeLimited = prepareChangeLimited(database);
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
    insertOwner(owner: Owner, audited: AuditedAct | null = null, limited: LimitedChange | null = null): void {
      const { id, name, weight, shared, createdAt, deletedAt } = owner;
      const row = { id, name, weight, shared: Number(shared), createdAt, deletedAt };
      if (insert.run(row).changes === 0) return;
      const turn = limited && changeLimited(id, limited);
      if (audited !== null) appendAudit(ownerEntry(audited, null, owner, turn));
    },
    changeOwner(id: string, { limited, ...change }: OwnerChange, audited: AuditedAct | null = null): boolean {
      const row = ownerById.get(id);
      if (row === undefined) return false;
      const before = toOwner(row);
      const after = { ...before, ...change };
      update.run({ id, name: after.name, weight: after.weight, shared: Number(after.shared) });
      const turn = limited === undefined ? null : changeLimited(id, limited);
      const entry = audited && ownerEntry(audited, before, after, turn);
      if (entry !== null && !changedNothing(entry)) appendAudit(entry);
      return true;
    },
    deleteOwner: createDeleteOwner(database),
    markEmptied(id: string, at: number): void {
      emptied.run(at, id);
    },
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
    `UPDATE api_keys SET revoked_at = coalesce(revoked_at, ?), name = '' WHERE owner_id = ? RETURNING ${keyColumns}`,
  );
  return (id: string, at: number, audited: AuditedAct | null = null): OwnerDeleted => {
    const isOwned = ({ ownerId }: { ownerId: string | null }) => ownerId === id;
    const before = keys.all().map(toKey);
    if (!leavesAdmin(before, isOwned, at)) return 'last_admin';
    const row = ownerById.get(id);
    if (row === undefined) return 'unknown';
    mark.run(at, id);
    forget.run({ id });
    close.run(id, limitsOfDeleted);
    const after = revoke.all(at, id).map(toKey);
    if (audited === null) return 'deleted';
    for (const entry of revokedWithOwner(audited, before, after)) appendAudit(entry);
    appendAudit(ownerEntry(audited, toOwner(row), null));
    return 'deleted';
  };
}

function createDeclarationWrites(database: DatabaseSync) {
  const { readDeclarations } = createDeclarationReads(database);
  const remove = database.prepare('DELETE FROM declarations');
  const insert = database.prepare(
    'INSERT INTO declarations (kind, id, content) VALUES (:kind, :id, :content)',
  );
  return {
    writeDeclarationsIfStill(before: readonly Declaration[], declarations: readonly Declaration[]): boolean {
      if (!isSameDeclarations(readDeclarations(), before)) return false;
      remove.run();
      for (const each of declarations) insert.run({ ...each });
      return true;
    },
  };
}
