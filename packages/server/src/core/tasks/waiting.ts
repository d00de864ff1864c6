// Why a pending task waits, as far as that is known: for its own next try, or for an upstream.

import type { Availability, WaitReason } from '../upstreams/router.ts';
import type { Task } from './task.ts';

export interface Waiting {
  /** `retry`: an attempt failed and the next one comes later. The others as for the upstreams. */
  reason: WaitReason | 'retry';
  /** A sentence for people. */
  message: string;
  /** Unix milliseconds: not before then; `null` where it may be at any time. */
  until: number | null;
}

/** `null` for a task that is not pending, and for one that nothing is known to hold back. `now` in Unix milliseconds. */
export function waitingOf(task: Task, availability: Availability, now: number): Waiting | null {
  if (task.state !== 'pending') return null;
  const upstream = availability.kind === 'waiting' ? availability : null;
  const failure = task.attempts.at(-1)?.failure;
  if (task.dueAt <= now || failure == null || (upstream?.until ?? 0) > task.dueAt)
    return upstream === null
      ? null
      : { reason: upstream.reason, message: upstream.message, until: upstream.until };
  return {
    reason: 'retry',
    message: `The last attempt failed (${failure.type}); the task is tried again.`,
    until: task.dueAt,
  };
}
