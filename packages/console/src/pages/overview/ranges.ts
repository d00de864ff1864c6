// The ranges of time that the overview can show, and the chosen one.

import { createStored } from '../../stored.ts';

export const ranges = ['hour', 'day', 'week', 'month'] as const;
export type Range = (typeof ranges)[number];

/**
 * How long each is, and how far its points lie apart, in seconds. The server would give up to 200 points: as bars on a phone they
 * would be hairs, and as a table too long to read.
 */
const spans: Record<Range, { seconds: number; step: number }> = {
  hour: { seconds: 3_600, step: 600 },
  day: { seconds: 86_400, step: 1_800 },
  week: { seconds: 7 * 86_400, step: 3 * 3_600 },
  month: { seconds: 30 * 86_400, step: 12 * 3_600 },
};

/** Query for a range that ends at `now` (Unix milliseconds). */
export function queryOf(range: Range, now: number): { from: number; to: number; step: number } {
  const to = Math.floor(now / 1000);
  const { seconds, step } = spans[range];
  return { from: to - seconds, to, step };
}

export const chosenRange = createStored<Range>('plantain.overview.range.1', 'day', rangeOf);

/** Reads a range; a day for any other text. */
export function rangeOf(text: string): Range {
  return ranges.find((each) => each === text) ?? 'day';
}
