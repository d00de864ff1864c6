// Statements that read the predicted order of a model's waiting tasks.

import type { DatabaseSync } from 'node:sqlite';
import { compareWaiting, predictOrder, type WaitingTask } from '../../../core/order/predicted-order.ts';
import { isBefore, type OwnerTurn, usualWeight } from '../../../core/order/turns.ts';
import type { TaskLoad } from '../../../core/tasks/task-reads.ts';
import type { Synchronous } from '../asynchronous.ts';

/** Owner with the needs of the model for which it waits, by their inputs. */
type OwnerOfModel = OwnerTurn & { needs: number[] };

export function createPendingQueue(database: DatabaseSync): Synchronous<TaskLoad>['pendingQueue'] {
  const ownersOf = createOwnersOf(database);
  const virtualTime = database.prepare('SELECT turn FROM virtual_time');
  const firstTasks = database.prepare(
    `SELECT id, priority FROM tasks INDEXED BY tasks_ready
     WHERE queued = 'ready' AND model = ? AND inputs = ? AND owner_id = ? ORDER BY priority DESC, id LIMIT 0 + ?`,
  );
  const held = createHeld(database);

  return (model, limit) => {
    const { owners, isAll } = ownersOf(model, limit);
    const needsOf = new Map(owners.map(({ ownerId, needs }) => [ownerId, needs]));
    const readTasks = (ownerId: string, count: number): WaitingTask[] => {
      const needs = needsOf.get(ownerId) ?? [];
      const tasks = needs.map((inputs) => firstTasks.all(model, inputs, ownerId, count));
      const all = tasks.flat() as unknown as WaitingTask[];
      return needs.length === 1 ? all : all.toSorted(compareWaiting).slice(0, count);
    };
    const prediction = predictOrder(owners, {
      virtualTime: Number(virtualTime.get()?.['turn']),
      limit,
      isAll,
    });
    let step = prediction.next(new Map());
    while (step.done !== true) {
      const found = [...step.value].map(([ownerId, count]) => [ownerId, readTasks(ownerId, count)] as const);
      step = prediction.next(new Map(found));
    }
    return { ...step.value, ...held(model, limit) };
  };
}

/** Reads the owners that wait for a model: of each need the first by their turns, which are then the first of all. */
function createOwnersOf(database: DatabaseSync) {
  const nextInputs = database.prepare(
    `SELECT inputs FROM lanes INDEXED BY lanes_by_turn
     WHERE is_blocked = 0 AND model = ? AND inputs > ? ORDER BY inputs LIMIT 1`,
  );
  const lanesOf = database.prepare(
    `SELECT owner_id AS ownerId, turn, coalesce((SELECT weight FROM owners WHERE id = owner_id), ${usualWeight}) AS weight
     FROM lanes INDEXED BY lanes_by_turn
     WHERE is_blocked = 0 AND model = ? AND inputs = ? ORDER BY turn, owner_id LIMIT 0 + ?`,
  );
  return (model: string, limit: number): { owners: OwnerOfModel[]; isAll: boolean } => {
    const byId = new Map<string, OwnerOfModel>();
    let isAll = true;
    for (let row = nextInputs.get(model, -1); row !== undefined;) {
      const inputs = Number(row['inputs']);
      const lanes = lanesOf.all(model, inputs, limit) as unknown as OwnerTurn[];
      if (lanes.length === limit) isAll = false;
      for (const lane of lanes) {
        const owner = byId.get(lane.ownerId) ?? { ...lane, needs: [] };
        owner.needs.push(inputs);
        byId.set(lane.ownerId, owner);
      }
      row = nextInputs.get(model, inputs);
    }
    const owners = [...byId.values()];
    if (owners.length <= limit) return { owners, isAll };
    return { owners: owners.toSorted((a, b) => (isBefore(a, b) ? -1 : 1)).slice(0, limit), isAll: false };
  };
}

function createHeld(database: DatabaseSync) {
  const owners = database.prepare(
    `SELECT DISTINCT owner_id AS id FROM lanes INDEXED BY lanes_blocked WHERE is_blocked = 1 AND model = ?
     ORDER BY owner_id LIMIT 0 + ?`,
  );
  // From key to key through the index, however many tasks of each are held.
  const keys = database.prepare(
    `WITH RECURSIVE held (id) AS (
       SELECT min(key_id) FROM tasks INDEXED BY tasks_at_limit WHERE queued = 'held'
       UNION ALL
       SELECT (SELECT min(key_id) FROM tasks INDEXED BY tasks_at_limit WHERE queued = 'held' AND key_id > held.id)
       FROM held WHERE held.id IS NOT NULL LIMIT 0 + :limit)
     SELECT id FROM held WHERE EXISTS (
       SELECT 1 FROM tasks INDEXED BY tasks_at_limit WHERE queued = 'held' AND key_id = held.id AND model = :model)`,
  );
  return (model: string, limit: number) => ({
    heldOwners: owners.all(model, limit).map(({ id }) => String(id)),
    heldKeys: keys.all({ model, limit }).map(({ id }) => String(id)),
  });
}
