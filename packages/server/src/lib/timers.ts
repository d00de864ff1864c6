// Timers as an argument, as the clock is, so that a test says when they fire.

import { untilAborted } from './abort.ts';

/** Calls back once, after so many milliseconds; returns the function that prevents it. */
export type StartTimer = (callback: () => void, ms: number) => () => void;

/** Timer of the machine. */
export const startSystemTimer: StartTimer = (callback, ms) => {
  const timer = setTimeout(callback, ms);
  return () => clearTimeout(timer);
};

/** Calls back after `firstMs`, then again and again, each time `ms` after the last; returns the function that ends it. */
export function startInterval(
  startTimer: StartTimer,
  callback: () => void,
  ms: number,
  firstMs = ms,
): () => void {
  let stop = startTimer(fire, firstMs);
  function fire(): void {
    stop = startTimer(fire, ms);
    callback();
  }
  return () => stop();
}

/** Resolves after `ms`; rejects with the signal's reason where that comes first. */
export async function pause(startTimer: StartTimer, ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const stop = startTimer(resolve, ms);
  try {
    await untilAborted(promise, signal);
  } finally {
    stop();
  }
}
