// Moves of a task, computed before they are written, so that its ready view can be made first.

import { chargeAtEnd } from '../ledger/charge.ts';
import { type ChargePolicy } from '../ledger/charge-policy.ts';
import { afterCharge } from '../ledger/money.ts';
import type { Attempt, Task } from './task.ts';
import type { AttemptEnd, TaskEnd } from './task-queue.ts';

/** Computes the task as it will be once `end` is written. The progress of a failed task is 0, however far its last call came. */
export function endTask(task: Task, end: Omit<TaskEnd, 'view'>): Task {
  const at = Math.max(task.updatedAt, end.at);
  const common = {
    ...task,
    updatedAt: at,
    finishedAt: at,
    attempts: closeOpen(task.attempts, end.attempt, at),
    money: afterCharge(task.money, end.charge),
  };
  return end.outcome.state === 'succeeded'
    ? { ...common, state: 'succeeded', progress: 1, result: end.outcome.result }
    : { ...common, state: 'error', progress: 0, failure: end.outcome.failure };
}

/** Adds the decision about what was reserved to the end of a task. */
export function chargedEnd(
  { attempts, money, request }: Pick<Task, 'attempts' | 'money' | 'request'>,
  end: Omit<TaskEnd, 'view' | 'charge'>,
  policy: ChargePolicy,
): Omit<TaskEnd, 'view'> {
  const ended = { attempts: closeOpen(attempts, end.attempt, end.at), money, request };
  const succeeded = end.outcome.state === 'succeeded';
  return { ...end, charge: chargeAtEnd(ended, { succeeded, at: end.at }, policy) };
}

/** Computes attempts as they will be once those that are open are closed. */
export function closeOpen(attempts: Attempt[], end: AttemptEnd | undefined, at: number): Attempt[] {
  if (end === undefined) return attempts;
  return attempts.map((each) => (each.outcome === null ? closeAttempt(each, end, at) : each));
}

/** Computes the attempt as it will be once it is closed. */
export function closeAttempt(attempt: Attempt, end: AttemptEnd, at: number): Attempt {
  return { ...attempt, ...end, finishedAt: Math.max(attempt.startedAt, at) };
}
