// When a call is made again: after what the server asked for, else after a time that doubles, half of it left to chance.

const firstMs = 500;
const longestMs = 8_000;
/** A server that asks for more is not waited for: whoever called hears of it, and can wait better. */
export const maxAskedMs = 60_000;

/**
 * Milliseconds until the next try, or `null` where it would come too late. `tries`: how many failed so far; `random`: 0 to 1.
 */
export function retryDelayMs(tries: number, askedMs: number | undefined, random: number): number | null {
  if (askedMs !== undefined) return askedMs > maxAskedMs ? null : askedMs;
  const ms = Math.min(longestMs, firstMs * 2 ** (tries - 1));
  return Math.round(ms * (0.5 + random / 2));
}

/**
 * What `Retry-After` asks for, seconds or a date, in milliseconds; `undefined` where it asks for nothing. `now`: Unix milliseconds.
 * RFC 9110, section 10.2.3.
 */
export function readRetryAfterMs(headers: Headers, now: number): number | undefined {
  const asked = headers.get('retry-after')?.trim() ?? '';
  const ms = /^\d+(\.\d+)?$/.test(asked) ? Number(asked) * 1000 : Date.parse(asked) - now;
  return ms > 0 ? Math.ceil(ms) : undefined;
}
