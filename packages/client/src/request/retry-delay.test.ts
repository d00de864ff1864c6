import { expect, test } from 'vitest';
import { readRetryAfterMs, retryDelayMs } from './retry-delay.ts';

test('without a wish of the server the delay doubles to 8 s, and its upper half is left to chance', () => {
  const tries = [1, 2, 3, 4, 5, 6, 100];
  expect(tries.map((count) => retryDelayMs(count, undefined, 0))).toEqual([
    250, 500, 1000, 2000, 4000, 4000, 4000,
  ]);
  expect(tries.map((count) => retryDelayMs(count, undefined, 1))).toEqual([
    500, 1000, 2000, 4000, 8000, 8000, 8000,
  ]);
});

test('what the server asks for is obeyed up to a little over a minute, and more than that is no delay but an end', () => {
  expect(retryDelayMs(1, 65_000, 0.5)).toBe(65_000);
  expect(retryDelayMs(9, 10, 0.5)).toBe(10);
  expect(retryDelayMs(1, 65_001, 0.5)).toBeNull();
});

test('Retry-After is seconds or a date, and anything else asks for nothing', () => {
  const now = Date.parse('2026-11-23T05:00:00Z');
  const read = (value: string) => readRetryAfterMs(new Headers({ 'retry-after': value }), now);
  expect(['3', ' 0.25 ', 'Mon, 23 Nov 2026 05:00:10 GMT'].map(read)).toEqual([3_000, 250, 10_000]);
  expect(['0', '-1', 'soon', '', 'Mon, 23 Nov 2026 04:00:00 GMT'].map(read)).toEqual(
    Array(5).fill(undefined),
  );
  expect(readRetryAfterMs(new Headers(), now)).toBeUndefined();
});
