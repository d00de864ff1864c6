// Look-up of a key's own task. A task of another key is refused like one that does not exist.

import { RequestError } from '../../core/errors.ts';
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
