import { expect, test } from 'vitest';
import { createShortFormat } from './short-format.ts';

const en = createShortFormat('en');
const zh = createShortFormat('zh');

test('counts beside an axis are short however large they are', () => {
  expect([0, 950, 9_999, 20_000, 1_500_000].map(en.tick)).toEqual(['0', '950', '9,999', '20K', '1.5M']);
  expect([20_000, 1_500_000].map(zh.tick)).toEqual(['2万', '150万']);
});

test('dollars beside an axis have the digits that they need', () => {
  const ticks = [0, 5_000, 500_000, 2_000_000, 12_345_000_000];
  expect(ticks.map(en.dollarTick)).toEqual(['$0', '$0.005', '$0.50', '$2', '$12.3K']);
});

test('dollars that are read are told to the cent, small ones finer and large ones without', () => {
  const sums = [0, 39_000, 400, 2_500_000, 9_999_990_000, 12_345_670_000];
  expect(sums.map(en.dollars)).toEqual(['$0.00', '$0.039', '$0.0004', '$2.50', '$9,999.99', '$12,346']);
  expect(zh.dollars(2_500_000)).toBe('$2.50');
});

test('durations are told as clocks tell them, without parts that are none', () => {
  const durations = [0, 0.25, 12.54, 59.96, 60, 89.6, 3_599.7, 5_400, 90_000];
  expect(durations.map(en.duration)).toEqual([
    '0s',
    '0.25s',
    '12.5s',
    '1m',
    '1m',
    '1m 30s',
    '1h',
    '1h 30m',
    '25h',
  ]);
  expect(zh.duration(90)).toBe('1分钟 30秒');
});

test('the length of a step is told in words', () => {
  expect([600, 1_800, 10_800].map(en.step)).toEqual(['10 minutes', '30 minutes', '3 hours']);
  expect([600, 43_200].map(zh.step)).toEqual(['10分钟', '12小时']);
});

test('a step has its day once', () => {
  const at = new Date(2026, 2, 4, 10).getTime() / 1000;
  expect(en.span(at, at + 1_800).replaceAll(/\s/g, ' ')).toBe('Mar 4, 10:00 – 10:30 AM');
});
