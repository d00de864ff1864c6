// Time for tests: it passes by itself, as the machine's does, and at once where the test says so. What waits for seconds is then
// waited for by nobody, and what waits for a millisecond needs no word of the test.

import type { StartTimer } from './timers.ts';

interface Timer {
  at: number;
  fire: () => void;
}

export interface TestTime {
  /** Unix time in whole milliseconds. */
  now(): number;
  startTimer: StartTimer;
  /** Lets this much time pass at once; every timer that is due by then fires, in order, and finds the time at which it was due. */
  pass(ms: number): void;
  /** Sets the clock forward, as a machine's that slept: its timers know nothing of that. */
  sleep(ms: number): void;
  /** Prevents all that has not fired. */
  end(): void;
}

export function createTestTime(): TestTime {
  const startedAt = Date.now();
  const startedElapsed = performance.now();
  const timers = new Set<Timer>();
  let passedMs = 0;
  let sleptMs = 0;
  let next: NodeJS.Timeout | undefined;
  const elapsed = () => performance.now() - startedElapsed + passedMs;
  const firstDue = () => [...timers].reduce<Timer | null>(earlier, null);

  function waitForNext(): void {
    clearTimeout(next);
    const first = firstDue();
    if (first !== null) next = setTimeout(fireDue, Math.max(0, first.at - elapsed()));
  }

  function fireDue(): void {
    for (let first = firstDue(); first !== null && first.at <= elapsed(); first = firstDue()) {
      timers.delete(first);
      first.fire();
    }
    waitForNext();
  }

  return {
    now: () => Math.floor(startedAt + elapsed() + sleptMs),
    startTimer(callback, ms) {
      const timer = { at: elapsed() + ms, fire: callback };
      timers.add(timer);
      waitForNext();
      return () => void timers.delete(timer);
    },
    pass(ms) {
      const until = elapsed() + ms;
      for (let first = firstDue(); first !== null && first.at <= until; first = firstDue()) {
        passedMs += Math.max(0, first.at - elapsed());
        timers.delete(first);
        first.fire();
      }
      passedMs += Math.max(0, until - elapsed());
      waitForNext();
    },
    sleep: (ms) => void (sleptMs += ms),
    end() {
      timers.clear();
      clearTimeout(next);
    },
  };
}

function earlier(first: Timer | null, timer: Timer): Timer {
  return first === null || timer.at < first.at ? timer : first;
}
