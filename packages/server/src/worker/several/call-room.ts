// Room in this process for the calls of tasks for several pictures, beside all others.

import type { Listeners } from '../../lib/listeners.ts';
import type { HeldLeases } from '../held-leases.ts';
import type { RunDependencies } from '../run.ts';
import type { TakeLoop } from '../take-loop.ts';
import type { TaskRun } from '../task-run.ts';

/** Room for calls beside the first of a task. */
export interface CallRoom {
  /** Whether tasks of this model wait for the next slot that comes free. */
  isWaitedFor(model: string): boolean;
  /** Whether this process may make one more call. */
  hasMore(): boolean;
  /** Notes how many calls of the run go on. */
  count(run: TaskRun, calls: number): void;
  /** Calls `listener` whenever there may be more room; returns the function that ends it. */
  onRoom(listener: () => void): () => void;
}

export interface SeveralDependencies extends RunDependencies {
  room: CallRoom;
}

/** Makes the room of a process that may have so many calls at once. `looked` tells of looks at the queue. */
export function createCallRoom(
  leases: Pick<HeldLeases, 'calls'>,
  { waitsFor, wake }: Pick<TakeLoop, 'waitsFor' | 'wake'>,
  { concurrency, looked }: { concurrency: number; looked: Listeners },
): CallRoom {
  return {
    isWaitedFor: waitsFor,
    hasMore: () => leases.calls() < concurrency,
    count(run, calls) {
      const before = run.calls;
      run.calls = Math.max(1, calls);
      if (run.calls < before) wake();
    },
    onRoom: looked.listen,
  };
}
