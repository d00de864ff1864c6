// Pixels to draw on, three bytes each. Everything is made of rectangles, so that it is drawn by copying rows: that takes about
// 2 ms for a picture at 1K, with the arithmetic of its scene. Laying a photograph on a canvas of 2K takes 5 ms, where the library's own
// composition took 500 ms (one core).

import type { Dimensions } from './dimensions.ts';

/** An area in pixels; `left` and `top` count from the picture's top left corner. */
export interface Box extends Dimensions {
  left: number;
  top: number;
}

/** Three bytes: red, green and blue. */
export type Colour = Uint8Array;

/** Makes a colour of a hue in degrees, a saturation and a lightness in percent. */
export function hsl(hue: number, saturation: number, lightness: number): Colour {
  const light = lightness / 100;
  const reach = (saturation / 100) * Math.min(light, 1 - light);
  const channel = (offset: number) => {
    const turn = (offset + hue / 30 + 1200) % 12;
    return Math.round(255 * (light - reach * Math.max(-1, Math.min(turn - 3, 9 - turn, 1))));
  };
  return Uint8Array.of(channel(0), channel(8), channel(4));
}

/** Chooses the colour of a cell of a grid, counted from the top left; neighbours of one colour get the same object. */
export type Shade = (column: number, row: number) => Colour;

export interface Canvas extends Dimensions {
  /** Row after row, three bytes a pixel. */
  pixels: Buffer;
  /** Paints an area that lies inside the canvas. */
  paint(area: Box, colour: Colour): void;
  /** Paints the upper `height` pixels with square cells, `side` pixels wide; the last row of cells may be cut off. */
  shade(side: number, height: number, shade: Shade): void;
  /** Copies pixels of the same format onto an area that lies inside the canvas. */
  lay(area: Box, pixels: Buffer): void;
}

export function createCanvas({ width, height }: Dimensions): Canvas {
  const pixels = Buffer.alloc(width * height * 3);
  const at = (left: number, top: number) => (top * width + left) * 3;
  const paint = (area: Box, colour: Colour) => {
    const first = at(area.left, area.top);
    const end = first + area.width * 3;
    pixels.fill(colour, first, end);
    for (let row = 1; row < area.height; row++) pixels.copyWithin(at(area.left, area.top + row), first, end);
  };
  return {
    width,
    height,
    pixels,
    paint,
    shade(side, shadedHeight, shade) {
      for (let top = 0; top < shadedHeight; top += side) {
        let left = 0;
        while (left < width) {
          const colour = shade(left / side, top / side);
          let end = left + side;
          while (end < width && shade(end / side, top / side) === colour) end += side;
          paint({ left, top, width: end - left, height: 1 }, colour);
          left = end;
        }
        const rows = Math.min(side, shadedHeight - top);
        for (let row = 1; row < rows; row++) pixels.copyWithin(at(0, top + row), at(0, top), at(0, top + 1));
      }
    },
    lay(area, from) {
      const rowBytes = area.width * 3;
      for (let row = 0; row < area.height; row++)
        from.copy(pixels, at(area.left, area.top + row), row * rowBytes, (row + 1) * rowBytes);
    },
  };
}
