import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { anyCharacter } from '../../lib/any-character.fixture.ts';
import { drawBand } from './band.ts';
import { dimensionsOf, ratios } from './dimensions.ts';
import { strokesOf, wrapItems } from './glyphs.ts';
import type { Box } from './canvas.ts';

const canvases = ratios.flatMap((ratio) => (['512', '1K'] as const).map((size) => dimensionsOf(ratio, size)));

test('letters stay inside the strip, on every canvas and for any model name', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...canvases),
      fc.string({ maxLength: 60, unit: anyCharacter }),
      (canvas, model) => {
        const strokes: (Box & { right: number })[] = [];
        const paint = (box: Box) => strokes.push({ ...box, right: box.left + box.width });
        const items = [model, '1K 1024x1024', '#0123abcd'];
        const height = drawBand({ ...canvas, paint }, 1, { heading: 'PLANTAIN SANDBOX', items });
        expect(height).toBeLessThan(canvas.height * 0.45);
        // The first two are the strip itself and the line on its upper edge.
        strokes.splice(0, 2);
        expect(Math.max(...strokes.map(({ right }) => right))).toBeLessThanOrEqual(canvas.width);
        expect(Math.min(...strokes.map(({ top }) => top))).toBeGreaterThan(canvas.height - height);
        expect(Math.max(...strokes.map(({ top }) => top))).toBeLessThan(canvas.height);
      },
    ),
  );
});

test('every letter, digit and sign of a model name has a glyph of its own, and lower case is drawn as upper', () => {
  const characters = Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.:/_#');
  expect(new Set(characters.map((character) => JSON.stringify(strokesOf(character, 0, 0, 1)))).size).toBe(
    characters.length,
  );
  expect(strokesOf('a', 0, 0, 1)).toEqual(strokesOf('A', 0, 0, 1));
});

test('a character without a glyph is an empty box', () => {
  expect(strokesOf('漢', 0, 0, 1)).toEqual(strokesOf('€', 0, 0, 1));
  expect(strokesOf('漢', 0, 0, 1)).not.toEqual([]);
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
