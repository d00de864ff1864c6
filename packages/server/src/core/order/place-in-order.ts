// Places of tasks in a predicted order that was read a moment ago.

import {
  compareWaiting,
  type PredictedOrder,
  type PredictedTask,
  type WaitingTask,
} from './predicted-order.ts';

export interface PlacesInOrder {
  /**
   * Place of a waiting task, counted from 1; `null` where it is behind all that was read. One that is not in the order, because it came after
   * that was read, or waits for its own retry, has the place that it would get now.
   */
  of(task: WaitingTask & { ownerId: string }): number | null;
}

export function createPlacesInOrder({ entries, isWhole }: PredictedOrder): PlacesInOrder {
  const places = new Map<string, number>();
  const byOwner = new Map<string, (PredictedTask & { place: number })[]>();
  for (const [index, entry] of entries.entries()) {
    places.set(entry.id, index + 1);
    const own = byOwner.get(entry.ownerId) ?? [];
    own.push({ ...entry, place: index + 1 });
    byOwner.set(entry.ownerId, own);
  }
  const orNull = (before: number) => (before < entries.length || isWhole ? before + 1 : null);

  return {
    of(task) {
      const known = places.get(task.id);
      if (known !== undefined) return known;
      const own = byOwner.get(task.ownerId) ?? [];
      const next = own[firstIndex(own, (entry) => compareWaiting(task, entry) < 0)];
      if (next !== undefined) return next.place;
      const last = own.at(-1);
      const tag = last === undefined ? (entries[0]?.tag ?? 0) : last.tag + last.step;
      return orNull(firstIndex(entries, (entry) => entry.tag > tag));
    },
  };
}

/** Index of the first item, of items sorted so, for which the condition holds; their number where it holds for none. */
function firstIndex<Item>(items: readonly Item[], holds: (item: Item) => boolean): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const item = items[middle];
    if (item !== undefined && holds(item)) high = middle;
    else low = middle + 1;
  }
  return low;
}
