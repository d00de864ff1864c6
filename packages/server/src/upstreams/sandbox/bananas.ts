// Bananas, ripe or green, on top of a scene.

import { hsl } from './canvas.ts';
import type { Colour, Shade } from './canvas.ts';
import type { Dimensions } from './dimensions.ts';
import type { Dice } from './fingerprint.ts';

const outline = hsl(34, 50, 14);
const stem = hsl(34, 42, 26);

/** Lays bananas side by side along the longer side of the grid, as many as its length asks for. */
export function layBananas(dice: Dice, { width, height }: Dimensions, scene: Shade): Shade {
  const slender = Math.max(width, height) / Math.min(width, height);
  const count = dice.whole(Math.ceil(slender * 0.6), Math.ceil(slender * 1.5));
  const room = Math.max(width, height) / count;
  const bananas = Array.from({ length: count }, (_, index) => {
    const along = room * (index + 0.5);
    const [x, y] = width >= height ? [along, height / 2] : [width / 2, along];
    return createBanana(dice, x, y, Math.min(room, width, height) * dice.between(0.34, 0.44));
  });
  return (x, y) => {
    for (const banana of bananas) {
      const colour = banana(x, y);
      if (colour) return colour;
    }
    return scene(x, y);
  };
}

/** Makes a banana around its middle, `size` half its length in cells: the part of a circle that lies outside of another one. */
function createBanana(
  dice: Dice,
  x: number,
  y: number,
  size: number,
): (column: number, row: number) => Colour | undefined {
  const turn = (dice.whole(-38, 38) * Math.PI) / 180;
  const [cosine, sine] = [Math.cos(turn) / size, Math.sin(turn) / size];
  const hue = dice.whole(44, 74);
  const strength = 116 - hue * 0.75;
  const [skin, shadow, gleam] = [hsl(hue, strength, 54), hsl(hue - 6, strength, 42), hsl(hue + 4, 84, 74)];
  return (column, row) => {
    const across = (column - x) * cosine + (row - y) * sine;
    const down = (row - y) * cosine - (column - x) * sine;
    if (Math.abs(across) > 1 || Math.abs(down) > 0.6) return undefined;
    const inOuter = 0.954 - Math.sqrt(across ** 2 + (down + 0.534) ** 2);
    const outInner = Math.sqrt(across ** 2 + (down + 1.175) ** 2) - 1.195;
    const depth = Math.min(inOuter, outInner, 0.87 - Math.abs(across));
    if (depth < 0) return depth < -0.035 ? undefined : outline;
    if (across > 0.77 || across < -0.82) return stem;
    if (inOuter < 0.13) return shadow;
    return Math.abs(outInner - 0.1) < 0.025 && Math.abs(across) < 0.72 ? gleam : skin;
  };
}
