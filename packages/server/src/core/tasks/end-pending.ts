// Ends a pending task with a failure: cancelled, past its deadline, or never to be served. No worker has it, but an upstream may be at
// work on an operation of it.

import type { Clock } from '../../lib/clock.ts';
import type { TaskFailure } from '../errors.ts';
import type { Emit } from '../events.ts';
import type { ChargePolicy } from '../ledger/charge-policy.ts';
import { cancelOperation } from '../upstreams/cancel-operation.ts';
import type { Router } from '../upstreams/router.ts';
import { emitAttemptEnded, emitTaskEnded, failedAttempt, unknownCost } from './attempt-ends.ts';
import { outcomeWithLastWords } from './last-words.ts';
import { openAttemptsOf, outcomeWithPictures } from './several-pictures.ts';
import type { Task } from './task.ts';
import { chargedEnd, closeOpen, endTask } from './task-moves.ts';
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
 * Ends a pending task, and cancels its operations where upstreams are at work on any, which `failureOf` is told. It succeeds with the pictures
 * that are there. False when the task has changed meanwhile.
 */
export async function endPending(
  { store, views, clock, router, emit, charging }: EndPendingDependencies,
  task: Task,
  failureOf: (working: boolean) => TaskFailure,
): Promise<boolean> {
  const open = openAttemptsOf(task);
  const failure = failureOf(open.length > 0);
  const attempt = open.length === 0 ? null : failedAttempt(failure, unknownCost);
  const at = clock.now();
  const failed = outcomeWithLastWords({ state: 'error', failure }, task.attempts, attempt);
  const attempts = closeOpen(task.attempts, attempt ?? undefined, at);
  const outcome = outcomeWithPictures({ ...task, attempts }, failed);
  const end = chargedEnd(task, { at, outcome, ...(attempt === null ? {} : { attempt }) }, charging);
  const final = endTask(task, end);
  const view = readyView(views, final);
  // It may have run and come back meanwhile, with an attempt that neither the view nor the end knows.
  const done = await store.finishIfPending(task.id, { ...end, view }, task.changed);
  if (!done) return false;
  for (const each of open) {
    emitAttemptEnded(emit, task, each, { at, end: attempt });
    cancelOperation(router, each);
  }
  emitTaskEnded(emit, final);
  return true;
}
