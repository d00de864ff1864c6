// Whether the disk has room for work: asked before a task is accepted, before one is taken whose result must be stored, and for each
// file that is stored but the results themselves: many that come at once would else use up together what no look could see.

import { type Clock, isRecent } from '../../lib/clock.ts';
import type { PictureStore } from './picture-store.ts';

export interface DiskRoom {
  /** Finding of the last look; looks again in the background when that is old. Costs nothing. */
  hasRoom(): boolean;
  /** Looks now. Rejects when the file system can't be asked. */
  look(): Promise<boolean>;
  /**
   * Counts so many bytes that are about to be written; returns the function that says that they are, or `null` where they would leave
   * less free than must be.
   */
  reserve(bytes: number): (() => void) | null;
  readonly minFreeBytes: number;
}

/** In 5 s long prompts alone filled 6 MB (measured), and uploads come faster. */
const believedMs = 1_000;

export function createDiskRoom({
  freeBytes,
  minFreeBytes,
  clock,
}: {
  /** Bytes free where tasks and pictures are stored. */
  freeBytes: () => Promise<number>;
  minFreeBytes: number;
  clock: Clock;
}): DiskRoom {
  /** As the last look found it, less what was written since, and what is being written. */
  let free = Number.POSITIVE_INFINITY;
  let reserved = 0;
  let lookedAt = Number.NEGATIVE_INFINITY;

  async function look(): Promise<boolean> {
    lookedAt = clock.now();
    free = await freeBytes();
    return free >= minFreeBytes;
  }

  /** A file system that can't be asked refuses nothing: /readyz says so, and writes fail by themselves. */
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

/** Wraps a store so that a write which would leave less free than must be is refused as by a disk that is full. */
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
