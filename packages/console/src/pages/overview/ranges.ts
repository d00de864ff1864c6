// The times that the overview can show.

export const ranges = ['hour', 'day', 'week', 'month'] as const;
export type Range = (typeof ranges)[number];

const seconds: Record<Range, number> = { hour: 3_600, day: 86_400, week: 7 * 86_400, month: 30 * 86_400 };

/** What is asked of the server at this moment (Unix milliseconds). */
export function queryOf(range: Range, now: number): { from: number; to: number } {
  const to = Math.floor(now / 1000);
  return { from: to - seconds[range], to };
}
