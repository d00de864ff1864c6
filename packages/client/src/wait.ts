// Waits for the end of a task, whatever becomes of the connection, the network and the server meanwhile.

import type { CallOptions } from './call-options.ts';
import type { Deadlines } from './deadline.ts';
import { TaskFailedError, TimeoutError } from './errors.ts';
import type { FollowTask } from './follow-task.ts';
import { segment } from './request.ts';
import { tasksPath } from './tasks.ts';
import type { TaskData } from './types.ts';

export interface WaitOptions extends CallOptions {
  /** Called with every state of the task that is new: its progress, its place in the queue, why it waits. */
  onProgress?: ((task: TaskData) => void) | undefined;
  /** Milliseconds until the wait is given up; the task goes on. Without it there is no limit but the server's own deadline. */
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
