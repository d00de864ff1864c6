// Moves of a task, computed before they are written, so that its ready view can be made first.

import { chargeAtEnd, type ChargePolicy } from '../ledger/charge.ts';
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
    attempts: closeLast(task.attempts, end.attempt, at),
    money: afterCharge(task.money, end.charge),
  };
  return end.outcome.state === 'succeeded'
    ? { ...common, state: 'succeeded', progress: 1, result: end.outcome.result }
    : { ...common, state: 'error', progress: 0, failure: end.outcome.failure };
}

/** Adds the decision about what was reserved to the end of a task. */
export function chargedEnd(
  { attempts, money }: Pick<Task, 'attempts' | 'money'>,
  end: Omit<TaskEnd, 'view' | 'charge'>,
  policy: ChargePolicy,
): Omit<TaskEnd, 'view'> {
  const ended = { attempts: closeLast(attempts, end.attempt, end.at), money };
  const succeeded = end.outcome.state === 'succeeded';
  return { ...end, charge: chargeAtEnd(ended, { succeeded, at: end.at }, policy) };
}

function closeLast(attempts: Attempt[], end: AttemptEnd | undefined, at: number): Attempt[] {
  const last = attempts.at(-1);
  if (end === undefined || last === undefined) return attempts;
  return [...attempts.slice(0, -1), closeAttempt(last, end, at)];
}

/** Computes the attempt as it will be once it is closed. */
export function closeAttempt(attempt: Attempt, end: AttemptEnd, at: number): Attempt {
  return { ...attempt, ...end, finishedAt: Math.max(attempt.startedAt, at) };
}
