// The strip at the bottom that says what the picture is, so that nobody takes it for a model's work.

import type { Canvas } from './canvas.ts';
import { glyphAdvance, glyphHeight, strokesOf, wrapItems } from './glyphs.ts';

const ground = Uint8Array.of(23, 20, 15);
const yellow = Uint8Array.of(255, 210, 63);
const white = Uint8Array.of(244, 239, 228);

/**
 * Draws the strip over the whole width: a heading, and the items below it, broken into lines that fit. Returns its height.
 * `scale`: how many pixels of the canvas stand for one of a picture at 1K.
 */
export function drawBand(
  canvas: Pick<Canvas, 'width' | 'height' | 'paint'>,
  scale: number,
  { heading, items }: { heading: string; items: readonly string[] },
): number {
  const pixel = scale * (Math.min(canvas.width, canvas.height) < 800 * scale ? 2 : 3);
  const margin = pixel * 6;
  const inner = canvas.width - 2 * margin;
  const words = heading.split(' ');
  const maxWordLength = Math.max(...words.map((word) => word.length));
  const headingPixel = Math.min(pixel * 2, Math.floor(inner / (maxWordLength * glyphAdvance)));
  const fits = heading.length * glyphAdvance * headingPixel <= inner;
  const lines = [
    ...(fits ? [heading] : words).map((text) => ({ text, side: headingPixel, ink: yellow })),
    ...wrapItems(items, Math.floor(inner / (glyphAdvance * pixel))).map((text) => ({
      text,
      side: pixel,
      ink: white,
    })),
  ];

  const leading = glyphHeight + 3;
  const height = 2 * margin - 3 * pixel + lines.reduce((sum, { side }) => sum + leading * side, 0);
  let top = canvas.height - height;
  canvas.paint({ left: 0, top, width: canvas.width, height }, ground);
  canvas.paint({ left: 0, top, width: canvas.width, height: pixel }, yellow);
  top += margin;
  for (const { text, side, ink } of lines) {
    for (const stroke of strokesOf(text, margin, top, side)) canvas.paint(stroke, ink);
    top += leading * side;
  }
  return height;
}
