// What happened to a task, in the order in which it happened.

import type { TaskAttempt, TaskData, TaskWaiting } from '@plantain/client';
import { isFinal } from '../../live-tasks.ts';

export type Moment =
  | { kind: 'submitted'; at: string }
  /** `seconds` is absent while the call is open. */
  | { kind: 'attempt'; at: string; attempt: TaskAttempt; seconds?: number }
  | { kind: 'waiting'; waiting: TaskWaiting }
  | { kind: 'cancelling' }
  | { kind: 'ended'; at: string; state: 'succeeded' | 'error' | 'cancelled' };

export function momentsOf(task: TaskData): Moment[] {
  const moments: Moment[] = [{ kind: 'submitted', at: task.create_time }];
  for (const attempt of task.attempts) {
    const { start_time: at, end_time: end } = attempt;
    const took = end === undefined ? {} : { seconds: Math.max(0, Number(end) - Number(at)) };
    moments.push({ kind: 'attempt', at, attempt, ...took });
  }
  if (isFinal(task)) {
    const failed = task.error?.type === 'cancelled' ? 'cancelled' : 'error';
    const state = task.state === 'succeeded' ? 'succeeded' : failed;
    moments.push({ kind: 'ended', at: task.update_time, state });
  } else if (task.cancel_requested === true) moments.push({ kind: 'cancelling' });
  else if (task.waiting !== undefined) moments.push({ kind: 'waiting', waiting: task.waiting });
  return moments;
}

/** Whether a call was made that may have to be paid although it gave nothing. */
export function mayBeBilled(task: TaskData): boolean {
  return task.attempts.some(({ maybe_billed: maybe }) => maybe === true);
}
