// Statements of owners, and of the limits of owners and keys.

import { type AuditedAct, changedNothing } from '../../core/audit/audit.ts';
import { revokedWithOwner } from '../../core/audit/key-entry.ts';
import { type LimitedTurn, ownerEntry } from '../../core/audit/owner-entry.ts';
import { leavesAdmin } from '../../core/keys/change-key.ts';
import { changedLimited, type LimitedChange } from '../../core/limits/change-limited.ts';
import { nothingLimited } from '../../core/limits/subjects.ts';
import type { Owner, OwnerChange, OwnerDeleted, OwnerStore } from '../../core/owners/owner-store.ts';
import {
  limitedColumns,
  limitsOfDeleted,
  ownedTasks,
  ownerColumns,
  toLimited,
  toOwnedTask,
  toOwner,
} from '../owner-rows.ts';
import { keyColumns, type Row } from '../rows.ts';
import { appendAudit } from './audit.ts';
import { lockFor, locks } from './database/locks.ts';
import type { Query } from './database/statements.ts';
import { fromColumn, toColumn } from './database/text.ts';
import { toStoredKey } from './stored-key.ts';
import { oneByOne, type Transaction, type Writer } from './database/writer.ts';

export function createOwners(query: Query, { write }: Pick<Writer, 'write'>): OwnerStore {
  return {
    insertOwner: (owner, audited, limited) => write(insertOwner, [owner, audited, limited]),
    changeOwner: (id, change, audited) => write(changeOwner, [toColumn(id), change, audited]),
    deleteOwner: (id, at, audited) => write(deleteOwner, [toColumn(id), at, audited]),
    async findOwner(id) {
      const [row] = await query(`SELECT ${ownerColumns} FROM owners WHERE id = $1`, [toColumn(id)]);
      return row === undefined ? null : toStoredOwner(row);
    },
    async listOwners({ after, limit }) {
      const rows = await query(
        `SELECT ${ownerColumns} FROM owners WHERE deleted_at IS NULL AND (created_at, id) > ($1, $2)
         ORDER BY created_at, id LIMIT $3`,
        [after?.createdAt ?? -1, toColumn(after?.id ?? ''), limit],
      );
      return rows.map(toStoredOwner);
    },
    async ownersToEmpty(limit) {
      const rows = await query(
        'SELECT id FROM owners WHERE deleted_at IS NOT NULL AND emptied_at IS NULL ORDER BY deleted_at LIMIT $1',
        [limit],
      );
      return rows.map((row) => row['id'] as string);
    },
    tasksOfOwner: async (ownerId, limit) =>
      (await query(ownedTasks('$1', '$2'), [toColumn(ownerId), limit])).map(toOwnedTask),
    markEmptied: (id, at) => write(markEmptied, [id, at]),
    async readLimited(subjectIds) {
      const rows = await query(
        'SELECT subject_id, budget, limits FROM limits WHERE subject_id = ANY ($1::text[])',
        [subjectIds.map(toColumn)],
      );
      return new Map(rows.map((row) => [row['subject_id'] as string, toLimited(row)]));
    },
  };
}

function toStoredOwner(row: Row) {
  const owner = toOwner(row);
  return { ...owner, name: fromColumn(owner.name) };
}

const markEmptied = oneByOne(async ({ query }: Transaction, id: string, at: number): Promise<void> => {
  await query('UPDATE owners SET emptied_at = $2 WHERE id = $1', [id, at]);
});

const insertOwner = oneByOne(
  async (
    { query }: Transaction,
    owner: Owner,
    audited?: AuditedAct,
    limited?: LimitedChange,
  ): Promise<void> => {
    const { id, name, weight, shared, createdAt, deletedAt } = owner;
    const [made] = await query(
      'INSERT INTO owners (id, name, weight, shared, created_at, deleted_at) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (id) DO NOTHING RETURNING id',
      [id, toColumn(name), weight, Number(shared), createdAt, deletedAt],
    );
    if (made === undefined) return;
    const turn = limited === undefined ? null : await changeLimited(query, id, limited);
    if (audited !== undefined) await appendAudit(query, ownerEntry(audited, null, owner, turn));
  },
);

async function lockOwner(query: Query, id: string) {
  const [row] = await query(
    `SELECT ${ownerColumns} FROM owners WHERE id = $1 AND deleted_at IS NULL FOR UPDATE`,
    [id],
  );
  return row === undefined ? null : toStoredOwner(row);
}

const changeOwner = oneByOne(
  async (
    { query }: Transaction,
    id: string,
    { limited, ...change }: OwnerChange,
    audited?: AuditedAct,
  ): Promise<boolean> => {
    const before = await lockOwner(query, id);
    if (before === null) return false;
    const after = { ...before, ...change };
    await query('UPDATE owners SET name = $2, weight = $3, shared = $4 WHERE id = $1', [
      id,
      toColumn(after.name),
      after.weight,
      Number(after.shared),
    ]);
    const turn = limited === undefined ? null : await changeLimited(query, id, limited);
    const entry = audited && ownerEntry(audited, before, after, turn);
    if (entry !== undefined && !changedNothing(entry)) await appendAudit(query, entry);
    return true;
  },
);

/** Changes what is set for an owner or a key. */
export async function changeLimited(
  query: Query,
  subjectId: string,
  change: LimitedChange,
): Promise<LimitedTurn> {
  // There may be no row yet that could be locked.
  await lockFor(query, locks.limitsOf, subjectId);
  const [row] = await query('SELECT budget, limits FROM limits WHERE subject_id = $1 FOR UPDATE', [
    subjectId,
  ]);
  const before = row === undefined ? nothingLimited : toLimited(row);
  const after = changedLimited(before, change);
  const columns = limitedColumns(after);
  if (columns === null) await query('DELETE FROM limits WHERE subject_id = $1', [subjectId]);
  else
    await query(
      `INSERT INTO limits (subject_id, budget, limits) VALUES ($1, $2, $3)
       ON CONFLICT (subject_id) DO UPDATE SET budget = excluded.budget, limits = excluded.limits`,
      [subjectId, columns.budget, columns.limits],
    );
  return { before, after };
}

const deleteOwner = oneByOne(
  async ({ query }: Transaction, id: string, at: number, audited?: AuditedAct): Promise<OwnerDeleted> => {
    // All keys are locked, in one order, as for a change of one of them.
    const keys = (await query(`SELECT ${keyColumns} FROM api_keys ORDER BY id FOR UPDATE`)).map(toStoredKey);
    if (!leavesAdmin(keys, ({ ownerId }) => ownerId === id, at)) return 'last_admin';
    const owner = await lockOwner(query, id);
    if (owner === null) return 'unknown';
    await query("UPDATE owners SET deleted_at = $2, name = '' WHERE id = $1", [id, at]);
    await query('DELETE FROM limits WHERE subject_id IN (SELECT id FROM api_keys WHERE owner_id = $1)', [id]);
    await query(
      `INSERT INTO limits (subject_id, limits) VALUES ($1, $2)
       ON CONFLICT (subject_id) DO UPDATE SET budget = NULL, limits = excluded.limits`,
      [id, limitsOfDeleted],
    );
    const revoked = await query(
      `UPDATE api_keys SET revoked_at = coalesce(revoked_at, $2::bigint), name = '' WHERE owner_id = $1 RETURNING ${keyColumns}`,
      [id, at],
    );
    if (audited === undefined) return 'deleted';
    for (const entry of revokedWithOwner(audited, keys, revoked.map(toStoredKey)))
      await appendAudit(query, entry);
    await appendAudit(query, ownerEntry(audited, owner, null));
    return 'deleted';
  },
);
