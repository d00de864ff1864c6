// Look-up of a key's own task or batch. That of another key is refused like one that does not exist, unless both are keys of an owner that
// shares its tasks among them.

import { RequestError } from '../../core/errors.ts';
import type { Caller } from '../../core/keys/keys.ts';
import type { Task } from '../../core/tasks/task.ts';
import type { TaskReads } from '../../core/tasks/task-reads.ts';

export function unknownTask(): RequestError {
  return new RequestError('not_found', 'This key has no task with this id.');
}

/** Rejects with `RequestError` (`not_found`). */
export async function ownTask(store: Pick<TaskReads, 'find'>, id: string, keyId: string): Promise<Task> {
  const task = await store.find(id, keyId);
  if (task === null) throw unknownTask();
  return task;
}

/** Gives the key as which a caller is to look for a task or a batch: its own, or that of another key of its owner, where the owner shares tasks. */
export type ActingKey = (
  caller: Pick<Caller, 'keyId' | 'ownerId' | 'sharesTasks'>,
  id: string,
) => string | Promise<string>;

/** `keyOf` gives the key of a task, or of a batch, that is this owner's. */
export function createActingKey(keyOf: TaskReads['keyOfTask'] | TaskReads['keyOfBatch']): ActingKey {
  return ({ keyId, ownerId, sharesTasks }, id) =>
    sharesTasks ? keyOf(id, ownerId).then((other) => other ?? keyId) : keyId;
}
