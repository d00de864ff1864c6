// History of a task: its events in the order in which they happened.

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

/** Compares everything that is shown of two failed attempts but the times. */
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

/** Duration of an attempt in whole seconds; `undefined` while it runs. */
export function secondsOf({ start_time: start, end_time: end }: TaskAttempt): number | undefined {
  return end === undefined ? undefined : Math.max(0, Number(end) - Number(start));
}

/** True where an upstream may charge for a call that gave no picture. */
export function mayBeBilled(task: TaskData): boolean {
  return task.attempts.some(({ maybe_billed: maybe }) => maybe === true);
}
