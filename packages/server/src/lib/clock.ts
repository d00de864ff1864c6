// Time as an argument, so that nothing in the server reads a clock it was not given.

export interface Clock {
  /** Unix time in whole milliseconds. */
  now(): number;
}

export const systemClock: Clock = { now: () => Date.now() };
