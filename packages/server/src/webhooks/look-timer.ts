// Looks at the earliest time that somebody asked for, one look at a time.

import { createOneAgain } from '../lib/turns/one-again.ts';

export interface LookTimer {
  /** Asks for a look at this time (of `performance.now()`), or earlier. */
  lookAt(at: number): void;
  /** Asks for no more looks; resolves when the one under way has ended. */
  stop(): Promise<void>;
}

/** However late the next look is asked for, there is one after so long. */
export const maxWaitMs = 60_000;

/** `look` must not reject. */
export function createLookTimer(look: () => Promise<void>): LookTimer {
  const lookOnce = createOneAgain(look);
  let stopping = false;
  let timer: NodeJS.Timeout | undefined;
  let timerAt = Infinity;
  let looking = Promise.resolve();

  function atTime(): void {
    timerAt = Infinity;
    looking = lookOnce();
  }

  return {
    lookAt(at) {
      if (stopping || at >= timerAt) return;
      clearTimeout(timer);
      timerAt = at;
      timer = setTimeout(atTime, Math.min(maxWaitMs, Math.max(0, at - performance.now())));
    },
    async stop() {
      stopping = true;
      clearTimeout(timer);
      await looking;
    },
  };
}
