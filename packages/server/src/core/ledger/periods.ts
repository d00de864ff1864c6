// Periods of budgets as intervals of time. Those of one budget follow each other without a gap.

import { beginningsAround } from '../../lib/time/calendar.ts';
import type { Budget } from '../limits/limits.ts';

/** Unix milliseconds, the end excluded. */
export interface Interval {
  startsAt: number;
  endsAt: number;
}

/** All of time: the interval of budgets that never begin anew, and of the sum reserved. The end is the last time that a `Date` has. */
export const allTime: Interval = { startsAt: 0, endsAt: 8_640_000_000_000_000 };

/** Interval of the budget's period at `at`. Throws `RangeError` for a time zone that is not known. */
export function periodAt(at: number, { period, timeZone }: Pick<Budget, 'period' | 'timeZone'>): Interval {
  if (period === 'total') return allTime;
  const beginnings = beginningsAround(at, { unit: period, timeZone });
  return {
    startsAt: beginnings.findLast((beginning) => beginning <= at)!,
    endsAt: beginnings.find((beginning) => beginning > at)!,
  };
}

/** Interval of the day for which pictures are counted: of the budget's time zone, else of UTC. */
export function dayAt(at: number, budget: Budget | null): Interval {
  return periodAt(at, { period: 'day', timeZone: budget?.timeZone ?? 'UTC' });
}
