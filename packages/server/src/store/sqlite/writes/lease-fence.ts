// The fence of every write by the holder of a lease: the condition in SQL, and its values.

import type { Lease } from '../../../core/tasks/task-queue.ts';

export const leased = `id = :id AND state = 'running' AND lease_token = :token`;

/** A lease that nobody has yet. */
export const newToken = 'lower(hex(randomblob(16)))';

export function fence({ taskId, token }: Lease): { id: string; token: string } {
  return { id: taskId, token };
}
