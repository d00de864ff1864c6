// For work of many small steps on the event loop, which others need too.

import { setImmediate as nextTurn } from 'node:timers/promises';

/** Called between two steps; waits for the next turn of the loop once the steps have had this one for `longestMs`. */
export function createTurnKeeper(longestMs = 5): () => Promise<void> {
  let since = performance.now();
  return async () => {
    if (performance.now() - since < longestMs) return;
    await nextTurn();
    since = performance.now();
  };
}
