// Writes what a choice of tasks changes in the lanes, and the tasks that are held. Under the lock of takes.

import { type BoundValues, boundsSql, fromLow } from './bounds.ts';
import { rowParameters } from '../database/parameters.ts';
import type { Query } from '../database/statements.ts';
import type { Choice, MovedOwner, WalkedLane } from './choose.ts';

/** Statement that moves the lanes of a choice, whose parameters begin at `first`. Lanes that are emptied go before. */
export function moveLanes(first: number): { sql: string; of: (choice: Choice) => unknown[] } {
  const owners = rowParameters<MovedOwner>(
    {
      owner_id: ['text', ({ ownerId }) => ownerId],
      was: ['double precision', ({ was }) => was],
      turn: ['double precision', ({ turn }) => turn],
      tag: ['double precision', ({ tag }) => tag],
      blocked: ['boolean', ({ isBlocked }) => isBlocked],
    },
    { as: 'owner', first },
  );
  const walked = rowParameters<WalkedLane>(
    {
      row: ['tid', ({ row }) => row],
      rank: ['integer', ({ rank }) => rank],
      id: ['text', ({ id }) => id],
    },
    { as: 'walked', first: first + 5 },
  );
  return {
    // The turn of an owner changes in all of its lanes; the head only in those that were gone through.
    sql: `UPDATE lanes SET turn = moved.turn, tag = coalesce(moved.tag, lanes.tag), blocked = moved.blocked,
        head_rank = coalesce(moved.rank, head_rank), head_id = coalesce(moved.id, head_id)
      FROM (SELECT lane.row, owner.turn, owner.tag, owner.blocked, walked.rank, walked.id
            FROM ${owners.table}
              CROSS JOIN LATERAL (SELECT ctid AS row FROM lanes l WHERE l.owner_id = owner.owner_id AND l.turn = owner.was) AS lane
              LEFT JOIN ${walked.table} ON walked.row = lane.row) AS moved
      WHERE lanes.ctid = moved.row`,
    of: (choice) => [...owners.of(choice.owners), ...walked.of(choice.walked.filter(({ stays }) => stays))],
  };
}

interface EmptiedLane {
  row: string;
  ownerId: string;
  /** Turn and tag of the owner; `null` where they are those of the lane. */
  turn: number | null;
  tag: number | null;
}

const emptied = rowParameters<EmptiedLane>(
  {
    row: ['tid', ({ row }) => row],
    owner_id: ['text', ({ ownerId }) => ownerId],
    turn: ['double precision', ({ turn }) => turn],
    tag: ['double precision', ({ tag }) => tag],
  },
  { as: 'emptied' },
);

/** The turn of an owner is kept for when it has no other lane. */
const emptySql = `WITH emptied AS MATERIALIZED (SELECT * FROM ${emptied.table}),
  gone AS (DELETE FROM lanes WHERE ctid = ANY (ARRAY(SELECT row FROM emptied)) RETURNING ctid AS row, turn, tag),
  latest AS MATERIALIZED (
    SELECT DISTINCT ON (owner_id) owner_id, coalesce(emptied.turn, gone.turn) AS turn, coalesce(emptied.tag, gone.tag) AS tag,
      (SELECT ctid FROM owner_turns t WHERE t.owner_id = emptied.owner_id ORDER BY turn DESC LIMIT 1) AS kept
    FROM emptied JOIN gone USING (row)),
  changed AS (
    UPDATE owner_turns SET turn = latest.turn, tag = greatest(owner_turns.tag, latest.tag) FROM latest
    WHERE owner_turns.ctid = latest.kept AND owner_turns.turn < latest.turn)
  INSERT INTO owner_turns (owner_id, turn, tag) SELECT owner_id, turn, tag FROM latest WHERE kept IS NULL`;

const holdSql = `UPDATE waiting SET state = 'held' WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM waiting WHERE task_id = ANY ($1) FOR UPDATE SKIP LOCKED)) RETURNING task_id`;

/** Deletes the lanes that a choice has emptied. Is not waited for. */
export function deleteEmptied(query: Query, choice: Choice): void {
  const turns = new Map(choice.owners.map((owner) => [owner.ownerId, owner]));
  const empty = choice.walked.filter(({ stays }) => !stays);
  deleteLanes(
    query,
    empty.map(({ row, ownerId }) => {
      const { turn = null, tag = null } = turns.get(ownerId) ?? {};
      return { row, ownerId, turn, tag };
    }),
  );
}

/** Is not waited for. */
export function deleteLanes(query: Query, empty: readonly EmptiedLane[]): void {
  if (empty.length > 0) void query(emptySql, emptied.of(empty));
}

/** Lanes that are looked at, those with the lowest turns: the turn of a lane without tasks does not grow. */
const mostStale = 100;

const staleSql = `WITH ${boundsSql}
  SELECT row, owner_id FROM (
    SELECT ctid AS row, * FROM lanes WHERE ${fromLow} ORDER BY turn LIMIT ${mostStale}) AS lane
  WHERE NOT EXISTS (
    SELECT FROM waiting WHERE state = 'ready' AND waiting.model = lane.model AND waiting.inputs = lane.inputs
      AND waiting.owner_id = lane.owner_id AND (rank, task_id) >= (head_rank, head_id))`;

/** Finds lanes that have no task. */
export async function findStale(query: Query, bounds: BoundValues): Promise<EmptiedLane[]> {
  const rows = await query(staleSql, bounds);
  return rows.map((row) => ({
    row: row['row'] as string,
    ownerId: row['owner_id'] as string,
    turn: null,
    tag: null,
  }));
}

/** Holds tasks; gives the ids of those that are held, which is without those that are just being ended. */
export async function holdTasks(query: Query, ids: readonly string[]): Promise<Set<string>> {
  if (ids.length === 0) return new Set();
  return new Set((await query(holdSql, [ids])).map((row) => row['task_id'] as string));
}
