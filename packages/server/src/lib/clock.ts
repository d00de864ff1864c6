// Time as an argument, so that nothing in the server reads a clock it was not given.

export interface Clock {
  /** Unix time in whole milliseconds; never less than it said before. */
  now(): number;
}

/** The machine's clock, held still where it is set back, so that a task's times never run backwards. */
export function createSystemClock(): Clock {
  let latest = 0;
  return { now: () => (latest = Math.max(latest, Date.now())) };
}
