// Waits for the end of a task through losses of the connection and restarts of the server.

import { TaskFailedError, TimeoutError } from '../errors.ts';
import type { CallOptions } from '../request/call-options.ts';
import type { Deadlines } from '../request/deadline.ts';
import { segment } from '../request/request.ts';
import { tasksPath } from '../tasks/tasks.ts';
import type { TaskData } from '../wire/task-types.ts';
import type { FollowTask } from './follow-task.ts';

export interface WaitOptions extends CallOptions {
  /** Called with each new state of the task: its progress, its position in the queue, why it waits. */
  onProgress?: ((task: TaskData) => void) | undefined;
  /** Time limit of the wait, after which the task goes on; by default only the server's own deadline ends it. */
  timeoutMs?: number | undefined;
}

/** See `PlantainClient.wait`. */
export type Wait = (task: string | { task_id: string }, options?: WaitOptions) => Promise<TaskData>;

export function createWait(followTask: FollowTask, deadlines: Deadlines): Wait {
  return async (given, { onProgress = () => {}, signal, timeoutMs = Infinity } = {}) => {
    signal?.throwIfAborted();
    const id = typeof given === 'string' ? given : given.task_id;
    const path = `${tasksPath}/${segment(id)}`;
    const deadline = deadlines.start(timeoutMs, signal);
    try {
      const task = await followTask({ path, onProgress, signal: deadline.signal });
      if (task.state === 'succeeded') return task;
      throw new TaskFailedError(task);
    } catch (error) {
      if (!deadline.isOver || error !== deadline.signal.reason) throw error;
      throw new TimeoutError(`The task ${id} has not ended within ${timeoutMs / 1000} seconds.`, {
        hint: 'It goes on at the server: wait for the same id again.',
      });
    } finally {
      deadline.end();
    }
  };
}
