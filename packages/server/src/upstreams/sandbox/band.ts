// The strip at the bottom that says what the picture is, so that nobody takes it for a model's work.

import type { Dimensions } from './dimensions.ts';
import { glyphAdvance, glyphHeight, textPath, wrapItems } from './glyphs.ts';

export interface Band {
  /** SVG content at its place on the canvas, over the whole width. */
  svg: string;
  /** Pixels. */
  height: number;
}

/** Draws the strip for a canvas: a heading, and the items below it, broken into lines that fit. */
export function drawBand(canvas: Dimensions, heading: string, items: readonly string[]): Band {
  const pixel = Math.min(canvas.width, canvas.height) < 800 ? 2 : 3;
  const margin = pixel * 6;
  const inner = canvas.width - 2 * margin;
  const maxWordLength = Math.max(...heading.split(' ').map((word) => word.length));
  const headingPixel = Math.min(pixel * 2, Math.floor(inner / (maxWordLength * glyphAdvance)));
  const fits = heading.length * glyphAdvance * headingPixel <= inner;

  const lines = [
    ...(fits ? [heading] : heading.split(' ')).map((text) => ({ text, side: headingPixel, ink: '#ffd23f' })),
    ...wrapItems(items, Math.floor(inner / (glyphAdvance * pixel))).map((text) => ({
      text,
      side: pixel,
      ink: '#f4efe4',
    })),
  ];
  const leading = glyphHeight + 3;
  const height = 2 * margin - 3 * pixel + lines.reduce((sum, { side }) => sum + leading * side, 0);
  let top = canvas.height - height;
  let svg =
    `<rect y="${top}" width="${canvas.width}" height="${height}" fill="#17140f"/>` +
    `<rect y="${top}" width="${canvas.width}" height="${pixel}" fill="#ffd23f"/>`;
  top += margin;
  for (const { text, side, ink } of lines) {
    svg += `<path d="${textPath(text, margin, top, side)}" fill="${ink}"/>`;
    top += leading * side;
  }
  return { height, svg: `<g shape-rendering="crispEdges">${svg}</g>` };
}
