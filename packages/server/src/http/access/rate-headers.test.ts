import { expect, test } from 'vitest';
import type { Rate } from '../../core/limits/rates.ts';
import { addRateHeaders } from './rate-headers.ts';

const rateHeaders = (rates: Rate[]) => {
  const headers: string[] = [];
  addRateHeaders(headers, rates);
  return headers;
};
const rate = (left: number, name = 'query') => ({ name, max: 50_000_000, left, seconds: 7 });
const told = (left: number) => rateHeaders([rate(left)])[3];

test('rates are told in the two fields, each with its name', () => {
  expect(rateHeaders([])).toEqual([]);
  expect(rateHeaders([rate(3), { ...rate(9, 'query-owner'), max: 10 }])).toEqual([
    'RateLimit-Policy',
    '"query";q=50000000;w=60, "query-owner";q=10;w=60',
    'RateLimit',
    '"query";r=3;t=7, "query-owner";r=9;t=7',
  ]);
});

test('never more is told than is left, and the number itself where that is less than ten thousand', () => {
  expect([0, 1, 9_999].map(told)).toEqual(['"query";r=0;t=7', '"query";r=1;t=7', '"query";r=9999;t=7']);
  expect([10_000, 12_399, 45_678_901].map(told)).toEqual([
    '"query";r=10000;t=7',
    '"query";r=12300;t=7',
    '"query";r=45600000;t=7',
  ]);
});

test('texts that are remembered are those of their rate, however many there were', () => {
  for (let left = 0; left < 12_000; left += 1)
    expect(told(left)).toBe(`"query";r=${left < 10_000 ? left : Math.floor(left / 100) * 100};t=7`);
});
