// Estimates of a task's start and end, from the durations of its model's latest runs. Pure. An unknown value is `null` and never a
// guess: with fewer than three runs nothing is estimated, and a run that takes longer than usual has no estimated end.

/** Load of a task's model at this moment. All times in Unix milliseconds. */
export interface ModelLoad {
  /** Durations of the model's latest runs that succeeded, in any order. */
  durationsMs: readonly number[];
  /** Begins of the runs under way. */
  runningSince: readonly number[];
  /** Number of further tasks, of any model, that the server would run at once. */
  freeSlots: number;
}

export interface Hints {
  /** Position in the model's queue, counted from 1. */
  queuePosition: number | null;
  /** Unix milliseconds. */
  startAt: number | null;
  finishAt: number | null;
  /** Time after which a new query is worth while. */
  pollAfterSeconds: number | null;
}

export const nothingKnown: Hints = {
  queuePosition: null,
  startAt: null,
  finishAt: null,
  pollAfterSeconds: null,
};

const minDurations = 3;
/** Maximal `pollAfterSeconds`, however long the queue is. */
const maxPollSeconds = 60;
/** Interval of queries for an overdue run, as a share of the usual duration. */
const overdueShare = 1 / 4;

/** Median of the durations, in milliseconds; `null` where there are too few. */
export function typicalMs(durationsMs: readonly number[]): number | null {
  if (durationsMs.length < minDurations) return null;
  const sorted = durationsMs.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? null;
}

/** Estimates for a running task. Its run, the current attempt, began at `since`. */
export function hintsForRunning(since: number, durationsMs: readonly number[], now: number): Hints {
  const typical = typicalMs(durationsMs);
  if (typical === null) return nothingKnown;
  const finishAt = since + typical;
  const isOverdue = finishAt <= now;
  return {
    ...nothingKnown,
    finishAt: isOverdue ? null : finishAt,
    pollAfterSeconds: pollSeconds(isOverdue ? typical * overdueShare : finishAt - now),
  };
}

/**
 * Estimates for a pending task at `position` (`null` where that is not known), which can't start before `notBefore`. `isHeld` is true
 * where its upstreams have no slot, so that it waits for a run to end even if the server would run more tasks.
 */
export function hintsForPending(
  {
    position,
    notBefore,
    isHeld,
  }: {
    position: number | null;
    notBefore: number;
    isHeld: boolean;
  },
  load: ModelLoad,
  now: number,
): Hints {
  const typical = typicalMs(load.durationsMs);
  const slotAt = position === null || typical === null ? null : turnAt(position, typical, load, isHeld, now);
  if (typical === null || slotAt === null) return { ...nothingKnown, queuePosition: position };
  const startAt = Math.max(slotAt, notBefore, now);
  const finishAt = startAt + typical;
  return { queuePosition: position, startAt, finishAt, pollAfterSeconds: pollSeconds(finishAt - now) };
}

/** Estimates when a slot comes free for this position, if each run takes the usual time; `null` where no slot is known. */
function turnAt(
  position: number,
  typical: number,
  { runningSince, freeSlots }: ModelLoad,
  isHeld: boolean,
  now: number,
): number | null {
  const ends = runningSince.map((since) => Math.max(now, since + typical)).toSorted((a, b) => a - b);
  const free = isHeld ? 0 : Math.max(0, freeSlots);
  const slots = free + ends.length;
  if (slots === 0) return null;
  const slot = (position - 1) % slots;
  const first = slot < free ? now : (ends[slot - free] ?? now);
  return first + Math.floor((position - 1) / slots) * typical;
}

function pollSeconds(milliseconds: number): number {
  return Math.min(maxPollSeconds, Math.max(1, Math.ceil(milliseconds / 1000)));
}
