import { expect, test } from 'vitest';
import { dayMs, dayText, readDay } from './days.ts';

test('a day is read as it is written, and as any second in it', () => {
  const day = Date.UTC(2026, 10, 30);
  expect(readDay('2026-11-30')).toBe(day);
  expect([day, day + dayMs - 1].map((at) => readDay(String(Math.floor(at / 1000))))).toEqual([day, day]);
  expect(dayText(day)).toBe('2026-11-30');
  expect(dayText(readDay('253402300799'))).toBe('9999-12-31');
});

test.each([
  '',
  '2026-02-30',
  '2026-13-01',
  '2026-11-3',
  '26-11-30',
  '1969-12-31',
  '-1',
  '1.5',
  '253402300800',
  '2026-11-30T00:00Z',
  ' 5',
  'today',
])('%j is no day', (text) => {
  expect(readDay(text)).toBeNaN();
});
