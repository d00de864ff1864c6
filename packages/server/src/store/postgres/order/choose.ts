// Chooses which tasks are taken next of the lanes that were read, in the fair order of owners, within their limits. Pure.

import { createTurnOrder, type OwnerTurn, tagAt, turnAfter } from '../../../core/order/turns.ts';
import type { Need } from '../../../core/upstreams/router.ts';
import type { LanePlace } from './join-lanes.ts';
import type { Lane, NeedLanes, ReadyTask } from './read-lanes.ts';
import type { Rooms } from './rooms.ts';

/** Turn of an owner before and after. */
export interface MovedOwner extends OwnerTurn {
  was: number;
  /** Tag of the latest task that was taken; `null` where none was. */
  tag: number | null;
  /** Whether its limit is reached. */
  isBlocked: boolean;
}

export interface WalkedLane {
  row: string;
  ownerId: string;
  rank: number;
  id: string;
  /** Whether it has more tasks, or may have. */
  stays: boolean;
}

export interface Choice {
  taken: LanePlace[];
  /** Tasks whose key has reached its limit. */
  held: LanePlace[];
  owners: MovedOwner[];
  walked: WalkedLane[];
  /** Place of the need of which not enough was read to go on, among those that were asked for; `null` where all was. */
  lackingFrom: number | null;
}

interface Walk extends OwnerTurn {
  lane: Lane;
  /** Number of its tasks that were gone past. */
  at: number;
}

/** `virtualTime` is that from before the take. */
export function choose(needs: readonly NeedLanes[], rooms: Rooms, virtualTime: number): Choice {
  const choice: Choice = {
    taken: [],
    held: [],
    owners: [],
    walked: [],
    lackingFrom: null,
  };
  const owners = new Map<string, MovedOwner>();
  for (const [index, need] of needs.entries()) {
    const walks = need.lanes.map((lane) => ({
      ...lane,
      turn: owners.get(lane.ownerId)?.turn ?? lane.turn,
      lane,
      at: 0,
    }));
    const isLacking = takeOf(need, walks, { choice, owners, rooms, virtualTime });
    choice.walked.push(...walks.flatMap(toWalked));
    if (isLacking) {
      choice.lackingFrom = index;
      break;
    }
  }
  choice.owners.push(...owners.values());
  return choice;
}

interface Taking {
  choice: Choice;
  owners: Map<string, MovedOwner>;
  rooms: Rooms;
  virtualTime: number;
}

/** Takes of one need; gives whether more would have to be read. */
function takeOf(need: NeedLanes, walks: readonly Walk[], taking: Taking): boolean {
  const order = createTurnOrder(walks);
  const last = need.lanes.at(-1);
  let left = need.limit;
  for (let walk = order.first(); left > 0; walk = order.first()) {
    if (walk === undefined) return !need.isWhole;
    // One that was not read may come before.
    if (!need.isWhole && last !== undefined && isAfter(walk, last)) return true;
    const task = walk.lane.tasks[walk.at];
    if (task === undefined && !walk.lane.isWhole) return true;
    if (task === undefined || isFull(walk, task, taking)) {
      order.removeFirst();
      continue;
    }
    if (!takeOrHold(need, walk, task, taking)) continue;
    left -= 1;
    order.firstHasMoved();
  }
  for (const walk of walks) holdNext(need, walk, taking);
  return false;
}

const isAfter = (a: OwnerTurn, b: OwnerTurn) =>
  a.turn > b.turn || (a.turn === b.turn && a.ownerId > b.ownerId);

/** Whether the owner of the task has reached its limit; it is noted then. */
function isFull(walk: Walk, { keyId }: ReadyTask, { owners, rooms }: Taking): boolean {
  if (rooms.of({ keyId, ownerId: walk.ownerId }).owner > 0) return false;
  moved(walk, owners).isBlocked = true;
  return true;
}

function moved({ ownerId, lane, turn, weight }: Walk, owners: Map<string, MovedOwner>): MovedOwner {
  const known = owners.get(ownerId) ?? { ownerId, was: lane.turn, turn, weight, tag: null, isBlocked: false };
  owners.set(ownerId, known);
  return known;
}

/** Gives whether the task is taken; else its key has reached its limit. */
function takeOrHold(need: Need, walk: Walk, task: ReadyTask, taking: Taking): boolean {
  const { choice, owners, rooms, virtualTime } = taking;
  const { ownerId, weight } = walk;
  const { model, inputs } = need;
  const owner = moved(walk, owners);
  const place = { model, inputs, ownerId, rank: task.rank, id: task.id };
  const ids = { keyId: task.keyId, ownerId };
  walk.at += 1;
  if (rooms.of(ids).key <= 0) {
    choice.held.push(place);
    return false;
  }
  rooms.take(ids);
  choice.taken.push(place);
  const tag = tagAt(walk.turn, virtualTime);
  owner.tag = tag;
  owner.turn = walk.turn = turnAfter(tag, weight);
  owner.isBlocked = rooms.of(ids).owner <= 0;
  return true;
}

/** Holds the tasks that would be next in a lane that was gone through, where their keys have reached their limits. */
function holdNext(need: Need, walk: Walk, taking: Taking): void {
  if (walk.at === 0) return;
  for (let task = walk.lane.tasks[walk.at]; task !== undefined; task = walk.lane.tasks[walk.at]) {
    const room = taking.rooms.of({ keyId: task.keyId, ownerId: walk.ownerId });
    if (room.owner <= 0 || room.key > 0) return;
    takeOrHold(need, walk, task, taking);
  }
}

function toWalked({ lane, at }: Walk): WalkedLane[] {
  const { tasks, isWhole, row, ownerId } = lane;
  const stays = at < tasks.length || !isWhole;
  if (at === 0 && stays) return [];
  const head = tasks[at] ?? tasks.at(-1);
  return [{ row, ownerId, rank: head?.rank ?? 0, id: head?.id ?? '', stays }];
}
