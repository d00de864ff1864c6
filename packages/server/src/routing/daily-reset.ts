// When the quotas of a day begin anew: at an hour in the time zone of the upstream, as Gemini's at midnight Pacific.

import type { QuotaReset } from '../core/upstreams/routes.ts';
import { beginningsAround } from '../lib/time/calendar.ts';

/** The latest reset that is not after `now`, both in Unix milliseconds. Throws `RangeError` for a time zone that is not known. */
export function lastReset(now: number, reset: QuotaReset): number {
  return resetsAround(now, reset).findLast((at) => at <= now)!;
}

/** The first reset after `now`, both in Unix milliseconds. Throws `RangeError` for a time zone that is not known. */
export function nextReset(now: number, reset: QuotaReset): number {
  return resetsAround(now, reset).find((at) => at > now)!;
}

function resetsAround(now: number, { hour, minute = 0, timeZone }: QuotaReset): number[] {
  return beginningsAround(now, { unit: 'day', timeZone, time: { hour, minute } });
}
