// Looks at the queue and takes as many due tasks as there are slots and room for. It looks when somebody wakes it and when the next
// task, or the next slot, is known to be due; never twice at once, and once more where it was woken during a look.

import { emitFault } from '../core/events.ts';
import type { DefaultLimits } from '../core/limits/subjects.ts';
import { needOf } from '../core/upstreams/needs.ts';
import type { Slot } from '../core/upstreams/router.ts';
import type { LeasedTask, PendingWork } from '../core/tasks/task-queue.ts';
import { createOneAgain } from '../lib/turns/one-again.ts';
import { errorWords } from './error-words.ts';
import { reserveSlots } from './reserve-slots.ts';
import type { RunDependencies } from './run.ts';

export interface TakeDependencies extends Pick<
  RunDependencies,
  'store' | 'clock' | 'router' | 'startTimer' | 'emit'
> {
  /** Limits of owners and keys of whom nothing is stored. */
  defaultLimits?: DefaultLimits | undefined;
  /** Whether a task may be taken now: not while there is no room for its result. */
  mayTake: () => boolean;
  /** Told how many tasks each look at the queue took; not of one that failed. */
  onLooked?: ((taken: number) => void) | undefined;
}

export interface TakeLoop {
  /** Says that there may be something to take. */
  wake(): void;
  /** Says that calls of other processes may have ended. */
  wakeIfHeldBack(): void;
  /** Whether tasks of this model wait for a slot, as of the last look. */
  waitsFor(model: string): boolean;
  /** Takes nothing more; resolves when the look under way, if there is one, has begun what it took. */
  stop(): Promise<void>;
}

/** How long to wait after the store refused, or for room on the disk. */
const retryStoreMs = 1_000;
/** After this it is looked for room again where calls of other processes leave none, and not before that. */
const lookElsewhereMs = 1_000;
const restElsewhereMs = 20;
/** However far away the next task is, it is looked for again after this. */
const maxWaitMs = 60_000;

interface Taking {
  leaseMs: number;
  /** How many calls can be made beside those that go on. */
  capacity: () => number;
  /** Begins the run of a task that was taken, with its slot, under a lease that ends then. */
  begin: (leased: LeasedTask, slot: Slot | null, leaseEndsAt: number) => void;
  /** Told of each look at the queue that did not fail. */
  onLooked: () => void;
}

export function createTakeLoop(dependencies: TakeDependencies, taking: Taking): TakeLoop {
  const { clock, startTimer, emit, mayTake, onLooked } = dependencies;
  let stopping = false;
  let stopTimer = () => {};
  let stopResting: (() => void) | undefined;
  /** Whether the look before found nothing where there seemed to be something: a second one in a row is not followed at once. */
  let wasInVain = false;
  const lookAgain = createOneAgain(lookOnce);
  const wake = () => void lookAgain();
  /** Models of which tasks wait that found no slot. */
  let waiting: ReadonlySet<string> = new Set();

  function wakeAt(at: number): void {
    stopTimer();
    if (at !== Number.POSITIVE_INFINITY)
      stopTimer = startTimer(wake, Math.min(Math.max(0, at - clock.now()), maxWaitMs));
  }

  async function lookOnce(): Promise<void> {
    if (stopping || taking.capacity() <= 0) return;
    if (!mayTake()) {
      wakeAt(clock.now() + retryStoreMs);
      return;
    }
    try {
      const { taken, nextAt, mayTakeMore, waiting: still } = await takeAll(dependencies, taking);
      waiting = still;
      wakeAt(nextAt);
      if (mayTakeMore && (taken > 0 || !wasInVain)) wake();
      wasInVain = mayTakeMore && taken === 0;
      onLooked?.(taken);
      taking.onLooked();
    } catch (error) {
      emitFault(emit, error, 'take_failed', { error: errorWords(error) });
      wakeAt(clock.now() + retryStoreMs);
    }
  }

  return {
    wake,
    wakeIfHeldBack() {
      if (heldBackUntil(dependencies) === Number.POSITIVE_INFINITY) return;
      stopResting ??= startTimer(() => {
        stopResting = undefined;
        wake();
      }, restElsewhereMs);
    },
    waitsFor: (model) => waiting.has(model),
    async stop() {
      stopping = true;
      await lookAgain();
      stopTimer();
      stopResting?.();
    },
  };
}

interface Taken {
  taken: number;
  /** When there may be more by itself, Unix milliseconds; `Infinity` where that can't be. */
  nextAt: number;
  /** Whether there may be more at once. */
  mayTakeMore: boolean;
  /** Models of which tasks wait that found no slot. */
  waiting: ReadonlySet<string>;
}

async function takeAll(dependencies: TakeDependencies, taking: Taking): Promise<Taken> {
  const work = await dependencies.store.pendingWork(dependencies.clock.now());
  const { needs, hasOperations, lookAgainAt = Number.POSITIVE_INFINITY } = work;
  // Operations that are under way come first, and need no new slot.
  const resumed = hasOperations ? await takeOperations(dependencies, taking) : 0;
  const due = await takeDue(dependencies, taking, needs);
  const nextAt = Math.min(due.nextAt, lookAgainAt, heldBackUntil(dependencies));
  return { ...due, taken: resumed + due.taken, nextAt };
}

async function takeOperations({ store, clock }: TakeDependencies, taking: Taking): Promise<number> {
  const { leaseMs, capacity, begin } = taking;
  const now = clock.now();
  const taken = await store.takeOperations({ limit: capacity(), now, leaseMs });
  for (const leased of taken) begin(leased, null, now + leaseMs);
  return taken.length;
}

/** When it is to be looked for room again that calls of other processes may leave; `Infinity` where they don't hold back any. */
function heldBackUntil({ router }: TakeDependencies): number {
  const since = router.shared?.heldBackSince() ?? null;
  return since === null ? Number.POSITIVE_INFINITY : since + lookElsewhereMs;
}

/** Counts the calls of other processes anew where they hold back those of this one. */
async function learnElsewhere({ store, clock, router }: TakeDependencies): Promise<void> {
  const { shared } = router;
  const since = shared?.heldBackSince() ?? null;
  if (shared === undefined || since === null || Math.abs(clock.now() - since) < restElsewhereMs) return;
  shared.learn((await store.countCalls?.(shared)) ?? []);
}

async function takeDue(
  dependencies: TakeDependencies,
  { leaseMs, capacity, begin }: Taking,
  pending: PendingWork['needs'],
): Promise<Taken> {
  const { store, clock, router, defaultLimits: defaults } = dependencies;
  if (pending.length > 0) await learnElsewhere(dependencies);
  const slots = reserveSlots({ router, pending, capacity: capacity(), now: clock.now() });
  const { needs, room, nextAt } = slots;
  const waiting = () =>
    new Set(
      dueOf(pending, clock.now())
        .filter((need) => !slots.hasLeft(need))
        .map(({ model }) => model),
    );
  if (needs.length === 0) return { taken: 0, nextAt, mayTakeMore: false, waiting: waiting() };
  try {
    const due = { needs, now: clock.now(), leaseMs, defaults };
    const taken = await store.takeDue(room === undefined ? due : { ...due, room });
    for (const leased of taken) {
      const { task, opened, setAside } = leased;
      const slot = slots.slotFor(needOf(task), opened ? task.attempts.at(-1) : setAside);
      begin(leased, slot, due.now + leaseMs);
    }
    return { taken: taken.length, nextAt, mayTakeMore: slots.mayTakeMore(), waiting: waiting() };
  } finally {
    slots.releaseUnused();
  }
}

const dueOf = (pending: PendingWork['needs'], now: number) => pending.filter(({ dueAt }) => dueAt <= now);
