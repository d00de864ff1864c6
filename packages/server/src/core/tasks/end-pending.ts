// Ends a pending task with a failure: cancelled, past its deadline, or never to be served. No worker has it, but an upstream may be at
// work on an operation of it.

import type { Clock } from '../../lib/clock.ts';
import type { TaskFailure } from '../errors.ts';
import type { Emit } from '../events.ts';
import type { ChargePolicy } from '../ledger/charge.ts';
import { cancelOperation } from '../upstreams/cancel-operation.ts';
import type { Router } from '../upstreams/router.ts';
import { emitAttemptEnded, failedAttempt, unknownCost } from './attempt-ends.ts';
import { outcomeWithLastWords } from './last-words.ts';
import type { Task } from './task.ts';
import { chargedEnd, endTask } from './task-moves.ts';
import type { TaskStore } from './task-store.ts';
import { readyView, type TaskViews } from './task-views.ts';

export interface EndPendingDependencies {
  store: Pick<TaskStore, 'finishIfPending'>;
  views: TaskViews;
  clock: Clock;
  router: Router;
  emit: Emit;
  charging: ChargePolicy;
}

/**
 * Ends a pending task, and cancels its operation where an upstream is at work on one, which `failureOf` is told. False when the task has
 * changed meanwhile.
 */
export async function endPending(
  { store, views, clock, router, emit, charging }: EndPendingDependencies,
  task: Task,
  failureOf: (working: boolean) => TaskFailure,
): Promise<boolean> {
  const open = openAttempt(task);
  const failure = failureOf(open !== null);
  const attempt = open === null ? null : failedAttempt(failure, unknownCost);
  const outcome = outcomeWithLastWords({ state: 'error', failure }, task.attempts, attempt);
  const end = chargedEnd(
    task,
    { at: clock.now(), outcome, ...(attempt === null ? {} : { attempt }) },
    charging,
  );
  const view = readyView(views, endTask(task, end));
  // It may have run and come back meanwhile, with an attempt that neither the view nor the end knows.
  const done = await store.finishIfPending(task.id, { ...end, view }, task.changed);
  if (!done) return false;
  emitAttemptEnded(emit, task, open, { at: end.at, end: attempt });
  if (open !== null) cancelOperation(router, open);
  return true;
}

function openAttempt(task: Task) {
  const last = task.attempts.at(-1);
  return last?.outcome === null ? last : null;
}
