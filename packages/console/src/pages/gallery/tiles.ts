// The tiles of the gallery, and the moves of the arrow keys among them.

import type { TaskData } from '@plantain/client';
import { isExpired, type Picture, picturesOf } from '../../parts/picture/links.ts';

export interface Tile {
  id: string;
  task: TaskData;
  /** Absent where the picture has expired or was deleted. */
  picture?: Picture;
}

/** Makes a tile of every picture, and one of a task that has none any more. */
export function tilesOf(tasks: readonly TaskData[], now = Date.now()): Tile[] {
  return tasks.flatMap((task): Tile[] =>
    isExpired(task, now)
      ? [{ id: task.task_id, task }]
      : picturesOf(task).map((picture) => ({ id: `${task.task_id}/${picture.index}`, task, picture })),
  );
}

/** Index of the tile to which a key leads from the one at `at`; `undefined` for a key that leads nowhere. */
export function nextIndex(
  key: string,
  { at, count, columns }: { at: number; count: number; columns: number },
): number | undefined {
  const to = {
    ArrowLeft: at - 1,
    ArrowRight: at + 1,
    ArrowUp: at - columns,
    // Above the empty end of the last row, down leads to the last tile.
    ArrowDown:
      at + columns >= count && rowOf(at, columns) < rowOf(count - 1, columns) ? count - 1 : at + columns,
    Home: 0,
    End: count - 1,
  }[key];
  return to === undefined || to < 0 || to >= count ? undefined : to;
}

function rowOf(index: number, columns: number): number {
  return Math.floor(index / columns);
}
