// Goes through the store once a second for what time did to tasks: leases that ran out, wishes to cancel, deadlines; and for tasks that a
// limit held which was raised.

import { type Emit, emitFault } from '../core/events.ts';
import type { DefaultLimits } from '../core/limits/subjects.ts';
import { startInterval, type StartTimer } from '../lib/timers.ts';
import { errorWords } from './error-words.ts';
import { endCancelled, endHopeless, expirePending, rescueExpired, type SweepDependencies } from './sweep.ts';

export interface Sweeper {
  start(): void;
  /** Begins no more sweeps; resolves when the one under way, if there is one, is over. */
  stop(): Promise<void>;
}

const sweepIntervalMs = 1_000;

/** `renew` renews the leases of the runs in this process; false where the store refused. */
export function createSweeper(
  dependencies: SweepDependencies & {
    startTimer: StartTimer;
    emit: Emit;
    /** Called after each sweep that did not fail. */
    onSwept?: (() => void) | undefined;
    defaultLimits?: DefaultLimits | undefined;
  },
  { renew, wake }: { renew: () => Promise<boolean>; wake: () => void },
): Sweeper {
  const { store, clock, startTimer, emit, onSwept, defaultLimits } = dependencies;
  let sweeping: Promise<void> | null = null;
  let stopInterval = () => {};

  async function sweep(): Promise<void> {
    try {
      // After the machine slept, the leases of the runs here have expired, and their calls may still be answered. Where they can't be
      // renewed, as on a full disk, a rescue might find room, and take a task whose picture waits in memory to be stored.
      const rescued = (await renew()) ? await rescueExpired(dependencies, clock.now()) : 0;
      await endCancelled(dependencies);
      const expired = (await expirePending(dependencies)) + (await endHopeless(dependencies));
      await store.releaseHeld(defaultLimits);
      if (rescued > 0) emit('leases_rescued', { rescued });
      if (expired > 0) emit('deadlines_passed', { expired });
      // A net under every other way of hearing that there is something to take.
      wake();
      onSwept?.();
    } catch (error) {
      emitFault(emit, error, 'sweep_failed', { error: errorWords(error) });
    }
  }

  function sweepUnlessUnderWay(): void {
    sweeping ??= sweep().finally(() => {
      sweeping = null;
    });
  }

  return {
    start() {
      stopInterval = startInterval(startTimer, sweepUnlessUnderWay, sweepIntervalMs);
    },
    async stop() {
      stopInterval();
      await sweeping;
    },
  };
}
