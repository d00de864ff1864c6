import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { allTime, periodAt } from './periods.ts';

const hour = 3_600_000;
const zones = [
  'UTC',
  'Europe/Berlin',
  'America/Los_Angeles',
  'Asia/Kolkata',
  'Pacific/Apia',
  'America/St_Johns',
  'Australia/Lord_Howe',
  'America/Havana',
  'Africa/Cairo',
];
const from = Date.UTC(2005, 0, 1);
const to = Date.UTC(2040, 0, 1);
const moment = fc.record({
  at: fc.integer({ min: from, max: to }),
  timeZone: fc.constantFrom(...zones),
  period: fc.constantFrom('day' as const, 'month' as const),
});

test('each moment is in one period, and periods follow each other without a gap', () => {
  fc.assert(
    fc.property(moment, ({ at, ...budget }) => {
      const { startsAt, endsAt } = periodAt(at, budget);
      expect(startsAt).toBeLessThanOrEqual(at);
      expect(endsAt).toBeGreaterThan(at);
      expect(periodAt(startsAt, budget)).toEqual({ startsAt, endsAt });
      expect(periodAt(endsAt - 1, budget)).toEqual({ startsAt, endsAt });
      expect(periodAt(endsAt, budget).startsAt).toBe(endsAt);
      expect(periodAt(startsAt - 1, budget).endsAt).toBe(startsAt);
    }),
    { numRuns: 2_000 },
  );
});

test('a day on which the clocks change has 23 or 25 hours, and begins at midnight there', () => {
  const berlin = { period: 'day', timeZone: 'Europe/Berlin' } as const;
  const spring = periodAt(Date.UTC(2026, 2, 29, 12), berlin);
  expect(spring).toEqual({ startsAt: Date.UTC(2026, 2, 28, 23), endsAt: Date.UTC(2026, 2, 29, 22) });
  const autumn = periodAt(Date.UTC(2026, 9, 25, 12), berlin);
  expect(autumn.endsAt - autumn.startsAt).toBe(25 * hour);
});

test('a month has the days of its calendar, and a budget in total has all of time', () => {
  const { startsAt, endsAt } = periodAt(Date.UTC(2028, 1, 29), { period: 'month', timeZone: 'UTC' });
  expect([startsAt, endsAt]).toEqual([Date.UTC(2028, 1, 1), Date.UTC(2028, 2, 1)]);
  expect(periodAt(from, { period: 'total', timeZone: 'UTC' })).toEqual(allTime);
});
