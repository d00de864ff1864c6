// Whether the server can take work now: not while it stops, not over the queue's limit, not without room on the disk.

import { type Clock, isRecent } from '../../lib/clock.ts';
import { RequestError } from '../errors.ts';
import type { DiskRoom } from '../pictures/disk-room.ts';
import type { StoreLife, TaskIntake } from '../tasks/task-store.ts';

export interface Admission {
  /** Counts so many tasks in, or rejects with `RequestError` (`overloaded`). */
  admit(count: number): Promise<void>;
  /** Why no work is taken, a sentence each; empty when it is. */
  reasons(): Promise<string[]>;
  /** From here on nothing is taken. */
  drain(): void;
}

/** How long a count of the queue is believed; between counts, what is admitted is added, and what is taken is not noticed. */
const countedForMs = 1_000;
/** Lifetime of a count whose answer would be a refusal: soon enough to be just, seldom enough for a flood of refused submits. */
const countedFullForMs = 50;

export function createAdmission({
  store,
  clock,
  disk,
  maxPending,
}: {
  store: Pick<TaskIntake & StoreLife, 'countPending' | 'ping'>;
  clock: Clock;
  disk: DiskRoom;
  maxPending: number;
}): Admission {
  let draining = false;
  let pending = 0;
  let countedAt = Number.NEGATIVE_INFINITY;

  let counting: Promise<void> | null = null;

  async function count(): Promise<void> {
    const now = clock.now();
    if (isRecent(countedAt, now, pending < maxPending ? countedForMs : countedFullForMs)) return;
    // One count for all who come meanwhile: a second one would forget those whom the first has let in.
    counting ??= countAt(now).finally(() => {
      counting = null;
    });
    await counting;
  }

  async function countAt(now: number): Promise<void> {
    pending = await store.countPending();
    countedAt = now;
  }

  return {
    async admit(tasks) {
      await count();
      if (draining)
        throw new RequestError('overloaded', 'The server is shutting down. Try again in a moment.', {
          retryAfterSeconds: 5,
        });
      if (!disk.hasRoom())
        throw new RequestError('overloaded', 'The server’s disk is full. Try again later.', {
          retryAfterSeconds: 60,
        });
      if (pending + tasks > maxPending)
        throw new RequestError('overloaded', `The queue is full: ${pending} tasks wait. Try again later.`, {
          retryAfterSeconds: 10,
        });
      pending += tasks;
    },
    async reasons() {
      const found: string[] = [];
      if (draining) found.push('The server is shutting down.');
      try {
        await store.ping();
        await count();
        if (pending >= maxPending) found.push(`The queue is full: ${pending} tasks wait.`);
      } catch {
        found.push('The store does not answer.');
      }
      try {
        if (!(await disk.look()))
          found.push(
            `Less than ${disk.minFreeBytes.toLocaleString('en')} bytes are free in the data directory.`,
          );
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
