// Lanes: those of an owner's ready tasks that need the same, with the turn of their owner. A lane is there as long as it has tasks. To be
// called in the transaction of the change to the tasks.

import type { DatabaseSync } from 'node:sqlite';
import { type OwnerTurn, usualWeight } from '../../../core/order/turns.ts';
import type { Need } from '../../../core/upstreams/router.ts';
import type { Row } from '../../rows.ts';

export interface Lane extends Need {
  ownerId: string;
}

export interface Lanes {
  virtualTime(): number;
  setVirtualTime(turn: number): void;
  /** Lists lanes of the need that are not blocked, in the order of their turns, after one where `after` is that. */
  inOrder(need: Need, limit: number, after?: OwnerTurn): OwnerTurn[];
  setTurn(ownerId: string, turn: number): void;
  /** Blocks all lanes of an owner, who has as many running tasks as may run. */
  block(ownerId: string): void;
  unblock(ownerId: string): void;
  /** Says that a ready task was added. */
  join(lane: Lane): void;
  /** Says that tasks were taken away. */
  leave(lane: Lane): void;
  /** Says that a task of the owner and the key runs no more, so that the next of them may be taken. */
  giveOn(ids: { ownerId: string; keyId: string }): void;
  /** Lets so many held tasks of the key, for each need, be taken again. */
  release(keyId: string, count: number): void;
  /** Lets delayed tasks of the need join that are due. */
  joinDue(need: Need, now: number, limit: number): void;
}

const laneColumns = 'model, inputs, owner_id AS ownerId';

/** Lane of a task's row that has its columns. */
export function laneOf(row: Row): Lane {
  return {
    model: row['model'] as string,
    inputs: row['inputs'] as number,
    ownerId: row['owner_id'] as string,
  };
}

export function createLanes(database: DatabaseSync): Lanes {
  const virtualTime = database.prepare('SELECT turn FROM virtual_time');
  const setVirtualTime = database.prepare('UPDATE virtual_time SET turn = ?');
  const turns = prepareTurns(database);
  const { join, leave } = prepareMoves(database);
  const unblock = database.prepare('UPDATE lanes SET is_blocked = 0 WHERE owner_id = ? AND is_blocked = 1');
  const heldNeeds = prepareHeldNeeds(database);
  const hasHeld = database.prepare(
    `SELECT 1 FROM tasks INDEXED BY tasks_at_limit WHERE queued = 'held' AND key_id = ? LIMIT 1`,
  );
  const releaseHeld = database.prepare(
    `UPDATE tasks SET queued = 'ready' WHERE id IN (
       SELECT id FROM tasks INDEXED BY tasks_at_limit WHERE queued = 'held' AND key_id = :keyId AND model = :model AND inputs = :inputs
       ORDER BY priority DESC, id LIMIT 0 + :count) RETURNING ${laneColumns}`,
  );
  const joinDue = database.prepare(
    `UPDATE tasks SET queued = 'ready' WHERE id IN (
       SELECT id FROM tasks INDEXED BY tasks_delayed WHERE queued = 'delayed' AND model = :model AND inputs = :inputs AND due_at <= :now
       ORDER BY due_at, id LIMIT 0 + :limit) RETURNING ${laneColumns}`,
  );
  const joinAll = (rows: readonly Row[]) => {
    for (const row of rows) join.run(row as unknown as LaneValues);
  };

  function release(keyId: string, count: number): void {
    if (hasHeld.get(keyId) === undefined) return;
    for (const { model, inputs } of heldNeeds(keyId))
      joinAll(releaseHeld.all({ keyId, model, inputs, count }));
  }

  return {
    ...turns,
    virtualTime: () => Number(virtualTime.get()?.['turn']),
    setVirtualTime: (turn) => void setVirtualTime.run(turn),
    join: (lane) => void join.run(valuesOf(lane)),
    leave: (lane) => void leave.run(valuesOf(lane)),
    unblock: (ownerId) => void unblock.run(ownerId),
    giveOn({ ownerId, keyId }) {
      unblock.run(ownerId);
      // It may have tasks from a time when it had another owner, or none.
      if (keyId !== ownerId) unblock.run(keyId);
      release(keyId, 1);
    },
    release,
    joinDue: ({ model, inputs }, now, limit) => joinAll(joinDue.all({ model, inputs, now, limit })),
  };
}

/** Lists the needs of a key's held tasks: from one to the next through the index, however many tasks of each there are. */
function prepareHeldNeeds(database: DatabaseSync): (keyId: string) => Need[] {
  const held = `SELECT model, inputs FROM tasks INDEXED BY tasks_at_limit WHERE queued = 'held' AND key_id = ?`;
  const nextInputs = database.prepare(`${held} AND model = ? AND inputs > ? ORDER BY inputs LIMIT 1`);
  const nextModel = database.prepare(`${held} AND model > ? ORDER BY model, inputs LIMIT 1`);
  return (keyId) => {
    const needs: Need[] = [];
    for (let need = nextModel.get(keyId, '') as Need | undefined; need !== undefined;) {
      needs.push(need);
      const { model, inputs } = need;
      need = (nextInputs.get(keyId, model, inputs) ?? nextModel.get(keyId, model)) as Need | undefined;
    }
    return needs;
  };
}

type LaneValues = Record<'model' | 'ownerId', string> & { inputs: number };

const valuesOf = ({ model, inputs, ownerId }: Lane): LaneValues => ({ model, inputs, ownerId });

function prepareMoves(database: DatabaseSync) {
  return {
    join: database.prepare(
      `INSERT INTO lanes (model, inputs, owner_id, turn, is_blocked)
       SELECT :model, :inputs, :ownerId,
         coalesce((SELECT turn FROM lanes WHERE owner_id = :ownerId LIMIT 1),
           max(coalesce((SELECT turn FROM owner_turns WHERE owner_id = :ownerId), 0), (SELECT turn FROM virtual_time))),
         EXISTS (SELECT 1 FROM lanes WHERE owner_id = :ownerId AND is_blocked = 1)
       WHERE NOT EXISTS (SELECT 1 FROM lanes WHERE model = :model AND inputs = :inputs AND owner_id = :ownerId)`,
    ),
    leave: database.prepare(
      `DELETE FROM lanes WHERE model = :model AND inputs = :inputs AND owner_id = :ownerId AND NOT EXISTS (
         SELECT 1 FROM tasks INDEXED BY tasks_ready
         WHERE queued = 'ready' AND model = :model AND inputs = :inputs AND owner_id = :ownerId)`,
    ),
  };
}

/** Weights are those of the moment: an owner's may change while it waits. */
function prepareTurns(database: DatabaseSync): Pick<Lanes, 'inOrder' | 'setTurn' | 'block'> {
  const inOrder = database.prepare(
    `SELECT owner_id AS ownerId, turn, coalesce((SELECT weight FROM owners WHERE id = owner_id), ${usualWeight}) AS weight
     FROM lanes INDEXED BY lanes_by_turn
     WHERE is_blocked = 0 AND model = ? AND inputs = ? AND (turn, owner_id) > (?, ?) ORDER BY turn, owner_id LIMIT 0 + ?`,
  );
  const setInLanes = database.prepare('UPDATE lanes SET turn = ? WHERE owner_id = ?');
  const setOfOwner = database.prepare(
    `INSERT INTO owner_turns (owner_id, turn) VALUES (?, ?) ON CONFLICT (owner_id) DO UPDATE SET turn = excluded.turn`,
  );
  const block = database.prepare('UPDATE lanes SET is_blocked = 1 WHERE owner_id = ? AND is_blocked = 0');
  return {
    inOrder: ({ model, inputs }, limit, after) =>
      inOrder.all(model, inputs, after?.turn ?? -1, after?.ownerId ?? '', limit) as unknown as OwnerTurn[],
    setTurn(ownerId, turn) {
      setInLanes.run(turn, ownerId);
      setOfOwner.run(ownerId, turn);
    },
    block: (ownerId) => void block.run(ownerId),
  };
}
