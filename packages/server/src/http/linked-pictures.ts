// What a link of this server's leads to: a picture of a task, or a file that somebody uploaded.

import type { FileStore } from '../core/file-store.ts';
import type { StoredPicture } from '../core/task.ts';
import type { TaskStore } from '../core/task-store.ts';
import type { Clock } from '../lib/clock.ts';

/** The picture behind a link's path, `null` when there is none any more. */
export type FindLinked = (id: string, fileName: string) => StoredPicture | null;

/** The path of a picture's link, without its signature; `id` is a task's or a file's. */
export function filePath(id: string, fileName: string): string {
  return `/files/${id}/${fileName}`;
}

export function createFindLinked(
  store: Pick<TaskStore, 'find'> & Pick<FileStore, 'findFile'>,
  clock: Clock,
): FindLinked {
  return (id, fileName) => {
    const picture = store.find(id)?.result?.pictures.find((each) => each.fileName === fileName);
    if (picture !== undefined) return picture;
    const file = store.findFile(id, clock.now());
    return file?.fileName === fileName ? file : null;
  };
}
