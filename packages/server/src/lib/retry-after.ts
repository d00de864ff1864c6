// How long a server asked to be left alone, from the headers of its answer.
// A delay of nothing, or a moment that has passed, is no request to wait and counts as none.

/**
 * The delay in milliseconds that `retry-after-ms`, or else `retry-after` (seconds, or an HTTP date), asks for;
 * `undefined` when there is none or it makes no sense. `now` is in Unix milliseconds. RFC 9110, section 10.2.3.
 */
export function readRetryAfterMs(
  headers: Record<string, string | string[] | undefined>,
  now: number,
): number | undefined {
  return (
    positive(number(headers['retry-after-ms'])) ??
    positive(number(headers['retry-after']) * 1000) ??
    positive(Date.parse(String(headers['retry-after'])) - now)
  );
}

function number(header: string | string[] | undefined): number {
  return typeof header === 'string' && /^\s*\d+(\.\d+)?\s*$/.test(header) ? Number(header) : NaN;
}

function positive(delayMs: number): number | undefined {
  return Number.isFinite(delayMs) && delayMs > 0 ? Math.ceil(delayMs) : undefined;
}
