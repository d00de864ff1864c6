// Patience with a server that does not answer.

import { deadlines } from '../../request/deadline.ts';
import { isPage, isTransient } from '../../request/request.ts';
import { explain } from '../exit-codes.ts';
import type { BatchParts } from './batch-parts.ts';

/** Time for which calls are repeated to a server that does not answer. */
const maxRetryMs = 10 * 60_000;
const maxPauseMs = 15_000;

/** Repeats a call with growing pauses for ten minutes, so that a restart of the server does not end the run. */
export async function patiently<T>(
  { signal, events, journal }: BatchParts,
  call: () => Promise<T>,
): Promise<T> {
  const startedAt = performance.now();
  for (let pauseMs = 1_000; ; pauseMs = Math.min(maxPauseMs, pauseMs * 2)) {
    try {
      return await call();
    } catch (error) {
      signal.throwIfAborted();
      // Before the server has taken anything, a page may as well be all that there is at this address.
      const mayPass = isTransient(error) || (isPage(error) && journal.lines.size > 0);
      if (!mayPass || performance.now() - startedAt > maxRetryMs) throw error;
      events.message(`${explain(error).message} Trying again in ${pauseMs / 1000} s.`);
    }
    await deadlines.pause(pauseMs, signal);
  }
}
