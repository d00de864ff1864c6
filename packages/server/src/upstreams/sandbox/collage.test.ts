import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { layOut } from './collage.ts';
import type { Box } from './canvas.ts';

const side = fc.integer({ min: 1, max: 20_000 });
const pictures = fc.array(fc.record({ width: side, height: side }), { minLength: 1, maxLength: 14 });
const area = fc.record({
  left: fc.constant(0),
  top: fc.constant(0),
  width: fc.integer({ min: 192, max: 3072 }),
  height: fc.integer({ min: 192, max: 3072 }),
});

function overlaps(a: Box, b: Box): boolean {
  return (
    a.left < b.left + b.width &&
    b.left < a.left + a.width &&
    a.top < b.top + b.height &&
    b.top < a.top + a.height
  );
}

test('every picture lies whole inside the area, and no two overlap', () => {
  fc.assert(
    fc.property(pictures, area, (inputs, within) => {
      const boxes = layOut(inputs, within, 5);
      expect(boxes).toHaveLength(inputs.length);
      for (const [index, box] of boxes.entries()) {
        expect(Math.min(box.width, box.height)).toBeGreaterThanOrEqual(1);
        expect(Math.min(box.left, box.top)).toBeGreaterThanOrEqual(5);
        expect(box.left + box.width).toBeLessThanOrEqual(within.width - 5);
        expect(box.top + box.height).toBeLessThanOrEqual(within.height - 5);
        for (const other of boxes.slice(index + 1)) expect(overlaps(box, other)).toBe(false);
      }
    }),
  );
});

test('a single picture keeps its ratio and fills the area in one direction', () => {
  expect(layOut([{ width: 400, height: 200 }], { left: 0, top: 0, width: 1000, height: 900 }, 10)).toEqual([
    { left: 10, top: 205, width: 980, height: 490 },
  ]);
});

test('wide pictures are stacked where the area is high, and stand side by side where it is wide', () => {
  const wide = { width: 300, height: 100 };
  const high = { left: 0, top: 0, width: 320, height: 1000 };
  expect(layOut([wide, wide, wide], high, 10).map(({ left }) => left)).toEqual([10, 10, 10]);
  const broad = { left: 0, top: 0, width: 1000, height: 120 };
  expect(new Set(layOut([wide, wide, wide], broad, 10).map(({ top }) => top)).size).toBe(1);
});
