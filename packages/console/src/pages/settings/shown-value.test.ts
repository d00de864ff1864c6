import { expect, test } from 'vitest';
import { amountOf, binarySize, showValue } from './shown-value.ts';

test('values are written as one can set them', () => {
  const short = (text: string) => ({ kind: 'short', text });
  expect([5, 'x', true].map(showValue)).toEqual([short('5'), short('x'), short('true')]);
  expect(showValue([80, 443])).toEqual(short('80, 443'));
  expect(showValue({ a: [{ b: 1 }] })).toMatchObject({ kind: 'long', text: expect.stringContaining('\n') });
});

test('a list or a mapping that has nothing says so', () => {
  expect([[], {}].map(showValue)).toEqual([{ kind: 'empty' }, { kind: 'empty' }]);
});

test('durations and sizes are amounts, and small ones are plain as they are', () => {
  expect(amountOf('picture_lifetime_seconds', 432_000)).toEqual({ seconds: 432_000 });
  expect(amountOf('retry_max_ms', 60_000)).toEqual({ seconds: 60 });
  expect(amountOf('max_body_bytes', 2 ** 26)).toEqual({ bytes: 2 ** 26 });
  expect(amountOf('webhook_timeout_seconds', 15)).toBeUndefined();
  expect(amountOf('port', 8_787)).toBeUndefined();
  expect(amountOf('max_body_bytes', undefined)).toBeUndefined();
});

test('sizes are in powers of 1,024', () => {
  expect([1_024, 1_536, 2 ** 26, 30 * 2 ** 20, 2 ** 53].map((bytes) => binarySize(bytes, 'en'))).toEqual([
    '1 KiB',
    '1.5 KiB',
    '64 MiB',
    '30 MiB',
    '8,192 TiB',
  ]);
});
