// Tries a failed task again: as a new task of the same request, with as much time, which names the one that it was made from.

import type { Submission } from '../submit/submit.ts';
import { inputPath, type Task } from '../tasks/task.ts';
import type { TaskReads } from '../tasks/task-reads.ts';

/**
 * Reason why a task is not tried again: `unknown`, where this key has no such task, `prompt_deleted`, or the state of one that did not
 * fail.
 */
export type RetryRefusal = { refused: 'unknown' | 'prompt_deleted' | Exclude<Task['state'], 'error'> };

/** Hands what a failed task of this key was made from to `submit`, and resolves with its answer. */
export type RetryTask = <Answer>(
  taskId: string,
  keyId: string,
  submit: (submission: Submission) => Promise<Answer>,
) => Promise<Answer | RetryRefusal>;

export function createRetryTask(store: Pick<TaskReads, 'find'>): RetryTask {
  return async (taskId, keyId, submit) => {
    const task = await store.find(taskId, keyId);
    if (task === null) return { refused: 'unknown' };
    if (task.state !== 'error') return { refused: task.state };
    if (task.request.promptDeleted === true) return { refused: 'prompt_deleted' };
    return submit(repeatedSubmission(task));
  };
}

function repeatedSubmission({
  id,
  action,
  model,
  priority,
  request,
  createdAt,
  deadlineAt,
}: Task): Submission {
  // Nobody waits for partial images of the new task.
  const { traceparent: _, tracestate: __, partialImages: ___, ...asked } = request;
  const inputs = asked.inputs.map((input, index) => ({ ...input, path: inputPath(input, index) }));
  const deadlineSeconds = (deadlineAt - createdAt) / 1000;
  return { ...asked, action, model, priority, inputs, deadlineSeconds, retryOf: id };
}
