// Memory limits of request bodies while they are read and used: for all of them together, and for each owner.

import type { RequestError } from '../../core/errors.ts';
import { createCounts } from '../../lib/counts.ts';

export interface BodyMemory {
  /**
   * Opens an empty share. A share with `evict` may be evicted for the sake of later ones, oldest first: it is closed, and `evict` is called
   * with the reason.
   */
  open(owner: string, evict?: (reason: RequestError) => void): BodyShare;
}

export interface BodyShare {
  /** Adds bytes to the share. Throws the error of `refusal` where they exceed a limit; they count all the same until it is closed. */
  add(bytes: number): void;
  /** Subtracts bytes that were added. */
  give(bytes: number): void;
  /** Closes the share, which then counts nothing. May be called twice. */
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
   * Most bytes of one owner. Default: as many as remain free for others, so that the first owner gets at most half, the next a quarter, and
   * there is always room for one more.
   */
  ownerBytes?: number;
  /** Bytes that each body counts in addition to its own. */
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
  /** The share is closed before `evict` is called, which may take a while in which others would be evicted too. */
  function close(held: Held): void {
    evictable.delete(held);
    count(held, -held.bytes);
  }
  const isOver = (owner: string) => ofOwners.of(owner) > (ownerBytes ?? totalBytes - total);
  /** Evicts the oldest shares that may be, so that slow bodies that hold memory do not block one that is sent all at once. */
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
