// Chooses the tasks of a need that are taken next: owners by their turns, and of each its next task whose key has room.

import type { DatabaseSync } from 'node:sqlite';
import { createTurnOrder, isBefore, type OwnerTurn, tagAt, turnAfter } from '../../../core/order/turns.ts';
import type { Need } from '../../../core/upstreams/router.ts';
import type { Row } from '../../rows.ts';
import type { Lane, Lanes } from './lanes.ts';
import type { RunningRoom, TaskOf } from './running-room.ts';

/** Take of tasks, which may be of several needs. */
export interface Take {
  now: number;
  /** Virtual time before the take. */
  virtualTime: number;
  /** Highest tag so far. */
  highestTag: number;
  room: RunningRoom;
  /** Number of tasks that may yet be held in it because their keys have no room. At 0 it was cut short, and is to go on. */
  mayHold: number;
}

/** Takes up to `limit` tasks of a need, each by `takeTask`. */
export type FairTake = (
  take: Take,
  need: Need & { limit: number },
  takeTask: (id: string) => Row | undefined,
) => Row[];

/** Tasks of a need that join at least when they are due: were they no more than are taken, one owner's would be waited for by all behind them. */
const leastDue = 200;

interface LaneInTake extends OwnerTurn {
  /** As it was before the take. */
  readAs: OwnerTurn;
  taken: number;
}

export function createFairTake(database: DatabaseSync, lanes: Lanes): FairTake {
  const nextTask = createNextTask(database, lanes);
  return (take, { model, inputs, limit }, takeTask) => {
    const need = { model, inputs };
    lanes.joinDue(need, take.now, Math.max(leastDue, limit));
    const order = createLanesByTurn(lanes, need, limit);
    const rows: Row[] = [];
    for (let lane = order.first(); lane !== undefined && rows.length < limit; lane = order.first()) {
      const task = nextTask(take, { ...need, ownerId: lane.ownerId });
      const row = task === null ? undefined : takeTask(task.id);
      if (task === null || row === undefined) {
        order.removeFirst();
        continue;
      }
      rows.push(row);
      take.room.taken(task);
      const tag = tagAt(lane.turn, take.virtualTime);
      take.highestTag = Math.max(take.highestTag, tag);
      lane.turn = turnAfter(tag, lane.weight);
      lane.taken += 1;
      order.firstHasMoved();
      if (take.room.fullFor(task) === 'owner') lanes.block(lane.ownerId);
    }
    for (const { ownerId, turn, taken } of order.seen) {
      if (taken > 0) lanes.setTurn(ownerId, turn);
      lanes.leave({ ...need, ownerId });
    }
    return rows;
  };
}

/** Lanes of a need by the turns of their owners, read as far as they are looked at. */
function createLanesByTurn(lanes: Lanes, need: Need, limit: number) {
  const order = createTurnOrder<LaneInTake>();
  const seen: LaneInTake[] = [];
  let read: OwnerTurn[] = [];
  let isAll = false;

  /** First lane that was read and not looked at. */
  function nextLane(): OwnerTurn | undefined {
    if (read.length === 0 && !isAll) {
      read = lanes.inOrder(need, limit, seen.at(-1)?.readAs);
      isAll = read.length < limit;
    }
    return read[0];
  }

  return {
    seen,
    first(): LaneInTake | undefined {
      const next = nextLane();
      const first = order.first();
      if (next === undefined || (first !== undefined && isBefore(first, next))) return first;
      read.shift();
      const lane = { ...next, readAs: next, taken: 0 };
      seen.push(lane);
      order.add(lane);
      return lane;
    },
    firstHasMoved: order.firstHasMoved,
    removeFirst: order.removeFirst,
  };
}

/** Finds the next task of a lane, and holds those of keys that have no room. `null` where there is none now. */
function createNextTask(database: DatabaseSync, lanes: Lanes) {
  const first = database.prepare(
    `SELECT id, key_id AS keyId FROM tasks INDEXED BY tasks_ready
     WHERE queued = 'ready' AND model = :model AND inputs = :inputs AND owner_id = :ownerId AND deadline_at > :now
     ORDER BY priority DESC, id LIMIT 1`,
  );
  const hold = database.prepare(`UPDATE tasks SET queued = 'held' WHERE id = ?`);
  return (take: Take, { model, inputs, ownerId }: Lane): (TaskOf & { id: string }) | null => {
    for (;;) {
      const row = first.get({ model, inputs, ownerId, now: take.now });
      if (row === undefined) return null;
      const task = { id: row['id'] as string, keyId: row['keyId'] as string, ownerId };
      const full = take.room.fullFor(task);
      if (full === null) return task;
      if (full === 'owner') lanes.block(ownerId);
      if (full === 'owner' || take.mayHold === 0) return null;
      hold.run(task.id);
      take.mayHold -= 1;
    }
  };
}
