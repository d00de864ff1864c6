// Cancels a task: at once where nobody works on it, else by a wish that is stored, so that it outlives a crash, and that its
// worker is notified of.

import { endPending, type EndPendingDependencies } from '../tasks/end-pending.ts';
import { cancelledFailure } from '../tasks/own-failures.ts';
import type { TaskStore } from '../tasks/task-store.ts';

/**
 * `cancelled`: it has ended. `requested`: it runs, and its worker ends it soon. `final`: it had ended before. `unknown`: this key has no
 * such task.
 */
export type CancelOutcome = 'cancelled' | 'requested' | 'final' | 'unknown';

export type CancelTask = (taskId: string, keyId: string) => Promise<CancelOutcome>;

export function createCancelTask(
  dependencies: EndPendingDependencies & {
    store: Pick<TaskStore, 'find' | 'requestCancelIfRunning'>;
  },
): CancelTask {
  const { store, clock } = dependencies;
  return async (taskId, keyId) => {
    for (;;) {
      const task = await store.find(taskId, keyId);
      if (task === null) return 'unknown';
      if (task.finishedAt !== null) return 'final';
      // A write that finds the task moved on changes nothing, and it is looked at again.
      if (task.state === 'pending' && (await endPending(dependencies, task, cancelledFailure)))
        return 'cancelled';
      if (task.state === 'running' && (await store.requestCancelIfRunning(taskId, clock.now())))
        return 'requested';
    }
  };
}
