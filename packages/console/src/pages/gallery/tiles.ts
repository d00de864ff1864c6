// What the gallery shows, and where the keys lead in it.

import type { TaskData } from '@plantain/client';
import { isExpired, type Picture, picturesOf } from '../../parts/picture/links.ts';

export interface Tile {
  id: string;
  task: TaskData;
  /** Absent where nothing is to be seen any more. */
  picture?: Picture;
}

/** A tile for every picture, and one for a task that has none any more. */
export function tilesOf(tasks: readonly TaskData[], now = Date.now()): Tile[] {
  return tasks.flatMap((task): Tile[] =>
    isExpired(task, now)
      ? [{ id: task.task_id, task }]
      : picturesOf(task).map((picture) => ({ id: `${task.task_id}/${picture.index}`, task, picture })),
  );
}

/** Where a key leads from the tile at `at`; `undefined` for a key that leads nowhere. */
export function nextPlace(
  key: string,
  { at, count, columns }: { at: number; count: number; columns: number },
): number | undefined {
  const to = {
    ArrowLeft: at - 1,
    ArrowRight: at + 1,
    ArrowUp: at - columns,
    // From above a gap in the last row to its end.
    ArrowDown:
      at + columns >= count && rowOf(at, columns) < rowOf(count - 1, columns) ? count - 1 : at + columns,
    Home: 0,
    End: count - 1,
  }[key];
  return to === undefined || to < 0 || to >= count ? undefined : to;
}

function rowOf(place: number, columns: number): number {
  return Math.floor(place / columns);
}
