// Places of the queue up to which a look has found nothing, for each need, so that later looks begin there. They never rise above a task
// that a look may not have seen: one that this process is just writing, or one that another commits a little late.

import type { Need } from '../../../core/upstreams/router.ts';

/** A place in the queue of one need. */
export interface Place {
  /** Unix milliseconds. */
  dueAt: number;
  id: string;
}

export type NeedPlace = Need & Place;

export interface QueuePlaces {
  /** Place below which nothing of the need is looked for. */
  from(need: Need): Place;
  /** Looks for the first task of each need, given the known places in the order of their needs. */
  look<Found extends { needs: readonly NeedPlace[] }>(
    now: number,
    find: (known: readonly NeedPlace[]) => Promise<Found>,
  ): Promise<Found>;
  /** Writes tasks into the queue that are due at `dueAt` or later. */
  inserting<Value>(dueAt: number, write: () => Promise<Value>): Promise<Value>;
  forget(): void;
}

const first: Place = { dueAt: 0, id: '' };
const isBelow = (a: Place, b: Place) => a.dueAt < b.dueAt || (a.dueAt === b.dueAt && a.id < b.id);
const nameOf = ({ model, inputs }: Need) => JSON.stringify([model, inputs]);

/** `lateMs`: how late other processes may commit what they put into the queue. */
export function createQueuePlaces(lateMs: number): QueuePlaces {
  let places = new Map<string, NeedPlace>();
  /** Looks under way, with the earliest time at which something came in that they may not have seen. */
  const looks = new Set<{ unseenFrom: number }>();
  const writes = new Set<{ dueAt: number }>();

  /** Lowers what is known, and what looks under way will know. */
  function lowerAll(to: Place): void {
    for (const [name, place] of places) if (isBelow(to, place)) places.set(name, { ...place, ...to });
    for (const look of looks) look.unseenFrom = Math.min(look.unseenFrom, to.dueAt);
  }

  return {
    from: (need) => places.get(nameOf(need)) ?? first,
    async look(now, find) {
      const unseen = [...writes].map(({ dueAt }) => dueAt);
      const look = { unseenFrom: Math.min(now - lateMs, ...unseen) };
      const known = [...places.values()];
      looks.add(look);
      try {
        const found = await find(known);
        // A look that is under way beside this one must not end above what this one has found.
        for (const each of found.needs) if (isBelow(each, places.get(nameOf(each)) ?? first)) lowerAll(each);
        const limit = { dueAt: look.unseenFrom, id: '' };
        const next = new Map<string, NeedPlace>();
        for (const need of known) next.set(nameOf(need), { ...need, ...limit });
        for (const each of found.needs)
          next.set(nameOf(each), isBelow(limit, each) ? { ...each, ...limit } : each);
        places = next;
        return found;
      } finally {
        looks.delete(look);
      }
    },
    async inserting(dueAt, write) {
      const mine = { dueAt };
      writes.add(mine);
      lowerAll({ dueAt, id: '' });
      try {
        return await write();
      } finally {
        writes.delete(mine);
      }
    },
    forget() {
      lowerAll(first);
      places.clear();
    },
  };
}
