// What time does to tasks that nobody works on: expired leases are rescued, and pending tasks are ended that have passed their
// deadline, or will have passed it before any upstream can serve them.

import type { TaskErrorType, TaskFailure } from '../core/errors.ts';
import type { Router, WaitReason } from '../core/router.ts';
import type { Task } from '../core/task.ts';
import { endTask } from '../core/task-moves.ts';
import type { LeasedTask } from '../core/task-store.ts';
import { readyView } from '../core/task-views.ts';
import { cancelJob } from './cancel-job.ts';
import {
  deadlineFailure,
  type EndDependencies,
  type EndedAs,
  failedAttempt,
  putBack,
  retryOrEnd,
  toRunning,
  unknownCost,
} from './end-task.ts';

export interface SweepDependencies extends EndDependencies {
  router: Router;
}

const batch = 500;

const lostCall: TaskFailure = {
  type: 'internal',
  message: 'The server stopped in the middle of the call, so what became of it can’t be known.',
  retryable: true,
  maybeBilled: true,
  unknownOutcome: true,
};

const lostBeforeCall: TaskFailure = {
  type: 'internal',
  message: 'The server stopped while it prepared the task.',
  retryable: true,
};

/**
 * Takes tasks from workers that stopped renewing their leases: back to the queue, or to an end when they have no try
 * left. `by` is the time up to which leases count as expired. Returns how many were rescued.
 */
export async function rescueExpired(dependencies: EndDependencies, by: number): Promise<number> {
  let rescued = 0;
  for (;;) {
    const expired = dependencies.store.expiredLeases(by, batch);
    const ends = await Promise.all(expired.map((leased) => rescue(dependencies, leased, by)));
    rescued += ends.filter((end) => end !== 'lease_lost').length;
    if (expired.length < batch) return rescued;
  }
}

async function rescue(
  dependencies: EndDependencies,
  { task, lease }: LeasedTask,
  by: number,
): Promise<EndedAs> {
  const running = toRunning(task, { ...lease, expiredBy: by });
  const { attempt } = running;
  if (attempt === null) return retryOrEnd(dependencies, running, lostBeforeCall, null);
  // Its job goes on at the upstream, and whoever takes the task next follows it to its end.
  if (attempt.operation !== null)
    return putBack(dependencies, running, { dueAt: task.dueAt, usesTry: false }, null);
  return retryOrEnd(dependencies, running, lostCall, failedAttempt(lostCall, unknownCost));
}

/** Ends pending tasks whose deadline has passed. Returns how many. */
export async function expirePending(dependencies: SweepDependencies): Promise<number> {
  const { store, clock } = dependencies;
  let ended = 0;
  for (;;) {
    const late = store.pendingPastDeadline({ by: clock.now(), limit: batch });
    const ends = await Promise.all(
      late.map(async (task) => {
        const open = openAttempt(task);
        const done = await endPending(dependencies, task, deadlineFailure(task, open !== null));
        if (done && open !== null) cancelJob(dependencies.router, open);
        return done;
      }),
    );
    ended += ends.filter(Boolean).length;
    if (late.length < batch) return ended;
  }
}

/** What a wait means for a task that can't outlive it; a place that is only busy may come free at any time. */
const failureOfWait: Readonly<Record<WaitReason, TaskErrorType | null>> = {
  busy: null,
  rate_limited: 'upstream_rate_limited',
  quota: 'upstream_quota',
  circuit_open: 'upstream_unavailable',
};

/** Ends pending tasks whose deadline will have passed before any upstream can serve their model. Returns how many. */
export async function endHopeless(dependencies: SweepDependencies): Promise<number> {
  const { store, router } = dependencies;
  let ended = 0;
  for (const { model, inputs } of store.pendingNeeds(dependencies.clock.now())) {
    const need = { model, inputs };
    const outlook = router.outlook(need);
    if (outlook.kind !== 'waiting' || outlook.until === null) continue;
    const type = failureOfWait[outlook.reason];
    if (type === null) continue;
    const failure: TaskFailure = {
      type,
      message: `${outlook.message} Nothing can serve it before ${new Date(outlook.until).toISOString()}, which is after its deadline.`,
      retryable: true,
    };
    // A job that is under way needs no new place.
    const hopeless = store
      .pendingPastDeadline({ by: outlook.until, limit: batch, need })
      .filter((task) => openAttempt(task) === null);
    const done = await Promise.all(hopeless.map((task) => endPending(dependencies, task, failure)));
    ended += done.filter(Boolean).length;
  }
  return ended;
}

function openAttempt(task: Task) {
  const last = task.attempts.at(-1);
  return last?.outcome === null ? last : null;
}

function endPending(
  { store, views, clock }: SweepDependencies,
  task: Task,
  failure: TaskFailure,
): Promise<boolean> {
  const end = {
    at: clock.now(),
    outcome: { state: 'error' as const, failure },
    ...(openAttempt(task) === null ? {} : { attempt: failedAttempt(failure, unknownCost) }),
  };
  return store.finishIfPending(task.id, { ...end, view: readyView(views, endTask(task, end)) });
}
