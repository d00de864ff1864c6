import { expect, test } from 'vitest';
import { queryOf, rangeOf, ranges } from './ranges.ts';

test('an hour, a day, a week and a month can be chosen', () => {
  expect(ranges).toEqual(['hour', 'day', 'week', 'month']);
});

test.each(ranges)(
  'a range, such as a %s, ends now and has a number of points that can be drawn and read',
  (range) => {
    const { from, to, step } = queryOf(range, 1_790_000_000_500);
    expect(to).toBe(1_790_000_000);
    const points = (to - from) / step;
    expect(points).toBeGreaterThanOrEqual(6);
    expect(points).toBeLessThanOrEqual(60);
  },
);

test('a time that there is not is a day', () => {
  expect(rangeOf('week')).toBe('week');
  expect(rangeOf('century')).toBe('day');
});
