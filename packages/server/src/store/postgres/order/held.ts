// Lets tasks be taken again that a running limit held, when there is room for them. Under the lock of takes.

import type { DefaultLimits } from '../../../core/limits/subjects.ts';
import { rowParameters } from '../database/parameters.ts';
import type { Query } from '../database/statements.ts';
import type { BoundValues } from './bounds.ts';
import { joiningSql } from './join-lanes.ts';
import { readRooms, type TaskOf } from './rooms.ts';

/** Tasks of a key that are let go at once where nothing limits it any more. */
const mostFreed = 1_000;

/** Owners whose lanes are blocked, of all or of those in `$1`, each with the key of one of their tasks. */
const blockedSql = `SELECT owner_id, (SELECT key_id FROM waiting
      WHERE state = 'ready' AND waiting.model = lane.model AND waiting.inputs = lane.inputs AND waiting.owner_id = lane.owner_id
      ORDER BY rank, task_id LIMIT 1) AS key_id
  FROM (SELECT DISTINCT ON (owner_id) model, inputs, owner_id FROM lanes
        WHERE blocked AND ($1::text[] IS NULL OR owner_id = ANY ($1)) ORDER BY owner_id) AS lane`;

/** Keys among those in `$1` of which tasks are held, each with an owner. */
const heldAmongSql = `SELECT key_id, owner_id FROM unnest($1::text[]) AS asked (id) CROSS JOIN LATERAL (
    SELECT key_id, owner_id FROM waiting WHERE state = 'held' AND key_id = asked.id ORDER BY rank, task_id LIMIT 1) AS held`;

/** All such keys: it goes from one to the next through the index. */
const heldSql = `WITH RECURSIVE held AS (
    (SELECT key_id, owner_id FROM waiting WHERE state = 'held' ORDER BY key_id, rank, task_id LIMIT 1)
    UNION ALL
    SELECT next.* FROM held CROSS JOIN LATERAL (
      SELECT key_id, owner_id FROM waiting WHERE state = 'held' AND key_id > held.key_id ORDER BY key_id, rank, task_id LIMIT 1) AS next)
  SELECT * FROM held`;

interface KeyRoom {
  keyId: string;
  room: number;
}

const freed = rowParameters<KeyRoom>(
  {
    key_id: ['text', ({ keyId }) => keyId],
    room: ['integer', ({ room }) => Math.min(room, mostFreed)],
  },
  { as: 'freed', first: 5 },
);

const freeSql = joiningSql(
  `ready AS (
    UPDATE waiting SET state = 'ready' WHERE ctid = ANY (ARRAY(
      SELECT row FROM ${freed.table} CROSS JOIN LATERAL (
        SELECT ctid AS row FROM waiting WHERE state = 'held' AND waiting.key_id = freed.key_id
        ORDER BY rank, task_id LIMIT room FOR UPDATE SKIP LOCKED) AS first))
    RETURNING *)`,
  'SELECT',
);

/** Owners and keys of tasks that are held; of all, without a list. */
export interface HeldAmong {
  owners: readonly string[];
  keys: readonly string[];
}

/** Owners and keys for whom there is room. */
export interface Freed {
  owners: string[];
  keys: KeyRoom[];
}

export async function findFreed(
  query: Query,
  defaults: DefaultLimits,
  among?: HeldAmong,
): Promise<Freed | null> {
  const [blocked, held] = await Promise.all([
    // A key may have tasks from a time when it was its own owner.
    query(blockedSql, [among === undefined ? null : [...among.owners, ...among.keys]]),
    among === undefined ? query(heldSql) : query(heldAmongSql, [among.keys]),
  ]);
  if (blocked.length + held.length === 0) return null;
  const toIds = (row: Record<string, unknown>): TaskOf => {
    const ownerId = row['owner_id'] as string;
    return { ownerId, keyId: (row['key_id'] as string | null) ?? ownerId };
  };
  const [owners, keys] = [blocked.map(toIds), held.map(toIds)];
  const rooms = await readRooms(query, [...owners, ...keys], defaults);
  const found = {
    owners: owners.filter((ids) => rooms.of(ids).owner > 0).map(({ ownerId }) => ownerId),
    keys: keys.map((ids) => ({ keyId: ids.keyId, room: rooms.of(ids).key })).filter(({ room }) => room > 0),
  };
  return found.owners.length + found.keys.length === 0 ? null : found;
}

/** Gives on the places of tasks that no longer run, of these owners and keys; whether others are ready by it. */
export async function giveOn(
  query: Query,
  stopped: HeldAmong,
  { defaults, bounds }: { defaults: DefaultLimits; bounds: BoundValues },
): Promise<boolean> {
  if (stopped.owners.length === 0) return false;
  const found = await findFreed(query, defaults, stopped);
  if (found !== null) await free(query, found, bounds);
  return found !== null;
}

/** Unblocks the lanes of these owners, and puts as many tasks of these keys back into theirs as there is room for. */
export async function free(query: Query, { owners, keys }: Freed, bounds: BoundValues): Promise<void> {
  if (owners.length > 0)
    await query('UPDATE lanes SET blocked = false WHERE blocked AND owner_id = ANY ($1)', [owners]);
  if (keys.length > 0) await query(freeSql, [...bounds, ...freed.of(keys)]);
}
