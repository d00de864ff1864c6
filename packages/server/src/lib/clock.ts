// Time as an argument, so that nothing in the server reads a clock it was not given.

export interface Clock {
  /** Unix time in whole milliseconds; never less than it said before. */
  now(): number;
}

export interface SystemClock extends Clock {
  /** From here on it says no less than this. */
  advanceTo(time: number): void;
}

/**
 * The machine's clock. Where that is set back, this one goes on from where it was, at the pace of real time, until the
 * machine's has caught up: a task's times never run backwards, and nothing waits for an hour to pass twice.
 */
export function createSystemClock(
  wall: () => number = Date.now,
  elapsed: () => number = () => performance.now(),
): SystemClock {
  let latest = wall();
  let latestAt = elapsed();
  function now(): number {
    const time = wall();
    const at = elapsed();
    // The fraction stays in `latestAt`, so that steps of less than a millisecond add up.
    const step = Math.floor(at - latestAt);
    if (time >= latest + step) [latest, latestAt] = [time, at];
    else if (step > 0) [latest, latestAt] = [latest + step, latestAt + step];
    return latest;
  }
  return {
    now,
    advanceTo(time) {
      if (time > now()) latest = time;
    },
  };
}
