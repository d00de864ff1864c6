// Work that is asked for again and again, and is begun at most once in a while.

import type { StartTimer } from '../timers.ts';

export interface Spaced {
  /** Begins the work: at once, or as soon as the time since it was last begun is over. */
  ask(): void;
  /** Begins nothing that was asked for so far; gives whether something was. */
  stop(): boolean;
}

/** `ms` lie between two times that `begin` is called, milliseconds. */
export function createSpaced(begin: () => void, ms: number, startTimer: StartTimer): Spaced {
  let isResting = false;
  let isAsked = false;
  let stopTimer = () => {};

  function next(): void {
    isResting = isAsked;
    if (!isAsked) return;
    isAsked = false;
    stopTimer = startTimer(next, ms);
    begin();
  }
  return {
    ask() {
      isAsked = true;
      if (!isResting) next();
    },
    stop() {
      stopTimer();
      return isAsked;
    },
  };
}
