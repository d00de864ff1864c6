// Deletes a task at its owner's wish: the record first, in one transaction with a note of its pictures, so that no task is ever
// shown whose pictures are gone; then the pictures. The sweep deletes once more what is noted: after a crash, after a failure,
// and renditions that were being made meanwhile.

import type { Emit } from '../core/events.ts';
import type { DeleteTask } from '../core/tasks/delete-task.ts';
import type { TaskStore } from '../core/tasks/task-store.ts';
import type { Clock } from '../lib/clock.ts';
import type { DeletePictures } from './delete-pictures.ts';

export function createDeleteTask({
  store,
  deletePictures,
  clock,
  emit,
}: {
  store: Pick<TaskStore, 'find' | 'deleteIfFinal'>;
  deletePictures: DeletePictures;
  clock: Clock;
  emit: Emit;
}): DeleteTask {
  return async (taskId, keyId) => {
    const task = await store.find(taskId);
    if (task?.keyId !== keyId) return 'unknown';
    if (task.finishedAt === null) return 'open';
    const keys = await store.deleteIfFinal(taskId, keyId, clock.now());
    if (keys === null) return 'unknown';
    try {
      await deletePictures(keys);
    } catch (error) {
      emit('pictures_left', { task: taskId, error: error instanceof Error ? error.name : 'unknown' });
    }
    return 'deleted';
  };
}
