import { expect, test } from 'vitest';
import { timeTicks } from './ticks.ts';

/** Unix seconds, by the clock of whoever looks. */
const at = (day: number, hour: number, minute = 0) => new Date(2026, 2, day, hour, minute).getTime() / 1000;
const plain = (texts: string[]) => texts.map((text) => text.replaceAll(/\s/g, ' '));

test('full hours are told without minutes, and midnight by its day', () => {
  expect(plain(timeTicks([at(4, 18), at(5, 0), at(5, 6)], 6 * 3_600, 'en'))).toEqual([
    '6 PM',
    'Mar 5',
    '6 AM',
  ]);
  expect(timeTicks([at(4, 18), at(5, 0)], 6 * 3_600, 'zh')).toEqual(['18时', '3月5日']);
});

test('parts of hours are told with minutes', () => {
  expect(plain(timeTicks([at(4, 10), at(4, 10, 30)], 1_800, 'en'))).toEqual(['10:00 AM', '10:30 AM']);
});

test('marks that are days apart are days', () => {
  expect(timeTicks([at(4, 0), at(6, 0)], 2 * 86_400, 'en')).toEqual(['Mar 4', 'Mar 6']);
});
