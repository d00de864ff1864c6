// Looks for what is due, one look at a time: as soon as somebody asks, and when the last look said.

import { untilAborted } from '../lib/abort.ts';
import { pause, type StartTimer } from '../lib/timers.ts';

export interface LookLoop {
  /** Begins with a look. */
  start(): void;
  /** Asks for a look as soon as may be. */
  wake(): void;
  /** Asks for no more looks; resolves when the one under way has ended. May be called twice. */
  stop(): Promise<void>;
}

/** Between the beginnings of two looks. */
const pauseMs = 20;
/** However late the next look is asked for, there is one after so long, unless `maxWaitMs` says so. */
const defaultMaxWaitMs = 60_000;

/** `look` resolves with how many milliseconds later to look again, `null` where only `wake` brings the next look. It must not reject. */
export function createLookLoop(
  startTimer: StartTimer,
  look: () => Promise<number | null>,
  maxWaitMs = defaultMaxWaitMs,
): LookLoop {
  const stopping = new AbortController();
  const { signal } = stopping;
  let woken = Promise.withResolvers<void>();
  let running = Promise.resolve();

  async function run(): Promise<void> {
    while (!signal.aborted) {
      // Made before the look, which may miss what somebody asks for while it is under way.
      woken = Promise.withResolvers();
      const rest = pause(startTimer, pauseMs, signal).catch(() => {});
      const waitMs = await look();
      const stopTimer =
        waitMs === null ? () => {} : startTimer(woken.resolve, Math.max(0, Math.min(maxWaitMs, waitMs)));
      await rest;
      await untilAborted(woken.promise, signal).catch(() => {});
      stopTimer();
    }
  }

  return {
    start: () => void (running = run()),
    wake: () => woken.resolve(),
    async stop() {
      stopping.abort();
      await running;
    },
  };
}
