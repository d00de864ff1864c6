// When the quotas of a day begin anew: at an hour in the time zone of the upstream, as Gemini's at midnight Pacific.
// Where a clock change skips that hour, it is as much later as was skipped; where the hour comes twice, the first counts.

/// <reference lib="esnext.temporal" />

import type { QuotaReset } from '../core/upstreams/routes.ts';

/** The latest reset that is not after `now`, both in Unix milliseconds. Throws `RangeError` for a time zone that is not known. */
export function lastReset(now: number, reset: QuotaReset): number {
  return resetsAround(now, reset).findLast((at) => at <= now)!;
}

/** The first reset after `now`, both in Unix milliseconds. Throws `RangeError` for a time zone that is not known. */
export function nextReset(now: number, reset: QuotaReset): number {
  return resetsAround(now, reset).find((at) => at > now)!;
}

/**
 * In order; at least one is not after `now` and one is. Two days to each side, for two rarities: a day that a zone left out
 * (Samoa, 2011-12-30), and clocks set back over midnight, after which yesterday's date has today's reset behind it.
 */
function resetsAround(now: number, { hour, minute = 0, timeZone }: QuotaReset): number[] {
  const today = Temporal.Instant.fromEpochMilliseconds(now).toZonedDateTimeISO(timeZone).toPlainDate();
  const plainTime = new Temporal.PlainTime(hour, minute);
  return [-2, -1, 0, 1, 2].map(
    (days) => today.add({ days }).toZonedDateTime({ timeZone, plainTime }).epochMilliseconds,
  );
}
