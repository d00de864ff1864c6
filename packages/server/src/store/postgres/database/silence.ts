// Answers of the database that are waited for. Where one does not come for a while, somebody finds out whether the database is away, and then
// it is waited for no longer.

import { startInterval, type StartTimer } from '../../../lib/timers.ts';

export interface Silence {
  /** Waits for an answer. Where the database does not give it and is away, `giveUp` is called, which has the promise reject. */
  answer<T>(promise: Promise<T>, giveUp: () => void): Promise<T>;
  close(): void;
}

/** Silence after which the database is asked for a sign of life. */
const silentMs = 3_000;
const lookMs = 1_000;

/** `isAway` asks whether the database is away, which takes seconds at the most. */
export function createSilence(isAway: () => Promise<boolean>, startTimer: StartTimer): Silence {
  const asked = new Set<{ since: number; giveUp: () => void }>();
  const stop = startInterval(startTimer, () => void look(), lookMs);

  async function look(): Promise<void> {
    const before = performance.now() - silentMs;
    const silent = [...asked].filter(({ since }) => since < before);
    if (silent.length === 0) return;
    const givesUp = await isAway();
    for (const each of silent)
      if (givesUp) each.giveUp();
      else each.since = performance.now();
  }

  return {
    async answer(promise, giveUp) {
      const mine = { since: performance.now(), giveUp };
      asked.add(mine);
      try {
        return await promise;
      } finally {
        asked.delete(mine);
      }
    },
    close: stop,
  };
}
