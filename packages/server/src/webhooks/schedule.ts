// When a delivery that failed is tried again. Pure: time and chance are arguments.

const firstDelayMs = 5_000;
const growth = 3;
const maxDelayMs = 4 * 3_600_000;

/**
 * After 5 s, 15 s, 45 s and so on up to 4 hours, each a quarter more or less by chance, and never before the receiver wants it.
 * `null` when that is more than `retryMs` after `countedFrom`. `tries` are those made, at least 1.
 */
export function nextTryAt(options: {
  tries: number;
  now: number;
  countedFrom: number;
  retryMs: number;
  retryAfterMs?: number | undefined;
  /** 0 to 1. */
  random: () => number;
}): number | null {
  const { tries, now, countedFrom, retryMs, retryAfterMs = 0, random } = options;
  const delayMs = Math.min(maxDelayMs, firstDelayMs * growth ** (tries - 1)) * (0.75 + random() / 2);
  const at = now + Math.round(Math.max(delayMs, retryAfterMs));
  return at > countedFrom + retryMs ? null : at;
}
