// Work that takes a millisecond or so, begun by many at the same moment: one piece of it in each turn of the event loop, from each
// owner in turn, so that neither others' requests nor other owners wait for all of it.

import { createLoopQueue } from './loop-queue.ts';
import { createTurns } from './turns.ts';

export interface OneATurn {
  /**
   * Resolves when the owner may begin, at once where nobody is waiting. `null` where as many of the owner's are waiting as may.
   */
  next(owner: string): Promise<void> | null;
}

/** `maxWaiting` is of one owner. */
export function createOneATurn({ maxWaiting }: { maxWaiting: number }): OneATurn {
  const waiting = createTurns<() => void>();
  const queue = createLoopQueue({ most: 1 });
  return {
    next(owner) {
      if (waiting.sizeOf(owner) >= maxWaiting) return null;
      return new Promise((resolve) => {
        waiting.add(owner, resolve);
        queue.soon(() => waiting.take()?.());
      });
    },
  };
}
