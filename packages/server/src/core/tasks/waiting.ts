// Reason why a pending task waits: for its own retry, for another task of its key or owner to end, or for a slot at an upstream.

import type { Availability, WaitReason } from '../upstreams/router.ts';
import type { Task } from './task.ts';

export interface Waiting {
  /**
   * Reason. `retry`: an attempt failed and the next one comes later. `limit`: as many tasks of its key or owner run as may. The others are those
   * of an upstream.
   */
  reason: WaitReason | 'retry' | 'limit';
  /** A sentence for people. */
  message: string;
  /** Earliest time at which the task may start, Unix milliseconds; `null` where it may start at any time. */
  until: number | null;
}

/** Subject whose running limit holds a task. */
export type HeldBy = 'key' | 'owner';

/** Finds why a task waits; `null` where it is not pending or nothing holds it back. `now` in Unix milliseconds. */
export function waitingOf(
  task: Task,
  { availability, heldBy, now }: { availability: Availability; heldBy: HeldBy | null; now: number },
): Waiting | null {
  if (task.state !== 'pending') return null;
  const upstream = availability.kind === 'waiting' ? availability : null;
  const failure = task.attempts.at(-1)?.failure;
  if (task.dueAt > now && failure != null && (upstream?.until ?? 0) <= task.dueAt)
    return {
      reason: 'retry',
      message: `The last attempt failed (${failure.type}); the task is tried again.`,
      until: task.dueAt,
    };
  if (heldBy !== null) return { reason: 'limit', message: heldMessages[heldBy], until: null };
  return upstream === null
    ? null
    : { reason: upstream.reason, message: upstream.message, until: upstream.until };
}

const heldMessages: Readonly<Record<HeldBy, string>> = {
  key: 'As many tasks of this key run as its limit allows; the task starts when one of them ends.',
  owner: 'As many tasks of this owner run as its limit allows; the task starts when one of them ends.',
};
