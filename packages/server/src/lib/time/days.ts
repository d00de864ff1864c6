// Days of UTC, by their beginnings in Unix milliseconds.

export const dayMs = 24 * 3_600_000;

/** Begin of the day that `at` is in. */
export function dayOf(at: number): number {
  return at - (at % dayMs);
}

/** Writes a day as 2026-11-30. */
export function dayText(day: number): string {
  return new Date(day).toISOString().slice(0, 10);
}

/** The last second of the year 9999, after which years have more digits. */
const latestSeconds = 253_402_300_799;

/** Reads a day from 1970 on, or the day that a time in Unix seconds is in. `NaN` for what is neither. */
export function readDay(text: string): number {
  if (/^\d{1,12}$/.test(text)) return Number(text) > latestSeconds ? Number.NaN : dayOf(Number(text) * 1000);
  const day = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(text) : Number.NaN;
  // The 30th of February would be the second of March.
  return day >= 0 && dayText(day) === text ? day : Number.NaN;
}
