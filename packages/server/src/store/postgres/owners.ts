// Statements of owners, and of the limits of owners and keys.

import { leavesAdmin } from '../../core/keys/change-key.ts';
import type { Limited } from '../../core/limits/limits.ts';
import type { Owner, OwnerChange, OwnerDeleted, OwnerStore } from '../../core/owners/owner-store.ts';
import { limitedColumns, ownerColumns, toLimited, toOwner } from '../owner-rows.ts';
import { keyColumns, type Row, toKey } from '../rows.ts';
import type { Query } from './database/statements.ts';
import { fromColumn, toColumn } from './database/text.ts';
import { oneByOne, type Transaction, type Writer } from './database/writer.ts';

export function createOwners(query: Query, { write }: Pick<Writer, 'write'>): OwnerStore {
  return {
    insertOwner: (owner) => write(insertOwner, [owner]),
    changeOwner: (id, change) => write(changeOwner, [toColumn(id), change]),
    deleteOwner: (id, at) => write(deleteOwner, [toColumn(id), at]),
    writeLimited: (subjectId, limited) => write(writeLimited, [subjectId, limited]),
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

const insertOwner = oneByOne(async ({ query }: Transaction, owner: Owner): Promise<void> => {
  const { id, name, weight, shared, createdAt, deletedAt } = owner;
  await query(
    'INSERT INTO owners (id, name, weight, shared, created_at, deleted_at) VALUES ($1, $2, $3, $4, $5, $6)',
    [id, toColumn(name), weight, Number(shared), createdAt, deletedAt],
  );
});

const changeOwner = oneByOne(
  async ({ query }: Transaction, id: string, { name, weight, shared }: OwnerChange): Promise<boolean> => {
    const rows = await query(
      `UPDATE owners SET name = coalesce($2, name), weight = coalesce($3::double precision, weight),
         shared = coalesce($4::integer, shared)
       WHERE id = $1 AND deleted_at IS NULL RETURNING id`,
      [
        id,
        name === undefined ? null : toColumn(name),
        weight ?? null,
        shared === undefined ? null : Number(shared),
      ],
    );
    return rows.length === 1;
  },
);

const writeLimited = oneByOne(
  async ({ query }: Transaction, subjectId: string, limited: Limited): Promise<void> => {
    const columns = limitedColumns(limited);
    if (columns === null) await query('DELETE FROM limits WHERE subject_id = $1', [subjectId]);
    else
      await query(
        `INSERT INTO limits (subject_id, budget, limits) VALUES ($1, $2, $3)
         ON CONFLICT (subject_id) DO UPDATE SET budget = excluded.budget, limits = excluded.limits`,
        [subjectId, columns.budget, columns.limits],
      );
  },
);

const deleteOwner = oneByOne(
  async ({ query }: Transaction, id: string, at: number): Promise<OwnerDeleted> => {
    // All keys are locked, in one order, as for a change of one of them.
    const keys = (await query(`SELECT ${keyColumns} FROM api_keys ORDER BY id FOR UPDATE`)).map(toKey);
    if (!leavesAdmin(keys, ({ ownerId }) => ownerId === id, at)) return 'last_admin';
    const marked = await query(
      'UPDATE owners SET deleted_at = $2 WHERE id = $1 AND deleted_at IS NULL RETURNING id',
      [id, at],
    );
    if (marked.length === 0) return 'unknown';
    await query(
      'DELETE FROM limits WHERE subject_id = $1 OR subject_id IN (SELECT id FROM api_keys WHERE owner_id = $1)',
      [id],
    );
    await query('UPDATE api_keys SET revoked_at = $2 WHERE owner_id = $1 AND revoked_at IS NULL', [id, at]);
    return 'deleted';
  },
);
