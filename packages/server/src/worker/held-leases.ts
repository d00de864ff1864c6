// The leases of the runs in this process. Each is renewed three times in the time that it lasts, and with its renewal the store has
// the progress of its run. A run whose lease is lost, or whose task is to be cancelled, is told to stop.

import type { Emit } from '../core/events.ts';
import type { TaskStore } from '../core/tasks/task-store.ts';
import type { Clock } from '../lib/clock.ts';
import { startInterval, type StartTimer } from '../lib/timers.ts';
import { errorWords } from './error-words.ts';
import type { StopReason } from './stop-reason.ts';
import type { TaskRun } from './task-run.ts';

export interface HeldLeases {
  /** Holds the lease of this run until its work, which never rejects, is done; then calls `onDone`. */
  hold(run: TaskRun, work: () => Promise<void>, onDone: () => void): void;
  size(): number;
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

/** Progress is written at most this often: often enough for a poller, rare enough to cost nothing. */
const progressIntervalMs = 500;

export function createHeldLeases(
  { store, clock, startTimer, emit }: { store: TaskStore; clock: Clock; startTimer: StartTimer; emit: Emit },
  leaseMs: number,
): HeldLeases {
  const held = new Map<string, HeldRun>();
  let stopInterval = () => {};
  let stopProgress: (() => void) | null = null;

  async function renew(): Promise<boolean> {
    const runs = new Map([...held].map(([taskId, { run }]) => [taskId, run]));
    if (runs.size === 0) return true;
    try {
      const leases = [...runs.values()].map(({ lease, progress }) => ({ lease, progress }));
      const { lost, cancelled } = await store.renewLeases(leases, { now: clock.now(), leaseMs });
      for (const id of lost) runs.get(id)?.stop('lease_lost');
      // Most are told before; this finds those that were to be cancelled right when they were taken.
      for (const id of cancelled) runs.get(id)?.stop('cancelled');
      return true;
    } catch (error) {
      emit('renew_failed', { error: errorWords(error) });
      return false;
    }
  }

  function renewForProgress(): void {
    stopProgress = null;
    void renew();
  }

  return {
    hold: (run, work, onDone) => hold(held, run, work, onDone),
    size: () => held.size,
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
      stopInterval = startInterval(startTimer, () => void renew(), leaseMs / 3);
    },
    end() {
      stopInterval();
      stopProgress?.();
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
