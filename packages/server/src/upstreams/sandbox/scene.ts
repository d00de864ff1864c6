// The picture itself, as the colours of a grid: hills, orbits or tiles, chosen by the hash. Few flat colours, on purpose:
// they are drawn in milliseconds and compress well.

import { hsl } from './canvas.ts';
import type { Colour, Shade } from './canvas.ts';
import type { Dimensions } from './dimensions.ts';
import type { Dice } from './fingerprint.ts';

/** Colours that go together. `step` moves along their hues, `lightness` is in percent. */
type Palette = (step: number, lightness: number) => Colour;

/** Chooses a scene for a grid of that many cells. */
export function composeScene(dice: Dice, grid: Dimensions): Shade {
  const hue = dice.whole(0, 359);
  const spread = dice.whole(18, 62) * (dice.whole(0, 1) * 2 - 1);
  const saturation = dice.whole(36, 80);
  const brightness = dice.whole(-12, 8);
  const palette: Palette = (step, lightness) => hsl(hue + step * spread, saturation, lightness + brightness);
  return dice.oneOf([drawHills, drawOrbits, drawTiles])(dice, grid, palette);
}

function range<T>(length: number, make: (index: number) => T): T[] {
  return Array.from({ length }, (_, index) => make(index));
}

/** A sun with its halo over hills that darken towards the viewer. */
function drawHills(dice: Dice, { width, height }: Dimensions, palette: Palette): Shade {
  const sky = range(16, (step) => palette(step / 15, 34 + (step * 40) / 15));
  const radius = Math.min(width, height) * dice.between(0.12, 0.2);
  const sunX = width * dice.between(0.2, 0.8);
  const sunY = height * dice.between(0.18, 0.4);
  const sun = [palette(2, 86), palette(1.6, 74), palette(1.3, 66)];
  const count = dice.whole(4, 6);
  const hills = range(count, (index) => {
    const swell = Math.min(height * 0.05, width * 0.1) * dice.between(0.5, 1.1);
    const pace = Math.PI / Math.max(height * 0.3, width * dice.between(0.14, 0.3));
    const phase = dice.between(0, 6);
    return {
      tops: range(
        width,
        (x) => height * (0.42 + (0.58 * index) / count) + swell * Math.sin(x * pace + phase),
      ),
      colour: palette(1 + index * 0.35, 62 - (index * 46) / count),
    };
  }).toReversed();
  return (x, y) => {
    for (const { tops, colour } of hills) if (y > (tops[x] ?? 0)) return colour;
    const distance = Math.sqrt((x - sunX) ** 2 + (y - sunY) ** 2);
    const step = Math.floor((y / height) * sky.length);
    return sun[Math.max(0, Math.floor((distance / radius) * 2) - 1)] ?? (sky[step] as Colour);
  };
}

/** Rings around two centres, whose colours add up where they cross. */
function drawOrbits(dice: Dice, { width, height }: Dimensions, palette: Palette): Shade {
  const colours = range(12, (step) => palette(step * 0.4, 32 + (step % 6) * 8));
  const centres = range(2, () => ({
    x: width * dice.between(0.1, 0.9),
    y: height * dice.between(0.1, 0.9),
    gap: Math.sqrt(width * height) / dice.whole(7, 12),
  }));
  return (x, y) => {
    let ring = 0;
    for (const centre of centres)
      ring += Math.floor(Math.sqrt((x - centre.x) ** 2 + (y - centre.y) ** 2) / centre.gap);
    return colours[ring % colours.length] as Colour;
  };
}

/** A wall of square tiles with quarter circles, discs, leaves and half circles in turn. */
function drawTiles(dice: Dice, { width, height }: Dimensions, palette: Palette): Shade {
  const columns = Math.round((width * dice.whole(5, 7)) / Math.sqrt(width * height));
  const side = width / columns;
  const shapes = [
    (u: number, v: number) => u ** 2 + v ** 2 < 1,
    (u: number, v: number) => (u - 0.5) ** 2 + (v - 0.5) ** 2 < 0.13,
    (u: number, v: number) => u ** 2 + v ** 2 < 1 && (1 - u) ** 2 + (1 - v) ** 2 < 1,
    (u: number, v: number) => (u - 0.5) ** 2 + v ** 2 < 0.25,
  ];
  const tiles = range(columns * Math.ceil(height / side), () => {
    const step = dice.whole(0, 4);
    return {
      covers: dice.oneOf(shapes),
      mirrored: dice.oneOf([false, true]),
      upended: dice.oneOf([false, true]),
      ground: palette(step, 26 + step * 5),
      colour: palette(step + dice.whole(1, 3), dice.between(56, 84)),
    };
  });
  return (x, y) => {
    const u = (x / side) % 1;
    const v = (y / side) % 1;
    const tile = tiles[Math.floor(y / side) * columns + Math.floor(x / side)] as (typeof tiles)[number];
    return tile.covers(tile.mirrored ? 1 - u : u, tile.upended ? 1 - v : v) ? tile.colour : tile.ground;
  };
}
