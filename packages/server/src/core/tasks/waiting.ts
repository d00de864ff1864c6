// Reason why a pending task waits: for its own retry, or for a slot at an upstream.

import type { Availability, WaitReason } from '../upstreams/router.ts';
import type { Task } from './task.ts';

export interface Waiting {
  /** Reason. `retry`: an attempt failed and the next one comes later. The others are those of an upstream. */
  reason: WaitReason | 'retry';
  /** A sentence for people. */
  message: string;
  /** Earliest time at which the task may start, Unix milliseconds; `null` where it may start at any time. */
  until: number | null;
}

/** Finds why a task waits; `null` where it is not pending or nothing holds it back. `now` in Unix milliseconds. */
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
