// Deletes a task that has ended: the record first, in one transaction with a note of its pictures, so that no task is ever shown
// whose pictures are gone; then the pictures. The sweep deletes once more what is noted: after a crash, after a failure, and
// renditions that were being made meanwhile.

import type { Clock } from '../../lib/clock.ts';
import { errorName } from '../../lib/error-name.ts';
import type { Emit } from '../events.ts';
import type { EndHold } from '../ledger/end-hold.ts';
import type { TaskStore } from '../tasks/task-store.ts';

/**
 * `deleted`: its record is gone for good, and its pictures are, or will be soon. `open`: it has not ended yet. `unknown`: this
 * key has no such task.
 */
export type DeleteOutcome = 'deleted' | 'open' | 'unknown';

export type DeleteTask = (taskId: string, keyId: string) => Promise<DeleteOutcome>;

export function createDeleteTask({
  store,
  endHold,
  deletePictures,
  clock,
  emit,
}: {
  store: Pick<TaskStore, 'find' | 'deleteIfFinal'>;
  endHold: EndHold;
  deletePictures: (keys: readonly string[]) => Promise<void>;
  clock: Clock;
  emit: Emit;
}): DeleteTask {
  return async (taskId, keyId) => {
    const task = await store.find(taskId, keyId);
    if (task === null) return 'unknown';
    if (task.finishedAt === null) return 'open';
    // Its ledger outlives it, and nobody could end the hold of a task that is gone.
    if (task.money.holdUntil !== null) await endHold(task);
    const keys = await store.deleteIfFinal(taskId, keyId, clock.now());
    if (keys === null) return 'unknown';
    try {
      await deletePictures(keys);
    } catch (error) {
      emit('pictures_left', { task: taskId, error: errorName(error) });
    }
    return 'deleted';
  };
}
