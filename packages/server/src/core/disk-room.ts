// Whether the disk has room for work: asked before a task is accepted, and before one is taken whose result must be stored.

import { type Clock, isRecent } from '../lib/clock.ts';

export interface DiskRoom {
  /** What the last look found; looks again in the background when that is old. Costs nothing. */
  hasRoom(): boolean;
  /** Looks now. Rejects when the file system can't be asked. */
  look(): Promise<boolean>;
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
  let full = false;
  let lookedAt = Number.NEGATIVE_INFINITY;

  async function look(): Promise<boolean> {
    lookedAt = clock.now();
    full = (await freeBytes()) < minFreeBytes;
    return !full;
  }

  return {
    minFreeBytes,
    look,
    hasRoom() {
      // A file system that can't be asked refuses nothing: /readyz says so, and writes fail by themselves.
      if (!isRecent(lookedAt, clock.now(), believedMs)) look().catch(() => {});
      return !full;
    },
  };
}
