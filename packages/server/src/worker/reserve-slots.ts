// Chooses how many tasks of each need may be taken now: slots first, tasks then, so that a task leaves the queue only when
// there is a slot for it. Needs take turns by those of the owners whose tasks are next, so that an owner with many needs has no more than
// its share.

import type { Attempt } from '../core/tasks/task.ts';
import { turnAfter } from '../core/order/turns.ts';
import type { CallTarget, PendingNeed, TakenNeed } from '../core/tasks/task-queue.ts';
import type { Need, Slot, Router } from '../core/upstreams/router.ts';
import type { RoomCheck } from '../core/upstreams/shared-calls.ts';

export interface Reservation {
  /** Needs of the tasks to take, how many of each, and for which calls; empty when nothing can be taken. */
  needs: TakenNeed[];
  /** Leaves only those slots for which there is room beside the calls of other processes; there where a limit is shared with them. */
  room?: RoomCheck<TakenNeed[]>;
  /**
   * The slot for a task that was taken, for `call` where that was opened or set aside with it; `null` where tasks of its model are taken
   * only to be refused.
   */
  slotFor(need: Need, call?: Call): Slot | null;
  /**
   * Whether there may be more to take at once: all that was set aside for some need has found its task, or what was set aside for one and found
   * none took the place of others.
   */
  mayTakeMore(): boolean;
  /** Whether a slot for this need found no task. */
  hasLeft(need: Need): boolean;
  releaseUnused(): void;
  /** When something may change by itself, Unix milliseconds; `Infinity` when only a release or a new task can change it. */
  nextAt: number;
}

export function reserveSlots({
  router,
  pending,
  capacity,
  now,
}: {
  router: Router;
  pending: readonly PendingNeed[];
  /** How many tasks this worker can run beside those that run. */
  capacity: number;
  now: number;
}): Reservation {
  const reserved = new Map<string, Reserved>();
  let nextAt = Number.POSITIVE_INFINITY;
  for (const { dueAt } of pending) if (dueAt > now) nextAt = Math.min(nextAt, dueAt);
  const turns = createTurns(pending.filter(({ dueAt }) => dueAt <= now));
  let left = capacity;
  for (let next = turns.next(); next !== undefined && left > 0; next = turns.next()) {
    const need = { model: next.model, inputs: next.inputs };
    const slot = router.acquire(need);
    const availability = slot === null ? router.availability(need) : null;
    if (availability !== null && availability.kind !== 'blocked') {
      // `open` is a slot that came free between the two questions.
      const until = availability.kind === 'open' ? now + 1 : availability.until;
      nextAt = Math.min(nextAt, until ?? Number.POSITIVE_INFINITY);
      turns.remove(next);
      continue;
    }
    const entry = reserved.get(keyOf(need)) ?? { need, slots: [] };
    reserved.set(keyOf(need), entry);
    entry.slots.push(slot);
    left -= 1;
    turns.serve(next);
  }
  const entries = [...reserved.values()];
  const room = roomFor(router, entries);
  return {
    needs: toNeeds(router, entries),
    ...(room === undefined ? {} : { room }),
    slotFor: (need, call) => takeSlot(reserved.get(keyOf(need))?.slots ?? [], call),
    mayTakeMore: () =>
      entries.some(({ slots }) => slots.length === 0) || (left === 0 && turns.count() > entries.length),
    hasLeft: (need) => (reserved.get(keyOf(need))?.slots.length ?? 0) > 0,
    releaseUnused() {
      for (const { slots } of entries) for (const slot of slots.splice(0)) slot?.release({ kind: 'unused' });
    },
    nextAt,
  };
}

/** Turns of needs as if each owner had enough tasks of the need that it is next for. */
function createTurns(due: readonly PendingNeed[]) {
  const waiting = new Set(due);
  const turns = new Map(due.map(({ ownerId, turn }) => [ownerId, turn]));
  const turnOf = ({ ownerId }: PendingNeed) => turns.get(ownerId) ?? 0;
  const isBefore = (a: PendingNeed, b: PendingNeed) =>
    turnOf(a) < turnOf(b) || (turnOf(a) === turnOf(b) && a.dueAt < b.dueAt);
  return {
    next(): PendingNeed | undefined {
      let first: PendingNeed | undefined;
      for (const need of waiting) if (first === undefined || isBefore(need, first)) first = need;
      return first;
    },
    serve(need: PendingNeed): void {
      turns.set(need.ownerId, turnAfter(turnOf(need), need.weight));
    },
    remove: (need: PendingNeed) => void waiting.delete(need),
    count: () => waiting.size,
  };
}

type Call = Pick<Attempt, 'upstream' | 'upstreamModel' | 'credential'>;

interface Reserved {
  need: Need;
  /** `null` for a task that is taken only to be refused. */
  slots: (Slot | null)[];
}

/** Calls that can be made as soon as the task is taken are opened with it. Where inputs are to be loaded before, they are set aside if others count them. */
function toNeeds({ shared }: Router, entries: readonly Reserved[]): TakenNeed[] {
  return entries.map(({ need, slots }) => {
    const some = slots.filter((slot) => slot !== null);
    const taken = { ...need, limit: slots.length };
    if (need.inputs === 0) return { ...taken, calls: some.map(targetOf) };
    const isCounted = some.some((slot) => shared?.isCounted(slot) === true);
    return isCounted ? { ...taken, setAside: some.map(targetOf) } : taken;
  });
}

function roomFor(router: Router, entries: readonly Reserved[]): Reservation['room'] {
  const { shared } = router;
  const asked = () => entries.flatMap(({ slots }) => slots.filter((slot) => slot !== null));
  if (shared === undefined || !asked().some(shared.isCounted)) return undefined;
  return {
    own: shared.own,
    days: shared.days,
    decide(counts) {
      const admitted = shared.admit(asked(), counts);
      for (const slot of asked()) if (!admitted.has(slot)) slot.release({ kind: 'unused' });
      for (const entry of entries)
        entry.slots = entry.slots.filter((slot) => slot === null || admitted.has(slot));
      return toNeeds(
        router,
        entries.filter(({ slots }) => slots.length > 0),
      );
    },
  };
}

/** Target of the call that a slot is for. */
export function targetOf({ upstreamName, upstreamModel, credential }: Slot): CallTarget {
  return { upstream: upstreamName, upstreamModel, credential };
}

/**
 * Takes a slot out: the one for `call`; without it the last, as calls are opened for the first. A task gets none for a call that nobody has
 * set aside here.
 */
function takeSlot(slots: (Slot | null)[], call?: Call): Slot | null {
  if (call === undefined) return slots.pop() ?? null;
  const index = slots.findIndex((slot) => slot !== null && isSame(targetOf(slot), call));
  return index < 0 ? null : (slots.splice(index, 1)[0] ?? null);
}

function isSame(a: Call, b: Call): boolean {
  return a.upstream === b.upstream && a.upstreamModel === b.upstreamModel && a.credential === b.credential;
}

function keyOf({ model, inputs }: Need): string {
  return `${inputs} ${model}`;
}
