import { expect, test } from 'vitest';
import { queryOf, rangeOf, ranges } from './ranges.ts';

test('every time ends now and has a number of points that can be drawn and read', () => {
  const now = 1_790_000_000_500;
  for (const range of ranges) {
    const { from, to, step } = queryOf(range, now);
    expect(to).toBe(1_790_000_000);
    const points = (to - from) / step;
    expect(points).toBeGreaterThanOrEqual(6);
    expect(points).toBeLessThanOrEqual(60);
  }
});

test('a time that there is not is a day', () => {
  expect(rangeOf('week')).toBe('week');
  expect(rangeOf('century')).toBe('day');
});
