// Moves tasks that nobody works on: rescues those whose lease has expired, and ends pending ones that have passed their deadline, or
// will have passed it before any upstream can serve them.

import type { TaskErrorType, TaskFailure } from '../core/errors.ts';
import { cancelOperation } from '../core/upstreams/cancel-operation.ts';
import type { Router, WaitReason } from '../core/upstreams/router.ts';
import { failedAttempt, unknownCost } from '../core/tasks/attempt-ends.ts';
import { isForSeveral, openAttemptsOf } from '../core/tasks/several-pictures.ts';
import { endPending } from '../core/tasks/end-pending.ts';
import { cancelledFailure, deadlineFailure } from '../core/tasks/own-failures.ts';
import type { LeasedTask } from '../core/tasks/task-queue.ts';
import { type EndDependencies, type EndedAs, endFailed, putBack, retryOrEnd } from './end-task.ts';
import { closeLostCalls, lostCall } from './several/close-lost-calls.ts';
import { TaskRun } from './task-run.ts';

export interface SweepDependencies extends EndDependencies {
  router: Router;
}

const batch = 500;
/** How long a claim lasts: the ends that belong to it take a part of a second. */
const claimMs = 5_000;

const lostBeforeCall: TaskFailure = {
  type: 'internal',
  message: 'The server stopped while it prepared the task.',
  retryable: true,
};

/**
 * Takes tasks from workers that stopped renewing their leases: back to the queue, or to an end when they have no try
 * left. `by` is the time up to which leases count as expired. Returns how many were rescued.
 */
export async function rescueExpired(dependencies: SweepDependencies, by: number): Promise<number> {
  let rescued = 0;
  for (;;) {
    const now = dependencies.clock.now();
    const expired = await dependencies.store.claimExpiredLeases({ by, now, leaseMs: claimMs, limit: batch });
    const ends = await Promise.all(expired.map((leased) => rescue(dependencies, leased)));
    rescued += ends.filter((end) => end !== 'lease_lost').length;
    if (expired.length < batch) return rescued;
  }
}

async function rescue(dependencies: SweepDependencies, leased: LeasedTask): Promise<EndedAs> {
  const run = new TaskRun(leased);
  if (isForSeveral(run.task)) return rescueSeveral(dependencies, run);
  const { task, attempt } = run;
  if (task.cancelRequestedAt !== null) {
    const failure = cancelledFailure(attempt !== null);
    if (attempt !== null) cancelOperation(dependencies.router, attempt);
    return endFailed(dependencies, run, failure, failedAttempt(failure, unknownCost));
  }
  if (attempt === null) return retryOrEnd(dependencies, run, lostBeforeCall, null);
  // Its operation goes on at the upstream, and whoever takes the task next follows it to its end.
  if (attempt.operation !== null)
    return putBack(dependencies, run, { dueAt: task.dueAt, usesTry: false }, null);
  return retryOrEnd(dependencies, run, lostCall, failedAttempt(lostCall, unknownCost));
}

/** Its pictures go on from what their attempts say. */
async function rescueSeveral(dependencies: SweepDependencies, run: TaskRun): Promise<EndedAs> {
  const open = openAttemptsOf(run.task);
  if (run.task.cancelRequestedAt !== null) {
    const failure = cancelledFailure(open.length > 0);
    for (const each of open) cancelOperation(dependencies.router, each);
    return endFailed(dependencies, run, failure, failedAttempt(failure, unknownCost));
  }
  if (run.task.attempts.length === 0) return retryOrEnd(dependencies, run, lostBeforeCall, null);
  if (!(await closeLostCalls(dependencies, run))) return 'lease_lost';
  return putBack(dependencies, run, { dueAt: run.task.dueAt, usesTry: false }, null);
}

/** Ends pending tasks whose deadline has passed. Returns how many. */
export async function expirePending(dependencies: SweepDependencies): Promise<number> {
  const { store, clock } = dependencies;
  let ended = 0;
  for (;;) {
    const now = clock.now();
    const late = await store.claimPastDeadline({ by: now, now, claimMs, limit: batch });
    const ends = await Promise.all(
      late.map((task) => endPending(dependencies, task, (working) => deadlineFailure(task, working))),
    );
    ended += ends.filter(Boolean).length;
    if (late.length < batch) return ended;
  }
}

/** Ends tasks that went back to the queue in the moment in which they were to be cancelled. */
export async function endCancelled(dependencies: SweepDependencies): Promise<void> {
  const { store, clock } = dependencies;
  for (;;) {
    const cancelled = await store.claimCancelled({ now: clock.now(), claimMs, limit: batch });
    await Promise.all(cancelled.map((task) => endPending(dependencies, task, cancelledFailure)));
    if (cancelled.length < batch) return;
  }
}

/** Failure of a task that can't outlive such a wait; `null` where a slot may come free at any time. */
const failureOfWait: Readonly<Record<WaitReason, TaskErrorType | null>> = {
  busy: null,
  rate_limited: 'upstream_rate_limited',
  quota: 'upstream_quota',
  circuit_open: 'upstream_unavailable',
};

/** Ends pending tasks whose deadline will have passed before any upstream can serve their model. Returns how many. */
export async function endHopeless(dependencies: SweepDependencies): Promise<number> {
  const { store, router, clock } = dependencies;
  let ended = 0;
  const { needs } = await store.pendingWork(clock.now());
  for (const { model, inputs } of needs) {
    const need = { model, inputs };
    const availability = router.availability(need);
    if (availability.kind !== 'waiting' || availability.until === null) continue;
    const type = failureOfWait[availability.reason];
    if (type === null) continue;
    const failure: TaskFailure = {
      type,
      message: `${availability.message} Nothing can serve it before ${new Date(availability.until).toISOString()}, which is after its deadline.`,
      retryable: true,
    };
    // An operation that is under way needs no new slot.
    const claim = { by: availability.until, need, now: clock.now(), claimMs, limit: batch };
    const hopeless = await store.claimPastDeadline(claim);
    const done = await Promise.all(hopeless.map((task) => endPending(dependencies, task, () => failure)));
    ended += done.filter(Boolean).length;
  }
  return ended;
}
