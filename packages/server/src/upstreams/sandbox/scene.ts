// The picture itself, as the colours of a grid: rings whose places and colours follow from the hash. Few flat colours, on purpose:
// they are drawn in milliseconds and compress well.

import { hsl } from './canvas.ts';
import type { Colour, Shade } from './canvas.ts';
import type { Dimensions } from './dimensions.ts';
import type { Dice } from './fingerprint.ts';

/** Composes rings around two centres, whose colours add up where they cross, for a grid of that many cells. */
export function composeScene(dice: Dice, { width, height }: Dimensions): Shade {
  const hue = dice.whole(0, 359);
  const spread = dice.whole(18, 62) * (dice.whole(0, 1) * 2 - 1);
  const saturation = dice.whole(36, 80);
  const brightness = dice.whole(-12, 8);
  const colours = Array.from({ length: 12 }, (_, step) =>
    hsl(hue + step * 0.4 * spread, saturation, 32 + (step % 6) * 8 + brightness),
  );
  const centres = Array.from({ length: 2 }, () => ({
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
