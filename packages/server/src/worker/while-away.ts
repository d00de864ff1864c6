// Writes of a run that wait for a database which is away: what a call gave, or how it failed, was paid for and is known here alone.

import { isDatabaseAway } from '../core/errors.ts';
import type { TaskStore } from '../core/tasks/task-store.ts';
import type { Clock } from '../lib/clock.ts';
import type { StartTimer } from '../lib/timers.ts';
import type { TaskRun } from './task-run.ts';

const againMs = 1_000;

/**
 * Gives the store as a run sees it: the writes that end an attempt are done again while the database is away, until the lease is lost. One that was
 * committed although its answer got lost finds the lease gone, and changes nothing.
 */
export function untilThere(
  { store, clock, startTimer }: { store: TaskStore; clock: Clock; startTimer: StartTimer },
  run: TaskRun,
): TaskStore {
  async function again<Value>(write: () => Promise<Value>): Promise<Value> {
    for (;;) {
      try {
        return await write();
      } catch (error) {
        if (!isDatabaseAway(error) || run.isLost(clock.now())) throw error;
      }
      await new Promise<void>((resolve) => void startTimer(resolve, againMs));
    }
  }
  return {
    ...store,
    closeAttemptIfLeased: (...args) => again(() => store.closeAttemptIfLeased(...args)),
    putBackIfLeased: (...args) => again(() => store.putBackIfLeased(...args)),
    finishIfLeased: (...args) => again(() => store.finishIfLeased(...args)),
  };
}
