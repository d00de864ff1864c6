// Whether the server can take work now: not while it stops, not over the queue's limit, not without room on the disk.

import type { Clock } from '../lib/clock.ts';
import { RequestError } from './errors.ts';
import type { TaskStore } from './task-store.ts';

export interface Admission {
  /** Counts one task in, or throws `RequestError` (`overloaded`). */
  admit(): void;
  /** Why no work is taken, a sentence each; empty when it is. */
  obstacles(): Promise<string[]>;
  /** From here on nothing is taken. */
  drain(): void;
}

/** How long a count of the queue is believed; between counts, what is admitted is added, and what is taken is not noticed. */
const countedForMs = 1_000;
/** The same where the answer would be a refusal: soon enough to be just, seldom enough for a flood of refused submits. */
const countedFullForMs = 50;
const diskCheckedForMs = 5_000;

export function createAdmission({
  store,
  clock,
  freeBytes,
  maxPending,
  minFreeBytes,
}: {
  store: Pick<TaskStore, 'countPending' | 'ping'>;
  clock: Clock;
  /** Bytes free where tasks and pictures are stored. */
  freeBytes: () => Promise<number>;
  maxPending: number;
  minFreeBytes: number;
}): Admission {
  let draining = false;
  let pending = 0;
  let countedAt = Number.NEGATIVE_INFINITY;
  let diskCheckedAt = Number.NEGATIVE_INFINITY;
  let diskFull = false;

  function count(): void {
    const now = clock.now();
    if (now - countedAt < (pending < maxPending ? countedForMs : countedFullForMs)) return;
    countedAt = now;
    pending = store.countPending();
  }

  async function checkDisk(): Promise<void> {
    diskCheckedAt = clock.now();
    diskFull = (await freeBytes()) < minFreeBytes;
  }

  return {
    admit() {
      count();
      // The answer is waited for by the next submit, not by this one; a file system that can't be asked refuses nothing.
      if (clock.now() - diskCheckedAt >= diskCheckedForMs) checkDisk().catch(() => {});
      if (draining)
        throw new RequestError('overloaded', 'The server is shutting down. Try again in a moment.', {
          retryAfterSeconds: 5,
        });
      if (diskFull)
        throw new RequestError('overloaded', 'The server’s disk is full. Try again later.', {
          retryAfterSeconds: 60,
        });
      if (pending >= maxPending)
        throw new RequestError('overloaded', `The queue is full: ${pending} tasks wait. Try again later.`, {
          retryAfterSeconds: 10,
        });
      pending += 1;
    },
    async obstacles() {
      const found: string[] = [];
      if (draining) found.push('The server is shutting down.');
      try {
        await store.ping();
        count();
        if (pending >= maxPending) found.push(`The queue is full: ${pending} tasks wait.`);
      } catch {
        found.push('The store does not answer.');
      }
      try {
        await checkDisk();
        if (diskFull)
          found.push(`Less than ${minFreeBytes.toLocaleString('en')} bytes are free in the data directory.`);
      } catch {
        found.push('The data directory can’t be read.');
      }
      return found;
    },
    drain() {
      draining = true;
    },
  };
}
