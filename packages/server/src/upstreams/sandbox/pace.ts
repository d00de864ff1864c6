// Takes time as a real upstream does: waits in small steps, tells how far it is, and ends at once on a signal.

import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';

/** Waits. When the signal aborts, rejects with its reason and leaves no timer behind. */
export type Sleep = (durationMs: number, signal: AbortSignal) => Promise<void>;

export const sleep: Sleep = async (durationMs, signal) => {
  // The timer rejects with an AbortError of its own; callers are promised the signal's reason.
  await delay(durationMs, undefined, { signal }).catch(() => signal.throwIfAborted());
};

/** Waits `durationMs` in at most 20 steps and calls `onProgress` with 0 to 1 after each. A duration of 0 waits not at all. */
export async function pace(
  durationMs: number,
  options: { sleep: Sleep; signal: AbortSignal; onProgress(progress: number): void },
): Promise<void> {
  // Steps under 10 ms would add up to more than the duration, as a timer takes a millisecond at least.
  const steps = Math.min(20, Math.ceil(durationMs / 10));
  for (let step = 1; step <= steps; step++) {
    await options.sleep(durationMs / steps, options.signal);
    options.onProgress(step / steps);
  }
}

/** Never resolves; rejects with the signal's reason when it aborts. */
export async function hang(signal: AbortSignal): Promise<never> {
  if (!signal.aborted) await once(signal, 'abort');
  throw signal.reason;
}
