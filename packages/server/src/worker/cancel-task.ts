// Cancels a task: at once where nobody works on it, else by a wish that is stored, so that it outlives a crash, and that its
// worker is told of.

import type { CancelTask } from '../core/tasks/cancel.ts';
import { cancelledFailure } from './end-task.ts';
import { endPending, type SweepDependencies } from './sweep.ts';

export function createCancelTask(
  dependencies: Pick<SweepDependencies, 'store' | 'views' | 'clock' | 'router'>,
): CancelTask {
  const { store, clock } = dependencies;
  return async (taskId, keyId) => {
    for (;;) {
      const task = await store.find(taskId);
      if (task === null || task.keyId !== keyId) return 'unknown';
      if (task.finishedAt !== null) return 'final';
      // A write that finds the task moved on changes nothing, and it is looked at again.
      if (task.state === 'pending' && (await endPending(dependencies, task, cancelledFailure)))
        return 'cancelled';
      if (task.state === 'running' && (await store.requestCancelIfRunning(taskId, clock.now())))
        return 'requested';
    }
  };
}
