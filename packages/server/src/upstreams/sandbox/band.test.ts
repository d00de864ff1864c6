import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { drawBand } from './band.ts';
import { dimensionsOf, ratios } from './dimensions.ts';
import { textPath, wrapItems } from './glyphs.ts';

const canvases = ratios.flatMap((ratio) => (['512', '1K'] as const).map((size) => dimensionsOf(ratio, size)));

test('letters stay inside the strip, on every canvas and for any model name', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...canvases),
      fc.string({ maxLength: 60, unit: 'binary' }),
      (canvas, model) => {
        const { svg, height } = drawBand(canvas, 'PLANTAIN SANDBOX', [model, '1K 1024x1024', '#0123abcd']);
        expect(height).toBeLessThan(canvas.height * 0.45);
        const strokes = Array.from(svg.matchAll(/M([\d.]+) ([\d.]+)h([\d.]+)/g), ([, x, y, ink]) => ({
          right: Number(x) + Number(ink),
          top: Number(y),
        }));
        expect(Math.max(...strokes.map(({ right }) => right))).toBeLessThanOrEqual(canvas.width);
        expect(Math.min(...strokes.map(({ top }) => top))).toBeGreaterThan(canvas.height - height);
        expect(Math.max(...strokes.map(({ top }) => top))).toBeLessThan(canvas.height);
      },
    ),
  );
});

test('every letter, digit and sign of a model name has a glyph of its own, and lower case is drawn as upper', () => {
  const characters = Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.:/_#');
  expect(new Set(characters.map((character) => textPath(character, 0, 0, 1))).size).toBe(characters.length);
  expect(textPath('a', 0, 0, 1)).toBe(textPath('A', 0, 0, 1));
});

test('a character without a glyph is an empty box', () => {
  expect(textPath('漢', 0, 0, 1)).toBe(textPath('€', 0, 0, 1));
  expect(textPath('漢', 0, 0, 1)).not.toBe('');
});

test('items are broken into lines that fit, and nothing of them is lost', () => {
  fc.assert(
    fc.property(
      fc.array(fc.stringMatching(/^\w{1,40}$/)),
      fc.integer({ min: 3, max: 60 }),
      (items, columns) => {
        const lines = wrapItems(items, columns);
        for (const line of lines) expect(line.length).toBeLessThanOrEqual(columns);
        expect(lines.join('').replaceAll(' ', '')).toBe(items.join(''));
      },
    ),
  );
});
