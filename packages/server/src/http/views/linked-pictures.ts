// Pictures that this server's links lead to: one of a task, one that it works on, or a file that somebody uploaded.

import type { FileStore } from '../../core/pictures/file-store.ts';
import type { StoredPicture, TaskInput } from '../../core/tasks/task.ts';
import type { TaskReads } from '../../core/tasks/task-reads.ts';
import type { Clock } from '../../lib/clock.ts';
import { extensionOf } from '../../lib/content-types.ts';

/** The picture behind a link's path, with the key that it belongs to; `null` when there is none any more. */
export type FindLinked = (
  id: string,
  fileName: string,
) => Promise<(StoredPicture & { keyId?: string }) | null>;

/** The path of a picture's link, without its signature; `id` is a task's or a file's. */
export function filePath(id: string, fileName: string): string {
  return `/files/${id}/${fileName}`;
}

/** An input of a task by its place, 0 for the first, as a picture that can be linked to; `null` where its bytes are not here. */
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
