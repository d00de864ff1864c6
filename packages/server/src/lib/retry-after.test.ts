import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { readRetryAfterMs } from './retry-after.ts';

const now = Date.parse('2026-11-22T12:00:00Z');

test('seconds, milliseconds and dates are read as the delay from now', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 10_000_000 }), (seconds) => {
      const date = new Date(now + seconds * 1000).toUTCString();
      expect(readRetryAfterMs({ 'retry-after': String(seconds) }, now)).toBe(seconds * 1000);
      expect(readRetryAfterMs({ 'retry-after': date }, now)).toBe(seconds * 1000);
      expect(readRetryAfterMs({ 'retry-after-ms': String(seconds) }, now)).toBe(seconds);
    }),
  );
});

test('milliseconds win over seconds, and fractions are rounded up', () => {
  expect(readRetryAfterMs({ 'retry-after-ms': '20.2', 'retry-after': '9' }, now)).toBe(21);
  expect(readRetryAfterMs({ 'retry-after-ms': 'x', 'retry-after': '1.5' }, now)).toBe(1500);
});

test.each([undefined, '', '0', '-5', 'soon', '1e9', 'NaN', ['1', '2'], 'Sat, 21 Nov 2026 12:00:00 GMT'])(
  'a header of %o asks for no delay',
  (header) => {
    expect(readRetryAfterMs({ 'retry-after': header }, now)).toBeUndefined();
  },
);
