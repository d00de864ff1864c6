// Finds the picture behind one of this server's links: a result of a task, an input of a task, or an uploaded file.

import type { FileStore } from '../../core/pictures/file-store.ts';
import type { StoredPicture, TaskInput } from '../../core/tasks/task.ts';
import type { TaskReads } from '../../core/tasks/task-reads.ts';
import type { Clock } from '../../lib/clock.ts';
import { extensionOf } from '../../lib/content-types.ts';

/** Finds the picture behind the path of a link, with the key that owns it; gives `null` when it no longer exists. */
export type FindLinked = (
  id: string,
  fileName: string,
) => Promise<(StoredPicture & { keyId?: string }) | null>;

/** Gives the path of a picture's link, without the signature; `id` is a task's or a file's. */
export function filePath(id: string, fileName: string): string {
  return `/files/${id}/${fileName}`;
}

/**
 * Gives an input of a task as a picture that can be linked to, or `null` where this server does not store it. `index` is the
 * input's position, 0 for the first.
 */
export function inputPicture(input: TaskInput | undefined, index: number): StoredPicture | null {
  if (input?.kind !== 'stored' || input.details === undefined) return null;
  const { key, details } = input;
  return { ...details, key, fileName: `input-${index + 1}.${extensionOf(details.content_type) ?? 'bin'}` };
}

export function createFindLinked(
  store: Pick<TaskReads, 'find'> & Pick<FileStore, 'findFile'>,
  clock: Clock,
): FindLinked {
  return async (id, fileName) => {
    const task = await store.find(id);
    if (task !== null) {
      const inputs = task.request.inputs.map(inputPicture);
      const found = [...(task.result?.pictures ?? []), ...inputs].find((each) => each?.fileName === fileName);
      return found ? { ...found, keyId: task.keyId } : null;
    }
    const file = await store.findFile(id, clock.now());
    return file?.fileName === fileName ? file : null;
  };
}
