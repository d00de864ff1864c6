// Free space on the disk. It is checked before a task is accepted, before a task is taken, and for each file that is written but
// results. Writes under way are counted, as many that begin at once could otherwise fill the disk between two looks.

import { type Clock, isRecent } from '../../lib/clock.ts';
import type { PictureStore } from './picture-store.ts';

export interface DiskRoom {
  /** True where the last look found enough free. Looks again in the background when that is old; never waits. */
  hasRoom(): boolean;
  /** Looks now. Rejects when the file system can't be asked. */
  look(): Promise<boolean>;
  /**
   * Reserves bytes that are about to be written. Returns the function to call after the write, or `null` where less than `minFreeBytes`
   * would be left.
   */
  reserve(bytes: number): (() => void) | null;
  readonly minFreeBytes: number;
}

/** Lifetime of a look. Long prompts alone filled 6 MB in 5 s (measured), and uploads come faster. */
const believedMs = 1_000;

export function createDiskRoom({
  freeBytes,
  minFreeBytes,
  clock,
}: {
  /** Reads the free bytes where tasks and pictures are stored. */
  freeBytes: () => Promise<number>;
  minFreeBytes: number;
  clock: Clock;
}): DiskRoom {
  /** Free bytes that the last look found, less those written since. */
  let free = Number.POSITIVE_INFINITY;
  let reserved = 0;
  let lookedAt = Number.NEGATIVE_INFINITY;

  async function look(): Promise<boolean> {
    lookedAt = clock.now();
    free = await freeBytes();
    return free >= minFreeBytes;
  }

  /** Looks again where the last look is old. A look that fails refuses nothing: /readyz reports it, and writes fail by themselves. */
  function lookAgain(): void {
    if (!isRecent(lookedAt, clock.now(), believedMs)) look().catch(() => {});
  }

  return {
    minFreeBytes,
    look,
    hasRoom() {
      lookAgain();
      return free >= minFreeBytes;
    },
    reserve(bytes) {
      lookAgain();
      if (free - reserved - bytes < minFreeBytes) return null;
      reserved += bytes;
      return () => {
        reserved -= bytes;
        free -= bytes;
      };
    },
  };
}

/** Wraps a store. A write that would leave less than `minFreeBytes` is refused with `ENOSPC`, as by a full disk. */
export function withinRoom(store: PictureStore, disk: Pick<DiskRoom, 'reserve'>): PictureStore {
  return {
    ...store,
    async put(key, bytes) {
      const written = disk.reserve(bytes.length);
      if (written === null)
        throw Object.assign(new Error('Too little of the disk is free.'), { code: 'ENOSPC' });
      try {
        await store.put(key, bytes);
      } finally {
        written();
      }
    },
  };
}
