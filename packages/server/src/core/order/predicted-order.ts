// Predicted order of a model's waiting tasks: the fair order, as far as it is looked ahead, if no task comes and every slot serves all. It
// is reckoned in rounds, since only the tasks that it shows are read: each round says how many of each owner it lacks.

import { createTurnOrder, type OwnerTurn, tagAt, turnAfter } from './turns.ts';

/** Task that waits, as its owner's own order has it: those of a higher priority first, then those with a lower id. */
export interface WaitingTask {
  id: string;
  priority: number;
}

/** Owner that waits for a model, with the first of its tasks. */
export interface WaitingOwner extends OwnerTurn {
  tasks: readonly WaitingTask[];
  /** Whether it has no more tasks than those. */
  isWhole: boolean;
}

export interface PredictedTask extends WaitingTask {
  ownerId: string;
  /** Tag at which it is to be taken. */
  tag: number;
  /** How far its owner's next task is behind it. */
  step: number;
}

export interface PredictedOrder {
  /** Tasks in the order in which they are taken. */
  entries: PredictedTask[];
  /** Whether no task waits behind them. */
  isWhole: boolean;
}

/** Rounds after which the order ends where it is not known, as where each round finds that an owner has fewer tasks than its share. */
const maxRounds = 6;

export function compareWaiting(a: WaitingTask, b: WaitingTask): number {
  return b.priority - a.priority || (a.id < b.id ? -1 : 1);
}

/**
 * Predicts the order of up to `limit` tasks. `owners` are those that wait, at least the first `limit` by their turns, and `isAll` says
 * whether they are all. `read` reads the first tasks of an owner, up to a number, and is asked for at most a few times `limit` together.
 */
export function* predictOrder(
  owners: readonly OwnerTurn[],
  { virtualTime, limit, isAll }: { virtualTime: number; limit: number; isAll: boolean },
): Generator<ReadonlyMap<string, number>, PredictedOrder, ReadonlyMap<string, readonly WaitingTask[]>> {
  const known = new Map<string, WaitingOwner>(
    owners.map((owner) => [owner.ownerId, { ...owner, tasks: [], isWhole: false }]),
  );
  for (let round = 1; ; round += 1) {
    const { entries, lacking } = merge([...known.values()], virtualTime, limit);
    if (lacking.size === 0 || round > maxRounds)
      return endOf(entries, isAll && everyTaskIsIn(entries, known));
    const found = yield lacking;
    for (const [ownerId, count] of lacking) {
      const owner = known.get(ownerId);
      const tasks = found.get(ownerId) ?? [];
      if (owner !== undefined) known.set(ownerId, { ...owner, tasks, isWhole: tasks.length < count });
    }
  }
}

type Slot = PredictedTask | null;

/** Merges owners by their turns. A slot is `null` where the task is not known, and `lacking` has how many tasks of its owner are to be read. */
function merge(
  owners: readonly WaitingOwner[],
  virtualTime: number,
  limit: number,
): { entries: Slot[]; lacking: Map<string, number> } {
  const order = createTurnOrder(owners.map((owner) => ({ ...owner, taken: 0 })));
  const entries: Slot[] = [];
  const lacking = new Map<string, number>();
  for (let owner = order.first(); owner !== undefined && entries.length < limit; owner = order.first()) {
    const { ownerId, tasks, taken, isWhole, weight } = owner;
    const task = tasks[taken];
    if (task === undefined && isWhole) {
      order.removeFirst();
      continue;
    }
    const tag = tagAt(owner.turn, virtualTime);
    owner.taken += 1;
    // One more, to learn whether that was all.
    if (task === undefined) lacking.set(ownerId, owner.taken + 1);
    entries.push(task === undefined ? null : { ...task, ownerId, tag, step: 1 / weight });
    owner.turn = turnAfter(tag, weight);
    order.firstHasMoved();
  }
  return { entries, lacking };
}

function everyTaskIsIn(entries: readonly Slot[], owners: ReadonlyMap<string, WaitingOwner>): boolean {
  let count = 0;
  for (const { tasks, isWhole } of owners.values()) {
    if (!isWhole) return false;
    count += tasks.length;
  }
  return count === entries.length;
}

function endOf(slots: readonly Slot[], isWhole: boolean): PredictedOrder {
  const unknownFrom = slots.indexOf(null);
  const entries = (unknownFrom < 0 ? slots : slots.slice(0, unknownFrom)).filter((slot) => slot !== null);
  return { entries, isWhole: isWhole && unknownFrom < 0 };
}
