// Delay of a retry: the server's own, else one that doubles, half of it left to chance.

const firstMs = 500;
const maxDelayMs = 8_000;
/**
 * Longest delay of a server that is waited for: a rate of a minute that is used up asks for one second more. The caller gets the error of a longer
 * one, and can wait better.
 */
export const maxAskedMs = 65_000;

/**
 * Returns the milliseconds until the next try, or `null` where it would come too late. `tries`: failed ones so far; `random`: 0 to 1.
 */
export function retryDelayMs(tries: number, askedMs: number | undefined, random: number): number | null {
  if (askedMs !== undefined) return askedMs > maxAskedMs ? null : askedMs;
  const ms = Math.min(maxDelayMs, firstMs * 2 ** (tries - 1));
  return Math.round(ms * (0.5 + random / 2));
}

/**
 * Reads `Retry-After`, seconds or a date, as milliseconds from `now` (Unix milliseconds); `undefined` where it asks for no delay.
 * RFC 9110, section 10.2.3.
 */
export function readRetryAfterMs(headers: Headers, now: number): number | undefined {
  const asked = headers.get('retry-after')?.trim() ?? '';
  const ms = /^\d+(\.\d+)?$/.test(asked) ? Number(asked) * 1000 : Date.parse(asked) - now;
  return ms > 0 ? Math.ceil(ms) : undefined;
}
