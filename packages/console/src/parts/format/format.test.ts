import { expect, test } from 'vitest';
import { createFormat } from './format.ts';

const { duration, elapsed, bytes, dollars } = createFormat('en');

test('a duration has at most two units, and no second one that is nothing', () => {
  for (const [seconds, text] of [
    [0, '0 sec'],
    [7.25, '7.3 sec'],
    [59.96, '1 min'],
    [60, '1 min'],
    [119.6, '2 min'],
    [200, '3 min 20 sec'],
    [900, '15 min'],
    [3_599.7, '1 hr'],
    [3_600, '1 hr'],
    [5_400, '1 hr 30 min'],
    [86_400, '1 day'],
    [5 * 86_400 + 3 * 3_600, '5 days 3 hr'],
  ] as const)
    expect(duration(seconds)).toBe(text);
});

test('what took no whole second took less than one', () => {
  expect([elapsed(0), elapsed(1), elapsed(61)]).toEqual(['< 1 sec', '1 sec', '1 min 1 sec']);
});

test('sizes and sums of money are as long as they need to be', () => {
  expect([bytes(0), bytes(999), bytes(1_500), bytes(2_000_000)]).toEqual([
    '0 byte',
    '999 byte',
    '1.5 kB',
    '2 MB',
  ]);
  expect([dollars(0), dollars(1_234), dollars(67_206), dollars(12_345_670_000)]).toEqual([
    '$0.00',
    '$0.0012',
    '$0.0672',
    '$12,345.67',
  ]);
  expect(createFormat('zh-CN').dollars(67_206)).toBe('$0.0672');
});
