// Writes of a run that wait for a database which is away: what a call gave, or how it failed, was paid for and is known here alone; and a call
// that can't be announced yet has not failed.

import { isDatabaseAway } from '../core/errors.ts';
import type { TaskStore } from '../core/tasks/task-store.ts';
import type { Clock } from '../lib/clock.ts';
import { pause, type StartTimer } from '../lib/timers.ts';
import type { TaskRun } from './task-run.ts';

const againMs = 1_000;
const never = new AbortController().signal;

/**
 * Gives the store as a run sees it: the writes that open or end an attempt are done again while the database is away, until the lease is lost.
 * An opening that was committed although its answer got lost finds what it opened; an end finds the lease gone, and changes nothing. An opening
 * rejects with the `StopReason` when the run is told to stop.
 */
export function untilThere(
  { store, clock, startTimer }: { store: TaskStore; clock: Clock; startTimer: StartTimer },
  run: TaskRun,
): TaskStore {
  async function again<Value>(write: () => Promise<Value>, signal = never): Promise<Value> {
    for (;;) {
      try {
        return await write();
      } catch (error) {
        if (!isDatabaseAway(error)) throw error;
        if (run.isLost(clock.now())) {
          signal.throwIfAborted();
          throw error;
        }
      }
      await pause(startTimer, againMs, signal);
    }
  }
  const { openAttemptIfRoom } = store;
  return {
    ...store,
    openAttemptIfLeased: (...args) => again(() => store.openAttemptIfLeased(...args), run.signal),
    ...(openAttemptIfRoom && {
      openAttemptIfRoom: (...args) => again(() => openAttemptIfRoom(...args), run.signal),
    }),
    closeAttemptIfLeased: (...args) => again(() => store.closeAttemptIfLeased(...args)),
    putBackIfLeased: (...args) => again(() => store.putBackIfLeased(...args)),
    finishIfLeased: (...args) => again(() => store.finishIfLeased(...args)),
  };
}
