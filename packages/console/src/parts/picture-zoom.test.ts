import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { fitScale, scaleOf, type Zoom, zoomIn, zoomOut } from './picture-zoom.ts';

const fits = fc.double({ min: 0.01, max: 1, noNaN: true });

test('a picture fits by the side that lacks room, and is never enlarged for it', () => {
  expect(fitScale({ width: 2000, height: 1000 }, { width: 500, height: 500 })).toBe(0.25);
  expect(fitScale({ width: 1000, height: 4000 }, { width: 500, height: 500 })).toBe(0.125);
  expect(fitScale({ width: 100, height: 100 }, { width: 500, height: 500 })).toBe(1);
});

test('zooming in grows until the largest step, and zooming out shrinks back to the fit', () => {
  fc.assert(
    fc.property(fits, (fit) => {
      let zoom: Zoom = 'fit';
      for (let next = zoomIn(zoom, fit); next !== zoom; next = zoomIn(zoom, fit)) {
        expect(scaleOf(next, fit)).toBeGreaterThan(scaleOf(zoom, fit));
        zoom = next;
      }
      expect(zoom).toBe(8);
      for (let next = zoomOut(zoom, fit); next !== zoom; next = zoomOut(zoom, fit)) {
        expect(scaleOf(next, fit)).toBeLessThan(scaleOf(zoom, fit));
        zoom = next;
      }
      expect(zoom).toBe('fit');
    }),
  );
});
