// Finds the form in which a task's own callback is called: that of the face by which the task came.

import type { TaskReads } from '../core/tasks/task-reads.ts';
import type { MessageForms } from '../core/webhooks/face-message.ts';
import type { AttemptDependencies } from './attempt.ts';

export function createFormMessage(
  store: Pick<TaskReads, 'find'>,
  forms: MessageForms,
): NonNullable<AttemptDependencies['formMessage']> {
  return async ({ taskId, keyId }, at) => {
    const task = await store.find(taskId, keyId);
    const name = task?.request.face?.name;
    return task === null || name === undefined ? null : forms[name](task, at);
  };
}
