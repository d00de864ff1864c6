import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TaskError } from '../../core/errors.ts';
import { dimensionsOf, ratios, resolveRatio } from './dimensions.ts';

function quotient(ratio: string): number {
  const [width, height] = ratio.split(':').map(Number);
  return (width ?? Number.NaN) / (height ?? Number.NaN);
}

describe('dimensionsOf', () => {
  test.each([
    ['1:1', '512', 512, 512],
    ['1:1', '1K', 1024, 1024],
    ['1:1', '4K', 4096, 4096],
    ['16:9', '1K', 1376, 768],
    ['16:9', '2K', 2752, 1536],
  ] as const)('%s at %s is %i x %i', (ratio, size, width, height) => {
    expect(dimensionsOf(ratio, size)).toEqual({ width, height });
  });

  test('there are fourteen ratios', () => {
    expect(ratios).toHaveLength(14);
  });

  test.each(ratios)('%s is met within 2 % in whole blocks of 16 and about the same area', (ratio) => {
    const { width, height } = dimensionsOf(ratio, '1K');
    expect(Math.abs(width / height / quotient(ratio) - 1)).toBeLessThan(0.02);
    expect([width % 16, height % 16]).toEqual([0, 0]);
    expect(Math.abs((width * height) / 1024 ** 2 - 1)).toBeLessThan(0.13);
  });

  test('another ratio is an upstream_bad_request', () => {
    expect(() => dimensionsOf('7:3', '1K')).toThrow(TaskError);
    expect(() => dimensionsOf('toString', '1K')).toThrow(TaskError);
  });
});

describe('resolveRatio', () => {
  test('a ratio that was asked for is kept', () => {
    expect(resolveRatio('4:5', [{ width: 10, height: 1 }])).toBe('4:5');
  });

  test('auto is square without inputs', () => {
    expect(resolveRatio('auto', [])).toBe('1:1');
  });

  test('auto follows the last input', () => {
    expect(
      resolveRatio('auto', [
        { width: 100, height: 100 },
        { width: 1920, height: 1080 },
      ]),
    ).toBe('16:9');
  });

  test('auto finds every ratio again from its own pixels, and the extremes from beyond them', () => {
    for (const ratio of ratios) expect(resolveRatio('auto', [dimensionsOf(ratio, '2K')])).toBe(ratio);
    expect(resolveRatio('auto', [{ width: 9000, height: 10 }])).toBe('8:1');
  });

  test('auto is one of the fourteen for any input', () => {
    const side = fc.integer({ min: 1, max: 50_000 });
    fc.assert(
      fc.property(side, side, (width, height) => {
        expect(ratios).toContain(resolveRatio('auto', [{ width, height }]));
      }),
    );
  });
});
