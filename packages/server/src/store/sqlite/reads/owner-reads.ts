// Statements that read owners, and the limits of owners and keys.

import type { DatabaseSync } from 'node:sqlite';
import type { OwnerStore } from '../../../core/owners/owner-store.ts';
import { ownedTasks, ownerColumns, toLimited, toOwnedTask, toOwner } from '../../owner-rows.ts';
import type { Synchronous } from '../asynchronous.ts';

type OwnerReads = Synchronous<
  Pick<OwnerStore, 'findOwner' | 'listOwners' | 'ownersToEmpty' | 'tasksOfOwner' | 'readLimited'>
>;

export function createOwnerReads(database: DatabaseSync): OwnerReads {
  const ownerById = database.prepare(`SELECT ${ownerColumns} FROM owners WHERE id = ?`);
  const owners = database.prepare(
    `SELECT ${ownerColumns} FROM owners WHERE deleted_at IS NULL AND (created_at, id) > (?, ?) ORDER BY created_at, id LIMIT ?`,
  );
  const limited = database.prepare(
    `SELECT subject_id, budget, limits FROM limits WHERE subject_id IN (SELECT value FROM json_each(?))`,
  );
  const toEmpty = database.prepare(
    'SELECT id FROM owners WHERE deleted_at IS NOT NULL AND emptied_at IS NULL ORDER BY deleted_at LIMIT ?',
  );
  const tasks = database.prepare(ownedTasks('?', '?'));
  return {
    ownersToEmpty: (limit) => toEmpty.all(limit).map((row) => row['id'] as string),
    tasksOfOwner: (ownerId, limit) => tasks.all(ownerId, limit).map(toOwnedTask),
    findOwner(id) {
      const row = ownerById.get(id);
      return row === undefined ? null : toOwner(row);
    },
    listOwners: ({ after, limit }) => owners.all(after?.createdAt ?? -1, after?.id ?? '', limit).map(toOwner),
    readLimited: (subjectIds) =>
      new Map(
        limited
          .all(JSON.stringify(subjectIds))
          .map((row) => [row['subject_id'] as string, toLimited(row)] as const),
      ),
  };
}
