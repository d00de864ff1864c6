// Joins the parts of a worker: the loop that takes tasks, the leases of those that run, and the sweeper.
//
// A task is taken under a lease and becomes a run, which lasts until its task is in another state, or was taken from it:
//
//   taken ──> loading inputs ──> attempt open ──> called ──> operation stored, polled ──> storing pictures ──> succeeded
//     │             │                 │  ▲           │                  │                          │
//     └─────────────┴─────────────────┴──│───────────┴── failed ────────┴──────────────────────────┘
//                                        └── elsewhere at once, else back to the queue, or error
//
// A task without inputs is taken with its attempt open. Until the call it costs nothing to stop.
//
// A worker stops in two steps: first it takes nothing more, then, when the grace is over, what still runs hands its task back.

import { emitFault } from '../core/events.ts';
import type { Changes } from '../core/tasks/changes.ts';
import type { Slot } from '../core/upstreams/router.ts';
import type { LeasedTask } from '../core/tasks/task-queue.ts';
import { createListeners } from '../lib/listeners.ts';
import { errorWords } from './error-words.ts';
import { execute } from './execute.ts';
import { createHeldLeases } from './held-leases.ts';
import type { RunDependencies } from './run.ts';
import { createCallRoom, type SeveralDependencies } from './several/call-room.ts';
import { rescueExpired } from './sweep.ts';
import { createSweeper } from './sweeper.ts';
import { createTakeLoop, type TakeDependencies } from './take-loop.ts';
import { TaskRun } from './task-run.ts';
import { traceRun } from './traces/trace-run.ts';
import { untilThere } from './while-away.ts';

export interface WorkerSettings {
  /** Tasks that run at once. */
  concurrency: number;
  /** How long a lease lasts without being renewed. */
  leaseMs: number;
  /** Whether other processes work on the store too, and take over a task as soon as its lease has ended. */
  isShared: boolean;
}

export interface WorkerDependencies extends RunDependencies, TakeDependencies {
  changes: Changes;
  /** Called after each sweep that did not fail. */
  onSwept?: (() => void) | undefined;
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

/** How long a run that was told to stop may take to do so. */
const maxStopMs = 5_000;

export function createWorker(
  dependencies: WorkerDependencies,
  { concurrency, leaseMs, isShared }: WorkerSettings,
): TaskWorker {
  const { changes, router } = dependencies;
  const looked = createListeners();
  const leases = createHeldLeases(dependencies, { leaseMs, isShared });
  const taking = createTakeLoop(dependencies, {
    leaseMs,
    capacity: () => concurrency - leases.calls(),
    begin,
    onLooked: looked.tell,
  });
  const { wake, wakeIfHeldBack } = taking;
  const room = createCallRoom(leases, taking, { concurrency, looked });
  const sweeper = createSweeper(dependencies, { renew: leases.renew, wake });
  let stopListening = () => {};

  function begin(leased: LeasedTask, slot: Slot | null, leaseEndsAt: number): void {
    const run = new TaskRun(leased, leases.writeProgress);
    const accepted = leases.accept(run, leaseEndsAt);
    emitTaken(dependencies, run, slot);
    const letGo = router.shared?.hold(leased.lease.taskId) ?? (() => {});
    leases.hold(run, () => runToEnd({ ...dependencies, room }, { run, slot, accepted }).finally(letGo), wake);
  }

  function listen(): () => void {
    const stops = [
      changes.listen(({ taskId, state, cancelRequested }) => {
        if (state === 'pending') wake();
        else wakeIfHeldBack();
        if (cancelRequested === true) leases.stop(taskId, 'cancelled');
      }, wake),
      router.onOpened(wake),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  }

  return {
    rescueAll: () => rescueExpired(dependencies, Number.MAX_SAFE_INTEGER),
    start() {
      stopListening = listen();
      leases.start();
      sweeper.start();
      wake();
    },
    async stop(graceMs) {
      stopListening();
      await taking.stop();
      await leases.settled(graceMs);
      leases.stopAll('shutdown');
      await leases.settled(maxStopMs);
      leases.end();
      await sweeper.stop();
    },
    runningCount: () => leases.size(),
  };
}

function emitTaken({ clock, emit }: RunDependencies, run: TaskRun, slot: Slot | null): void {
  const { task, attempt, isCalled } = run;
  const now = clock.now();
  emit('task_taken', {
    task: task.id,
    owner: task.keyId,
    model: task.model,
    attempt: attempt?.number ?? task.attempts.length + 1,
    isResumed: isCalled,
    upstream: attempt?.upstream ?? slot?.upstreamName ?? null,
    upstreamModel: attempt?.upstreamModel ?? slot?.upstreamModel ?? null,
    key: attempt === null ? (slot?.credential ?? null) : attempt.credential,
    waitedMs: Math.max(0, now - task.dueAt),
    ageMs: Math.max(0, now - task.createdAt),
  });
}

/** Runs a task, until its deadline at the latest, and tells how that ended. Never rejects. */
async function runToEnd(
  dependencies: SeveralDependencies,
  { run, slot, accepted }: { run: TaskRun; slot: Slot | null; accepted: Promise<void> | null },
): Promise<void> {
  const { clock, startTimer, emit, tracer } = dependencies;
  const { id, model, deadlineAt, request } = run.task;
  const startedAt = clock.now();
  const stopAtDeadline = () => run.stop('deadline');
  // It may have passed while the task was taken, and the call would begin before a timer fires.
  if (deadlineAt <= startedAt) stopAtDeadline();
  const stopTimer = startTimer(stopAtDeadline, Math.max(0, deadlineAt - startedAt));
  if (request.partialImages !== undefined) run.partialImages = dependencies.partialImages?.begin(id);
  try {
    await traceRun(tracer, run, startedAt, async () => {
      try {
        if (accepted !== null) await accepted;
        const end = await execute({ ...dependencies, store: untilThere(dependencies, run) }, run, slot);
        emit('task_run', { task: id, end, model, durationMs: clock.now() - startedAt });
        return end;
      } catch (error) {
        emitFault(emit, error, 'task_write_failed', { task: id, error: errorWords(error) });
        throw error;
      }
    });
  } catch {
    // A failed write, of which `task_write_failed` told.
  } finally {
    stopTimer();
    run.partialImages?.end();
  }
}
