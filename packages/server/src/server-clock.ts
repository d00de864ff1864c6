// The server's clock: the machine's, held against what is stored. Where it was ahead and went back, what waits in the store is taken
// out of that future, so that it is done now.

import type { Emit } from './core/events.ts';
import type { TimeOnRecord } from './core/tasks/task-store.ts';
import { createSystemClock, type SystemClock } from './lib/clock.ts';

export interface ServerClock {
  clock: SystemClock;
  /** Says no less than what is stored from here on, as far as that can be right. To be called once, before anything is done with `store`. */
  beginWith(store: TimeOnRecord): Promise<void>;
  /** Takes what waits out of the future, where there is such. To be awaited before tasks are taken; later it is done by itself. */
  pullBack(): Promise<void>;
}

/** Before this there was no server of this kind: a machine that begins so, as one without a battery does, has yet to ask for the time. */
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
  /** Milliseconds added to `elapsed` while the machine has yet to ask for the time. */
  let storedOffset = 0;
  const wall = () => {
    const time = machine();
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
      emit('pull_back_failed', { error: error instanceof Error ? error.message : String(error) });
    }
  }

  return {
    clock,
    async beginWith(opened) {
      const stored = await opened.latestTime();
      if (machine() < oldestTime) storedOffset = stored - elapsed();
      // After a restart with the clock set back, tasks from before would else not be due until it has caught up.
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
