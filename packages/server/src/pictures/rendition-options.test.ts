import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { planRendition } from './rendition-options.ts';

test('a plan is never larger than the picture or than what was asked for, whatever was', () => {
  const side = fc.integer({ min: 1, max: 30_000 });
  const asked = fc.option(fc.integer({ min: 1, max: 4096 }), { nil: undefined });
  fc.assert(
    fc.property(side, side, asked, asked, (width, height, w, h) => {
      const source = { key: 'a', content_type: 'image/gif', bytes: 1, width, height };
      const options = { ...(w === undefined ? {} : { width: w }), ...(h === undefined ? {} : { height: h }) };
      const plan = planRendition(source, options);
      expect(plan).toMatchObject({ format: 'png', quality: undefined });
      expect(plan?.width).toBeLessThanOrEqual(Math.min(width, w ?? width));
      expect(plan?.height).toBeLessThanOrEqual(Math.min(height, h ?? height));
      expect((plan?.width ?? 0) * (plan?.height ?? 0)).toBeLessThanOrEqual(20_000_000);
    }),
    { numRuns: 1_000 },
  );
});

test('every 4K result is had in its own size in any format', () => {
  for (const [width, height] of [
    [4096, 4096],
    [5504, 3072],
    [6336, 2688],
  ] as const) {
    const source = { key: 'a', content_type: 'image/png', bytes: 1, width, height };
    expect(planRendition(source, { format: 'avif' })).toEqual({ width, height, format: 'avif', quality: 50 });
  }
});
