// Beginnings of days and months in a time zone.

/// <reference lib="esnext.temporal" />

/**
 * Beginnings around `at`, in Unix milliseconds and in order: at least one is not after `at` and one is. A day begins at `time`, a month at the
 * `time` of its first day. Where a clock change skips that time, it is as much later as was skipped; where it comes twice, the first counts.
 * Two days to each side, for two rarities: a day that a zone left out (Samoa, 2011-12-30), and clocks set back over midnight, after which
 * yesterday's date has today's beginning behind it. Throws `RangeError` for a time zone that is not known.
 */
export function beginningsAround(
  at: number,
  {
    unit,
    timeZone,
    time,
  }: { unit: 'day' | 'month'; timeZone: string; time?: { hour: number; minute: number } },
): number[] {
  const today = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(timeZone).toPlainDate();
  const plainTime = Temporal.PlainTime.from(time ?? { hour: 0, minute: 0 });
  const first = unit === 'day' ? today : today.with({ day: 1 });
  return [-2, -1, 0, 1, 2].map(
    (steps) => first.add({ [`${unit}s`]: steps }).toZonedDateTime({ timeZone, plainTime }).epochMilliseconds,
  );
}
