// When a task may start and finish, from how long the latest runs of its model took. Pure. What is not known is `null`, never a
// guess: fewer than three runs say nothing, and one that takes longer than most has no end that anybody knows.

/** What else goes on with a task's model at this moment. All times in Unix milliseconds. */
export interface ModelLoad {
  /** How many milliseconds its latest runs took that succeeded, in any order. */
  durationsMs: readonly number[];
  /** When the runs under way began. */
  runningSince: readonly number[];
  /** How many more tasks, of whatever model, this server would run at once. */
  freeSlots: number;
}

export interface Hints {
  /** 1 is the next of the model's pending tasks. */
  queuePosition: number | null;
  /** Unix milliseconds. */
  startAt: number | null;
  finishAt: number | null;
  /** When asking again is worth while. */
  pollAfterSeconds: number | null;
}

export const nothingKnown: Hints = {
  queuePosition: null,
  startAt: null,
  finishAt: null,
  pollAfterSeconds: null,
};

const minDurations = 3;
/** Nobody is told to stay away for longer, however long the queue. */
const maxPollSeconds = 60;
/** Of the usual time: how often to ask for a run that takes longer than most. */
const overdueShare = 1 / 4;

/** The median in milliseconds; `null` where too little is known. */
export function typicalMs(durationsMs: readonly number[]): number | null {
  if (durationsMs.length < minDurations) return null;
  const sorted = durationsMs.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? null;
}

/** Of a task whose run, the current attempt, began at `since`. */
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
 * Of a pending task at `position` (`null` where that is not known), which can't start before `notBefore`. `isHeld` where its
 * upstreams have no slot for it, so that it has to wait for another's even if this server would run more.
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

/** When the slot comes free that is this position's, if each run takes the usual time; `null` where no slot is known. */
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
