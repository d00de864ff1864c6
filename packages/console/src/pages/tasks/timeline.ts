// What happened to a task, in the order in which it happened.

import type { TaskAttempt, TaskData, TaskWaiting } from '@plantain/client';
import { isFinal } from '../../live/live-tasks.ts';

export type Moment =
  | { kind: 'submitted'; at: string }
  /** One attempt, or several in a row that failed in the same way, oldest first. */
  | { kind: 'attempts'; attempts: readonly [TaskAttempt, ...TaskAttempt[]] }
  | { kind: 'waiting'; waiting: TaskWaiting }
  | { kind: 'cancelling' }
  | { kind: 'ended'; at: string; state: 'succeeded' | 'error' | 'cancelled' };

export function momentsOf(task: TaskData): Moment[] {
  const moments: Moment[] = [{ kind: 'submitted', at: task.create_time }];
  for (const attempt of task.attempts) {
    const last = moments.at(-1);
    if (last?.kind === 'attempts' && isAlike(last.attempts[0], attempt))
      moments[moments.length - 1] = { kind: 'attempts', attempts: [...last.attempts, attempt] };
    else moments.push({ kind: 'attempts', attempts: [attempt] });
  }
  if (isFinal(task)) {
    const failed = task.error?.type === 'cancelled' ? 'cancelled' : 'error';
    const state = task.state === 'succeeded' ? 'succeeded' : failed;
    moments.push({ kind: 'ended', at: task.update_time, state });
  } else if (task.cancel_requested === true) moments.push({ kind: 'cancelling' });
  else if (task.waiting !== undefined) moments.push({ kind: 'waiting', waiting: task.waiting });
  return moments;
}

/** Whether two attempts failed in the same way at the same place: everything that is shown of them but the times. */
function isAlike(one: TaskAttempt, other: TaskAttempt): boolean {
  return one.outcome === 'failed' && one.error !== undefined && outlineOf(one) === outlineOf(other);
}

function outlineOf(attempt: TaskAttempt): string {
  const { upstream, upstream_model: model, outcome, error, maybe_billed: billed, usage } = attempt;
  const { type, message, upstream_reason: reason } = error ?? {};
  return JSON.stringify([
    [upstream, model, outcome, type, message, reason],
    [billed, usage, attempt.cost_micro_usd],
  ]);
}

/** Of a call that has ended, to whole seconds. */
export function secondsOf({ start_time: start, end_time: end }: TaskAttempt): number | undefined {
  return end === undefined ? undefined : Math.max(0, Number(end) - Number(start));
}

/** Whether a call was made that may have to be paid although it gave nothing. */
export function mayBeBilled(task: TaskData): boolean {
  return task.attempts.some(({ maybe_billed: maybe }) => maybe === true);
}
