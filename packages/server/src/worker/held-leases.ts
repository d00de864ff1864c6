// The leases of the runs in this process. Each is renewed three times in the time that it lasts, and with its renewal the store has
// the progress of its run. A run whose lease is lost, or whose task is to be cancelled, is told to stop; and, where other processes take over
// what is left, one whose lease could not be renewed, some time before it ends.

import { type Emit, emitFault } from '../core/events.ts';
import type { TaskStore } from '../core/tasks/task-store.ts';
import type { Clock } from '../lib/clock.ts';
import { createOneAgain } from '../lib/turns/one-again.ts';
import { startInterval, type StartTimer } from '../lib/timers.ts';
import { errorWords } from './error-words.ts';
import type { StopReason } from './stop-reason.ts';
import type { TaskRun } from './task-run.ts';

export interface HeldLeases {
  /**
   * Notes when the lease of a run ends that is to begin. One that is half over, as the take of its task waited for others, is renewed before: the
   * promise resolves when that is done, and the run was told to stop where it is lost.
   */
  accept(run: TaskRun, leaseEndsAt: number): Promise<void> | null;
  /** Holds the lease of this run until its work, which never rejects, is done; then calls `onDone`. */
  hold(run: TaskRun, work: () => Promise<void>, onDone: () => void): void;
  size(): number;
  /** Number of calls for which the runs have room; each has at least one. */
  calls(): number;
  /** Tells the run of this task, if there is one, to stop. */
  stop(taskId: string, kind: StopReason['kind']): void;
  stopAll(kind: StopReason['kind']): void;
  /** Resolves when no run is left, or after `maxMs`. */
  settled(maxMs: number): Promise<void>;
  /** Writes the progress of all runs, soon. */
  writeProgress(): void;
  /** False where the store refused. */
  renew(): Promise<boolean>;
  /** Begins to renew. */
  start(): void;
  /** Renews nothing more. */
  end(): void;
}

interface HeldRun {
  run: TaskRun;
  done: Promise<void>;
}

/** Parts of the time that a lease lasts: before its end the run is stopped, and looked for each. */
const marginPart = 10;
const lookPart = 20;

/** Progress is written at most this often: often enough for a poller, rare enough to cost nothing. */
const progressIntervalMs = 500;

interface LeaseDependencies {
  store: Pick<TaskStore, 'renewLeases'>;
  clock: Clock;
  startTimer: StartTimer;
  emit: Emit;
}

interface LeaseSettings {
  leaseMs: number;
  /** Whether other processes take over what has an ended lease. */
  isShared: boolean;
}

export function createHeldLeases(dependencies: LeaseDependencies, settings: LeaseSettings): HeldLeases {
  const { startTimer } = dependencies;
  const { leaseMs, isShared } = settings;
  const held = new Map<string, HeldRun>();
  const { accept, stopEnding, renew } = createRenewal(dependencies, held, settings);
  const stops: (() => void)[] = [];
  let stopProgress: (() => void) | null = null;

  function renewForProgress(): void {
    stopProgress = null;
    void renew();
  }

  return {
    accept,
    hold: (run, work, onDone) => hold(held, run, work, onDone),
    size: () => held.size,
    calls: () => [...held.values()].reduce((sum, { run }) => sum + run.calls, 0),
    stop: (taskId, kind) => held.get(taskId)?.run.stop(kind),
    stopAll(kind) {
      for (const { run } of held.values()) run.stop(kind);
    },
    settled: (maxMs) => settled(held, startTimer, maxMs),
    writeProgress() {
      stopProgress ??= startTimer(renewForProgress, progressIntervalMs);
    },
    renew,
    start() {
      stops.push(startInterval(startTimer, () => void renew(), leaseMs / 3));
      if (isShared) stops.push(startInterval(startTimer, () => void stopEnding(), leaseMs / lookPart));
    },
    end() {
      for (const stop of stops) stop();
      stopProgress?.();
    },
  };
}

function createRenewal(
  { store, clock, emit }: LeaseDependencies,
  held: ReadonlyMap<string, HeldRun>,
  { leaseMs, isShared }: LeaseSettings,
) {
  let isRenewed = true;

  function note(run: TaskRun, leaseEndsAt: number): void {
    if (isShared) run.heldUntil = leaseEndsAt - leaseMs / marginPart;
  }

  /** Stops the runs whose leases end soon, and gives the others. */
  function stopEnding(): Map<string, TaskRun> {
    const now = clock.now();
    const runs = [...held.values()].map(({ run }) => run).filter((run) => !run.isLost(now));
    return new Map(runs.map((run) => [run.lease.taskId, run]));
  }

  async function renewSome(runs: ReadonlyMap<string, TaskRun>): Promise<void> {
    const leases = [...runs.values()].map(({ lease, progress }) => ({ lease, progress }));
    const now = clock.now();
    const { lost, cancelled } = await store.renewLeases(leases, { now, leaseMs });
    for (const id of lost) runs.get(id)?.stop('lease_lost');
    for (const run of runs.values()) note(run, now + leaseMs);
    // Most are told before; this finds those that were to be cancelled right when they were taken.
    for (const id of cancelled) runs.get(id)?.stop('cancelled');
  }

  const renewAll = createOneAgain(async () => {
    const runs = stopEnding();
    isRenewed = true;
    try {
      if (runs.size > 0) await renewSome(runs);
    } catch (error) {
      emitFault(emit, error, 'renew_failed', { error: errorWords(error) });
      isRenewed = false;
    }
  });

  return {
    accept(run: TaskRun, leaseEndsAt: number): Promise<void> | null {
      if (isShared && leaseEndsAt - clock.now() < leaseMs / 2)
        return renewSome(new Map([[run.lease.taskId, run]])).catch(() => run.stop('lease_lost'));
      note(run, leaseEndsAt);
      return null;
    },
    stopEnding,
    async renew(): Promise<boolean> {
      await renewAll();
      return isRenewed;
    },
  };
}

function hold(held: Map<string, HeldRun>, run: TaskRun, work: () => Promise<void>, onDone: () => void): void {
  const { taskId } = run.lease;
  // A task can come back while its last run here has yet to hear that it lost the lease.
  held.get(taskId)?.run.stop('lease_lost');
  const entry = { run, done: Promise.resolve() };
  held.set(taskId, entry);
  entry.done = work().finally(() => {
    if (held.get(taskId) === entry) held.delete(taskId);
    onDone();
  });
}

async function settled(
  held: ReadonlyMap<string, HeldRun>,
  startTimer: StartTimer,
  maxMs: number,
): Promise<void> {
  const over = Promise.withResolvers<void>();
  const stopTimer = startTimer(over.resolve, maxMs);
  await Promise.race([Promise.all([...held.values()].map(({ done }) => done)), over.promise]);
  stopTimer();
}
