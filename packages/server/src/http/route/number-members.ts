// Members that are numbers, which forms and query strings send as text.

import * as z from 'zod';

/** Digits as their number; what only looks like one, such as an empty text, must not count as 0. */
export const fromDigits = (value: unknown) =>
  typeof value === 'string' && /^\s*-?\d+\s*$/.test(value) ? Number(value) : value;

/** `read` is what is made of a text before it is looked at. */
export function wholeNumber(
  fault: string,
  { min, max, read = fromDigits }: { min?: number; max?: number; read?: (value: unknown) => unknown } = {},
) {
  // One fault for a number that is too large to be whole, and not another for the bound.
  const whole = z.int({ error: fault, abort: true });
  const least = min === undefined ? whole : whole.min(min, fault);
  return z.preprocess(read, max === undefined ? least : least.max(max, fault));
}

/** The year 10680, as for all times that are taken. */
export const latestSeconds = 2 ** 38;
export const timeFault = 'must be a Unix time in seconds';

export const unixTime = wholeNumber(timeFault, { min: 0, max: latestSeconds });
