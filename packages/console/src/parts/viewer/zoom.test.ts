import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { fitScale, scaleOf, type Zoom, zoomBy, zoomIn, zoomOut, zoomToggled } from './zoom.ts';

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

test('fingers choose any size, from the fit to the largest step', () => {
  expect(zoomBy('fit', 0.5, 1.5)).toBe(0.75);
  expect(zoomBy(0.75, 0.5, 0.6)).toBe('fit');
  expect(zoomBy(6, 0.5, 2)).toBe(8);
  expect(zoomBy('fit', 0.5, 0.9)).toBe('fit');
});

test('a double click shows the picture in its own size, or larger where that is seen already, and then whole again', () => {
  expect(zoomToggled('fit', 0.4)).toBe(1);
  expect(zoomToggled('fit', 1)).toBe(2);
  expect(zoomToggled(3, 0.4)).toBe('fit');
});
