// Chooses how many tasks of each need may be taken now: slots first, tasks then, so that a task leaves the queue only when
// there is a slot for it. Needs take turns, the one that has waited longest first, lest a long queue starve another.

import type { Attempt } from '../core/tasks/task.ts';
import type { CallTarget, TakenNeed } from '../core/tasks/task-queue.ts';
import type { Need, Slot, Router } from '../core/upstreams/router.ts';

export interface Reservation {
  /** Needs of the tasks to take, how many of each, and for which calls; empty when nothing can be taken. */
  needs: TakenNeed[];
  /**
   * The slot for a task that was taken, of `opened` where that attempt was opened with it; `null` where tasks of its model are taken
   * only to be refused.
   */
  slotFor(need: Need, opened?: Attempt): Slot | null;
  /** Whether all that was set aside for some need has found its task, so that there may be more to take. */
  isSpent(): boolean;
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
  pending: readonly (Need & { dueAt: number })[];
  /** How many tasks this worker can run beside those that run. */
  capacity: number;
  now: number;
}): Reservation {
  const reserved = new Map<string, { need: Need; slots: (Slot | null)[] }>();
  let nextAt = Number.POSITIVE_INFINITY;
  for (const { dueAt } of pending) if (dueAt > now) nextAt = Math.min(nextAt, dueAt);
  let turn: Need[] = pending.filter(({ dueAt }) => dueAt <= now).toSorted((a, b) => a.dueAt - b.dueAt);
  let left = capacity;
  while (left > 0 && turn.length > 0) {
    const again: Need[] = [];
    for (const { model, inputs } of turn) {
      if (left === 0) break;
      const need = { model, inputs };
      const slot = router.acquire(need);
      const availability = slot === null ? router.availability(need) : null;
      if (availability !== null && availability.kind !== 'blocked') {
        // `open` is a slot that came free between the two questions.
        const until = availability.kind === 'open' ? now + 1 : availability.until;
        nextAt = Math.min(nextAt, until ?? Number.POSITIVE_INFINITY);
        continue;
      }
      const entry = reserved.get(keyOf(need)) ?? { need, slots: [] };
      reserved.set(keyOf(need), entry);
      entry.slots.push(slot);
      left -= 1;
      again.push(need);
    }
    turn = again;
  }
  const entries = [...reserved.values()];
  return {
    needs: entries.map(({ need, slots }) => ({ ...need, limit: slots.length, calls: callsOf(need, slots) })),
    slotFor: (need, opened) => takeSlot(reserved.get(keyOf(need))?.slots ?? [], opened),
    isSpent: () => entries.some(({ slots }) => slots.length === 0),
    releaseUnused() {
      for (const { slots } of entries) for (const slot of slots.splice(0)) slot?.release({ kind: 'unused' });
    },
    nextAt,
  };
}

/** Calls that can be made as soon as the task is taken: no inputs are to be loaded before. */
function callsOf({ inputs }: Need, slots: readonly (Slot | null)[]): CallTarget[] {
  return inputs > 0 ? [] : slots.flatMap((slot) => (slot === null ? [] : targetOf(slot)));
}

/** Target of the call that a slot is for. */
export function targetOf({ upstreamName, upstreamModel, credential }: Slot): CallTarget {
  return { upstream: upstreamName, upstreamModel, credential };
}

/** Takes a slot out: one whose call the attempt was opened for, else the last, as attempts are opened for the calls of the first. */
function takeSlot(slots: (Slot | null)[], opened?: Attempt): Slot | null {
  if (opened === undefined) return slots.pop() ?? null;
  const { upstream, upstreamModel, credential } = opened;
  const index = slots.findIndex(
    (slot) =>
      slot?.upstreamName === upstream &&
      slot.upstreamModel === upstreamModel &&
      slot.credential === credential,
  );
  return slots.splice(index, 1)[0] ?? null;
}

function keyOf({ model, inputs }: Need): string {
  return `${inputs} ${model}`;
}
