// Admission: decides if the server takes more tasks now. It does not while it stops, while the queue is full, and while the disk is.

import { type Clock, isRecent } from '../../lib/clock.ts';
import { isDatabaseAway, RequestError } from '../errors.ts';
import type { DiskRoom } from '../pictures/disk-room.ts';
import type { StoreLife, TaskIntake } from '../tasks/task-store.ts';

export interface Admission {
  /** Admits that many tasks, or rejects with `RequestError` (`overloaded`). */
  admit(count: number): Promise<void>;
  /** Lists the reasons why no task is admitted, a sentence each; empty when tasks are. */
  reasons(): Promise<string[]>;
  /** Refuses every task from now on. */
  drain(): void;
}

/** Lifetime of a count of the queue. Until the next one, admitted tasks are added and taken ones are not subtracted. */
const countedForMs = 1_000;
/** Lifetime of a count that finds the queue full. It is short, so that room is noticed soon, but bounds the work of refused submits. */
const countedFullForMs = 50;

export function createAdmission({
  store,
  clock,
  disk,
  maxPending,
  hasBegun = () => true,
}: {
  store: Pick<TaskIntake & StoreLife, 'countPending' | 'ping'>;
  clock: Clock;
  disk: DiskRoom;
  maxPending: number;
  /** Whether the server works: not while it waits for its database at the start. */
  hasBegun?: () => boolean;
}): Admission {
  let draining = false;
  const queue = createQueueCount(store, clock, maxPending);
  return {
    async admit(tasks) {
      await queue.count();
      if (draining) throw overloaded('The server is shutting down. Try again in a moment.', 5);
      if (!disk.hasRoom()) throw overloaded('The server’s disk is full. Try again later.', 60);
      if (queue.pending + tasks > maxPending)
        throw overloaded(`The queue is full: ${queue.pending} tasks wait. Try again later.`, 10);
      queue.pending += tasks;
    },
    async reasons() {
      const found = draining ? ['The server is shutting down.'] : [];
      if (!hasBegun()) return [...found, 'The server waits for its database, which can’t be reached.'];
      try {
        await store.ping();
        await queue.count();
        if (queue.pending >= maxPending) found.push(`The queue is full: ${queue.pending} tasks wait.`);
      } catch (error) {
        found.push(
          isDatabaseAway(error) ? 'The server’s database can’t be reached.' : 'The store does not answer.',
        );
      }
      return [...found, ...(await diskReasons(disk))];
    },
    drain() {
      draining = true;
    },
  };
}

/** Number of pending tasks, as it was counted last and increased since. `count` counts anew where that is old. */
interface QueueCount {
  pending: number;
  count(): Promise<void>;
}

function createQueueCount(
  store: Pick<TaskIntake, 'countPending'>,
  clock: Clock,
  maxPending: number,
): QueueCount {
  let countedAt = Number.NEGATIVE_INFINITY;
  let counting: Promise<void> | null = null;
  const queue: QueueCount = {
    pending: 0,
    async count() {
      const now = clock.now();
      if (isRecent(countedAt, now, queue.pending < maxPending ? countedForMs : countedFullForMs)) return;
      // All callers share one count: a second one would lose the tasks that were admitted after the first.
      counting ??= countAt(now).finally(() => {
        counting = null;
      });
      await counting;
    },
  };

  async function countAt(now: number): Promise<void> {
    queue.pending = await store.countPending(maxPending);
    countedAt = now;
  }

  return queue;
}

async function diskReasons(disk: DiskRoom): Promise<string[]> {
  try {
    if (await disk.look()) return [];
    return [`Less than ${disk.minFreeBytes.toLocaleString('en')} bytes are free in the data directory.`];
  } catch {
    return ['The data directory can’t be read.'];
  }
}

function overloaded(message: string, retryAfterSeconds: number): RequestError {
  return new RequestError('overloaded', message, { retryAfterSeconds });
}
