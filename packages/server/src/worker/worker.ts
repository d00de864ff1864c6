// Takes due tasks as long as there is room, keeps their leases alive, and stops in two steps: first it takes nothing
// more, then, when the grace is over, it hands back what still runs.

import type { Changes } from '../core/tasks/changes.ts';
import type { TaskFailure } from '../core/errors.ts';
import type { Slot } from '../core/upstreams/router.ts';
import type { Attempt, Task } from '../core/tasks/task.ts';
import type { LeasedTask } from '../core/tasks/task-queue.ts';
import type { Log } from '../lib/log.ts';
import { execute } from './execute.ts';
import { reserveSlots } from './reserve-slots.ts';
import { needOf, type RunDependencies } from './run.ts';
import { StopReason } from './stop-reason.ts';
import { endCancelled, endHopeless, expirePending, rescueExpired } from './sweep.ts';

export interface WorkerSettings {
  /** Tasks that run at once. */
  concurrency: number;
  /** How long a lease lasts without being renewed; it is renewed three times in that time. */
  leaseMs: number;
}

export interface TaskWorker {
  /**
   * Rescues every running task, whatever its lease says: for a store that no other process works on, where each lease
   * found before the start is a dead process's. Returns how many there were.
   */
  rescueAll(): Promise<number>;
  /** Begins to work. */
  start(): void;
  /** Takes nothing more, waits up to `graceMs` for what runs, hands the rest back. */
  stop(graceMs: number): Promise<void>;
  runningCount(): number;
}

interface Running extends LeasedTask {
  abort: AbortController;
  progress: number;
  done: Promise<void>;
}

const sweepIntervalMs = 1_000;
/** Progress is written at most this often: often enough for a poller, rare enough to cost nothing. */
const progressIntervalMs = 500;
const retryStoreMs = 1_000;
/** How long a task that was told to stop may take to do so. */
const obeyMs = 5_000;

export function createWorker(
  parts: Omit<RunDependencies, 'onAttemptFailed'> & {
    changes: Changes;
    log: Log;
    /** Whether a task may be taken now: not while there is no room for its result. */
    mayTake: () => boolean;
  },
  { concurrency, leaseMs }: WorkerSettings,
): TaskWorker {
  const { store, clock, changes, log, mayTake, router } = parts;
  const dependencies: RunDependencies = { ...parts, onAttemptFailed };
  const running = new Map<string, Running>();
  const timers = new Set<NodeJS.Timeout>();
  let stopping = false;
  let taking: Promise<void> | null = null;
  let takeAgain = false;
  let dueTimer: NodeJS.Timeout | undefined;
  let progressTimer: NodeJS.Timeout | undefined;
  let sweeping: Promise<void> | null = null;
  let stopListening = () => {};

  /** A refused credential or an account without credit is the operator's to mend; the rest passes, or is the task's own. */
  function onAttemptFailed(
    task: Task,
    { number, upstream, credential }: Attempt,
    { type }: TaskFailure,
  ): void {
    const level = type === 'upstream_auth' || type === 'upstream_billing' ? 'error' : 'warn';
    log[level]({ task: task.id, attempt: number, upstream, key: credential, type }, 'attempt_failed');
  }

  function wake(): void {
    takeAgain = true;
    if (stopping || taking !== null || running.size >= concurrency) return;
    taking = takeWhileThereIsRoom().finally(() => {
      taking = null;
      // Who called between the last look and this line found a look under way, and relies on it.
      if (takeAgain) wake();
    });
  }

  async function takeWhileThereIsRoom(): Promise<void> {
    while (takeAgain && !stopping && running.size < concurrency) {
      takeAgain = false;
      if (!mayTake()) {
        wakeAt(clock.now() + retryStoreMs);
        return;
      }
      await takeOnce();
    }
  }

  /** Takes as many tasks as there are slots for, and begins them. */
  async function takeOnce(): Promise<void> {
    try {
      await takeOperations();
      const pending = await store.pendingNeeds(clock.now());
      const capacity = concurrency - running.size;
      const slots = reserveSlots({ router, pending, capacity, now: clock.now() });
      wakeAt(slots.nextAt);
      const { needs } = slots;
      if (needs.length === 0) return;
      try {
        const taken = await store.takeDue({ needs, now: clock.now(), leaseMs });
        for (const leased of taken) begin(leased, slots.slotFor(needOf(leased.task)));
        if (slots.isSpent()) takeAgain = true;
      } finally {
        slots.releaseUnused();
      }
    } catch (error) {
      log.error({ error: describe(error) }, 'take_failed');
      wakeAt(clock.now() + retryStoreMs);
    }
  }

  /** Operations that are under way come first, and need no new slot. */
  async function takeOperations(): Promise<void> {
    if ((await store.countPendingOperations(clock.now())) === 0) return;
    const limit = concurrency - running.size;
    for (const leased of await store.takeOperations({ limit, now: clock.now(), leaseMs }))
      begin(leased, null);
  }

  function wakeAt(at: number): void {
    clearTimeout(dueTimer);
    if (at !== Number.POSITIVE_INFINITY)
      dueTimer = setTimeout(wake, Math.min(Math.max(0, at - clock.now()), 60_000));
  }

  function begin({ task, lease }: LeasedTask, slot: Slot | null): void {
    const abort = new AbortController();
    const entry: Running = { task, lease, abort, progress: 0, done: Promise.resolve() };
    // A task can come back while its last run here has yet to hear that it lost the lease.
    running.get(task.id)?.abort.abort(new StopReason('lease_lost'));
    running.set(task.id, entry);
    const deadline = setTimeout(
      () => abort.abort(new StopReason('deadline')),
      Math.max(0, task.deadlineAt - clock.now()),
    );
    const startedAt = clock.now();
    entry.done = execute(dependencies, entry, slot, {
      signal: abort.signal,
      onProgress: (progress) => advance(entry, progress),
    })
      .then(
        (end) =>
          log.info(
            { task: task.id, end, model: task.model, durationMs: clock.now() - startedAt },
            'task_run',
          ),
        (error: unknown) => log.error({ task: task.id, error: describe(error) }, 'task_write_failed'),
      )
      .finally(() => {
        clearTimeout(deadline);
        if (running.get(task.id) === entry) running.delete(task.id);
        wake();
      });
  }

  function advance(entry: Running, progress: number): void {
    if (!(progress > entry.progress)) return;
    entry.progress = Math.min(progress, 1);
    progressTimer ??= setTimeout(() => {
      progressTimer = undefined;
      void renew();
    }, progressIntervalMs);
  }

  /** False where the store refused. */
  async function renew(): Promise<boolean> {
    const entries = [...running.values()];
    if (entries.length === 0) return true;
    try {
      const leases = entries.map(({ lease, progress }) => ({ lease, progress }));
      const { lost, cancelled } = await store.renewLeases(leases, { now: clock.now(), leaseMs });
      const entryOf = new Map(entries.map((entry) => [entry.task.id, entry]));
      for (const id of lost) entryOf.get(id)?.abort.abort(new StopReason('lease_lost'));
      // Most are told before; this finds those that were to be cancelled right when they were taken.
      for (const id of cancelled) entryOf.get(id)?.abort.abort(new StopReason('cancelled'));
      return true;
    } catch (error) {
      log.error({ error: describe(error) }, 'renew_failed');
      return false;
    }
  }

  async function sweep(): Promise<void> {
    try {
      // After the machine slept, the leases of this very worker have run out, and its calls may still be answered.
      // A disk without room for that may have room for a rescue, of a task whose result is here and waits to be stored.
      const rescued = (await renew()) ? await rescueExpired(dependencies, clock.now()) : 0;
      await endCancelled(dependencies);
      const expired = (await expirePending(dependencies)) + (await endHopeless(dependencies));
      if (rescued > 0) log.warn({ rescued }, 'leases_rescued');
      if (expired > 0) log.info({ expired }, 'deadlines_passed');
      // A net under every other way of hearing that there is something to take.
      wake();
    } catch (error) {
      log.error({ error: describe(error) }, 'sweep_failed');
    }
  }

  return {
    rescueAll: () => rescueExpired(dependencies, Number.MAX_SAFE_INTEGER),
    start() {
      const stops = [
        changes.listen(({ taskId, state, cancelRequested }) => {
          if (state === 'pending') wake();
          if (cancelRequested === true) running.get(taskId)?.abort.abort(new StopReason('cancelled'));
        }),
        router.onOpened(wake),
      ];
      stopListening = () => {
        for (const stop of stops) stop();
      };
      timers.add(setInterval(() => void renew(), leaseMs / 3));
      timers.add(
        setInterval(() => {
          sweeping ??= sweep().finally(() => {
            sweeping = null;
          });
        }, sweepIntervalMs),
      );
      wake();
    },
    async stop(graceMs) {
      stopping = true;
      stopListening();
      await taking;
      clearTimeout(dueTimer);
      await settled(running, graceMs);
      for (const { abort } of running.values()) abort.abort(new StopReason('shutdown'));
      await settled(running, obeyMs);
      for (const timer of timers) clearInterval(timer);
      clearTimeout(progressTimer);
      await sweeping;
    },
    runningCount: () => running.size,
  };
}

/** Waits for every running task to end, but not longer than `limitMs`. */
async function settled(running: ReadonlyMap<string, Running>, limitMs: number): Promise<void> {
  const limit = Promise.withResolvers<void>();
  const timer = setTimeout(limit.resolve, limitMs);
  await Promise.race([Promise.all([...running.values()].map(({ done }) => done)), limit.promise]);
  clearTimeout(timer);
}

function describe(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
