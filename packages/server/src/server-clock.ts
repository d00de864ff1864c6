// Clock of the server: the machine's clock, or the one of the database that several servers share, compared with the times in the store. Where the clock was ahead and was set back, pending
// tasks and deliveries with times in that future are made due now.

import { type Emit, emitFault } from './core/events.ts';
import type { TimeOnRecord } from './core/tasks/task-store.ts';
import { createSystemClock, type SystemClock } from './lib/clock.ts';

export interface ServerClock {
  clock: SystemClock;
  /**
   * Advances the clock to the latest time in the store, where that is plausible. Call it once, before `store` is used. From then on the clock goes by
   * `time` where that is given, and not by the machine's.
   */
  beginWith(store: TimeOnRecord, time?: (() => number) | null): Promise<void>;
  /** Makes pending tasks and deliveries with future times due now. Await it before tasks are taken; later it runs by itself. */
  pullBack(): Promise<void>;
}

/** Earliest plausible time. A machine whose clock is before it, such as one without a battery, has not fetched the time yet. */
const oldestTime = Date.UTC(2020, 0, 1);

export function createServerClock(
  emit: Emit,
  {
    machine = Date.now,
    elapsed = () => performance.now(),
  }: { machine?: () => number; elapsed?: () => number } = {},
): ServerClock {
  let store: TimeOnRecord | null = null;
  let isDue = false;
  /** Milliseconds added to `elapsed` until the machine has fetched the time. */
  let storedOffset = 0;
  let source = machine;
  const wall = () => {
    const time = source();
    return time >= oldestTime ? time : Math.max(time, Math.floor(storedOffset + elapsed()));
  };
  const clock = createSystemClock(wall, elapsed, (behindMs, isKept) => {
    emit('clock_behind', { behindSeconds: Math.round(behindMs / 1000), error: sentence(isKept) });
    if (isKept) return;
    isDue = true;
    setImmediate(() => void pullBack());
  });

  let pulled = Promise.resolve();
  function pullBack(): Promise<void> {
    if (isDue && store !== null) pulled = pullBackIn(store);
    return pulled;
  }
  async function pullBackIn(opened: TimeOnRecord): Promise<void> {
    isDue = false;
    try {
      await opened.pullBack(clock.now());
    } catch (error) {
      emitFault(emit, error, 'pull_back_failed', {
        error: error instanceof Error ? error.message : String(error),
      });
    }
  }

  return {
    clock,
    async beginWith(opened, time = null) {
      if (time !== null) {
        source = time;
        clock.beginAnew();
      }
      const stored = await opened.latestTime();
      if (source() < oldestTime) storedOffset = stored - elapsed();
      // After a restart with the clock set back, earlier tasks would otherwise not be due until the clock has caught up.
      clock.advanceTo(stored);
      store = opened;
    },
    pullBack,
  };
}

function sentence(isKept: boolean): string {
  return isKept
    ? 'The machine’s clock is behind the time of what is stored or was said. The server’s time goes on from there until the machine’s has caught up.'
    : 'The machine’s clock is more than an hour behind the time of what is stored or was said, so one of the two was wrong. The server goes by the machine’s now, and takes tasks that wait for that future at once. If it is the machine’s that is wrong, set it right; if it was ahead, keys, files and links that were made meanwhile end in that future: look at them.';
}
