// From rows of owners and limits to what core knows. Both stores name their columns alike.

import type { Limited, Limits } from '../core/limits/limits.ts';
import type { OwnedTask, OwnerInUse } from '../core/owners/owner-store.ts';
import { type Row, toJson } from './rows.ts';

/** Columns of an owner by the names of its members; quoted, as PostgreSQL knows no capitals otherwise. */
export const ownerColumns = `id, name, weight, shared, created_at AS "createdAt", deleted_at AS "deletedAt",
  (SELECT count(*) FROM api_keys WHERE owner_id = owners.id AND revoked_at IS NULL) AS "keyCount",
  (SELECT max(last_used_at) FROM api_keys WHERE owner_id = owners.id) AS "lastUsedAt"`;

export function toOwner(row: Row): OwnerInUse {
  return { ...(row as unknown as OwnerInUse), shared: row['shared'] === 1 };
}

/** Limits of a row that has the columns `budget` and `limits`. */
export function toLimited(row: Row): Limited {
  return {
    budget: JSON.parse((row['budget'] as string | null) ?? 'null'),
    limits: JSON.parse(row['limits'] as string),
  };
}

/** Columns of what is set for an owner or a key; `null` where that is nothing, as there is no row then. */
export function limitedColumns({
  budget,
  limits,
}: Limited): { budget: string | null; limits: string } | null {
  const set = JSON.stringify(limits);
  return budget === null && set === '{}' ? null : { budget: toJson(budget), limits: set };
}

/** Statement that lists tasks of an owner, by the index that has those of named owners alone. */
export function ownedTasks(ownerId: string, limit: string): string {
  return `SELECT id, key_id AS "keyId", finished_at IS NOT NULL AS "isFinal" FROM tasks
    WHERE owner_id = ${ownerId} AND owner_id <> key_id ORDER BY id LIMIT ${limit}`;
}

/** Task of a row of that statement: truth is a number on SQLite. */
export function toOwnedTask(row: Row): OwnedTask {
  return { ...(row as unknown as OwnedTask), isFinal: Boolean(row['isFinal']) };
}

/**
 * Limits of a deleted owner. They stay, so that nothing is accepted under it any more by a server that has not heard yet that its keys were
 * revoked: such a task would be under no budget, and nobody would look for it.
 */
export const limitsOfDeleted = JSON.stringify({ waiting: 0 } satisfies Limits);
