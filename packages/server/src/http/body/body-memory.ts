// Memory that bodies hold while they are read and worked with: all of them together, and those of each owner.

import type { RequestError } from '../../core/errors.ts';
import { createCounts } from '../../lib/counts.ts';

export interface BodyMemory {
  /**
   * A share of nothing. Where `evict` is given, the share gives way to later ones, the oldest first: it is closed, and `evict` is
   * called with the reason.
   */
  open(owner: string, evict?: (reason: RequestError) => void): BodyShare;
}

export interface BodyShare {
  /** Throws what `refusal` makes where there is no room for so much more, which counts all the same until the share is closed. */
  add(bytes: number): void;
  /** Gives so much back, of what was added. */
  give(bytes: number): void;
  /** Gives everything back. May be called twice. */
  close(): void;
}

interface Held {
  owner: string;
  bytes: number;
}

export function createBodyMemory({
  totalBytes,
  ownerBytes,
  baseBytes = 0,
  refusal,
}: {
  totalBytes: number;
  /**
   * Of one owner. Where it is left out, no owner gets more than what is then left for others: one alone half of it, the next a quarter,
   * and so there is room for one more, however many hold as much as they can.
   */
  ownerBytes?: number;
  /** Bytes that each body counts as beside its own. */
  baseBytes?: number;
  refusal: () => RequestError;
}): BodyMemory {
  const ofOwners = createCounts();
  let total = 0;
  /** Oldest first. */
  const evictable = new Map<Held, (reason: RequestError) => void>();

  function count(held: Held, bytes: number): void {
    held.bytes += bytes;
    total += bytes;
    ofOwners.add(held.owner, bytes);
  }
  /** At once: whoever is told of it may take a while, in which the room would be looked for among others. */
  function close(held: Held): void {
    evictable.delete(held);
    count(held, -held.bytes);
  }
  const isOver = (owner: string) => ofOwners.of(owner) > (ownerBytes ?? totalBytes - total);
  /** Closes the oldest shares that may be, so that a body sent all at once is served while others hold their places in silence. */
  function makeRoom(held: Held): void {
    for (const [other, evict] of evictable) {
      if (total <= totalBytes && !isOver(held.owner)) return;
      if (other === held || (total <= totalBytes && other.owner !== held.owner)) continue;
      close(other);
      evict(refusal());
    }
  }

  return {
    open(owner, evict) {
      const held: Held = { owner, bytes: 0 };
      if (evict !== undefined) evictable.set(held, evict);
      const add = (bytes: number) => {
        count(held, bytes);
        makeRoom(held);
        if (total > totalBytes || isOver(owner)) throw refusal();
      };
      count(held, baseBytes);
      return {
        add,
        give: (bytes) => count(held, -Math.min(bytes, held.bytes)),
        close: () => close(held),
      };
    },
  };
}
