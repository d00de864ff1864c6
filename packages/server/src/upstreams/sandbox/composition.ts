// The picture itself as SVG without any text: a scene chosen by the hash, and bananas on top, ripe or green.
// Few large flat shapes, on purpose: they render in milliseconds and compress well.

import type { Dimensions } from './dimensions.ts';
import type { Dice } from './fingerprint.ts';

/** An area in pixels; `left` and `top` count from the picture's top left corner. */
export interface Box extends Dimensions {
  left: number;
  top: number;
}

interface Palette {
  /** Degrees on the colour wheel. */
  hue: number;
  /** Degrees from one to the next of the colours, either way round. */
  spread: number;
  /** Percent. */
  saturation: number;
  /** Percent that every colour is lighter than its scene asks for. */
  brightness: number;
}

/** A colour of the palette; `step` moves along its hues, `lightness` is in percent. */
function colour({ hue, spread, saturation, brightness }: Palette, step: number, lightness: number): string {
  return `hsl(${(Math.round(hue + step * spread) + 3600) % 360},${saturation}%,${Math.round(lightness + brightness)}%)`;
}

/** Draws a scene over the whole canvas. Bananas keep inside `canvas` less the `bandHeight` pixels at the bottom, and are left out when `bananas` is false. */
export function composeScene(
  dice: Dice,
  canvas: Dimensions,
  { bandHeight, bananas }: { bandHeight: number; bananas: boolean },
): string {
  const palette = {
    hue: dice.whole(0, 359),
    spread: dice.whole(18, 62) * (dice.whole(0, 1) * 2 - 1),
    saturation: dice.whole(36, 80),
    brightness: dice.whole(-12, 8),
  };
  const open = { width: canvas.width, height: canvas.height - bandHeight };
  const scenes = [drawDunes, drawOrbits, drawTiles];
  const scene = scenes[dice.whole(0, scenes.length - 1)] ?? drawDunes;
  const sky =
    `<defs><linearGradient id="sky" x2="${dice.between(0, 0.6).toFixed(2)}" y2="1">` +
    `<stop stop-color="${colour(palette, 0, 34)}"/><stop offset="1" stop-color="${colour(palette, 1, 74)}"/>` +
    `</linearGradient></defs><rect width="100%" height="100%" fill="url(#sky)"/>`;
  return sky + scene(dice, open, palette) + (bananas ? drawBananas(dice, open) : '');
}

/** A sun with its halo over hills that darken towards the viewer. */
function drawDunes(dice: Dice, { width, height }: Dimensions, palette: Palette): string {
  const radius = Math.min(width, height) * dice.between(0.12, 0.2);
  const x = width * dice.between(0.2, 0.8);
  const y = height * dice.between(0.18, 0.4);
  let svg = '';
  for (const [grown, opacity] of [
    [2.1, 0.12],
    [1.5, 0.2],
    [1, 1],
  ] as const)
    svg += `<circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="${(radius * grown).toFixed(1)}" fill="${colour(palette, 2, 86)}" opacity="${opacity}"/>`;
  const hills = dice.whole(4, 6);
  for (let hill = 0; hill < hills; hill++) {
    const base = height * (0.42 + (0.58 * hill) / hills);
    const swell = Math.min(height * 0.1, width * 0.2) * dice.between(0.5, 1.1);
    const half = Math.max(height * 0.3, width * dice.between(0.14, 0.3));
    let path = `M${-half} ${height * 1.5}V${base.toFixed(1)}`;
    for (let at = -half * dice.between(0.1, 0.9), up = 1; at < width + half; at += half, up = -up)
      path += `Q${(at + half / 2).toFixed(1)} ${(base - up * swell).toFixed(1)} ${(at + half).toFixed(1)} ${base.toFixed(1)}`;
    svg += `<path d="${path}V${height * 1.5}z" fill="${colour(palette, 1 + hill * 0.35, 62 - (hill * 46) / hills)}"/>`;
  }
  return svg;
}

/** Rings around two centres, each ring with a small moon. */
function drawOrbits(dice: Dice, { width, height }: Dimensions, palette: Palette): string {
  const reach = Math.hypot(width, height) * 0.55;
  let svg = '';
  for (let centre = 0; centre < 2; centre++) {
    const x = width * dice.between(0.1, 0.9);
    const y = height * dice.between(0.1, 0.9);
    const rings = dice.whole(5, 8);
    for (let ring = rings; ring > 0; ring--) {
      const radius = (reach * ring) / rings / (1 + centre);
      const angle = dice.between(0, 2 * Math.PI);
      const moonX = x + radius * Math.cos(angle);
      const moonY = y + radius * Math.sin(angle);
      svg +=
        `<circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="${radius.toFixed(1)}" fill="${colour(palette, ring * 0.6, 40 + ring * 4)}" opacity="${ring % 2 ? 0.5 : 0.28}"/>` +
        `<circle cx="${moonX.toFixed(1)}" cy="${moonY.toFixed(1)}" r="${(radius * 0.06 + 6).toFixed(1)}" fill="${colour(palette, 3 + ring, 82)}"/>`;
    }
  }
  return svg;
}

/** A wall of square tiles with quarter circles, discs and leaves in turn. */
function drawTiles(dice: Dice, { width, height }: Dimensions, palette: Palette): string {
  const side = width / Math.round((width * dice.whole(5, 7)) / Math.sqrt(width * height));
  let svg = '';
  for (let top = 0; top < height; top += side)
    for (let left = 0; left < width - 1; left += side) {
      const shape = [
        'M0 0H1A1 1 0 0 1 0 1z',
        'M0 0A1 1 0 0 1 1 1A1 1 0 0 1 0 0z',
        'M.5 .14A.36 .36 0 0 1 .5 .86A.36 .36 0 0 1 .5 .14z',
        'M0 0H1A.5 .5 0 0 1 0 0z',
      ][dice.whole(0, 3)];
      const step = dice.whole(0, 4);
      svg +=
        `<g transform="translate(${left.toFixed(1)} ${top.toFixed(1)}) scale(${side.toFixed(1)}) rotate(${dice.whole(0, 3) * 90} .5 .5)">` +
        `<path d="M0 0H1.01V1.01H0z" fill="${colour(palette, step, 26 + step * 5)}"/>` +
        `<path d="${shape}" fill="${colour(palette, step + dice.whole(1, 3), dice.between(56, 84))}"/></g>`;
    }
  return svg;
}

/** Bananas side by side along the longer side, as many as its length asks for. */
function drawBananas(dice: Dice, { width, height }: Dimensions): string {
  const wide = width >= height;
  const slender = Math.max(width, height) / Math.min(width, height);
  const many = dice.whole(Math.ceil(slender * 0.6), Math.ceil(slender * 1.5));
  const room = Math.max(width, height) / many;
  let svg = '';
  for (let index = 0; index < many; index++) {
    const size = Math.min(room, width, height) * dice.between(0.34, 0.44);
    const along = room * (index + 0.5);
    const [x, y] = wide ? [along, height / 2] : [width / 2, along];
    svg += drawBanana(x, y, size, dice.whole(-38, 38), dice.whole(44, 74));
  }
  return svg;
}

/** A banana around its middle; `size` is half its length in pixels, `hue` goes from ripe (44) to green (74). */
function drawBanana(x: number, y: number, size: number, angle: number, hue: number): string {
  const body = 'M-.96 -.4C-.82 .52 .44 .84 .92 -.34L.98 -.56 .86 -.6 .76 -.4C.36 .14 -.42 .16 -.86 -.46z';
  return (
    `<g transform="translate(${x.toFixed(1)} ${y.toFixed(1)}) rotate(${angle}) scale(${size.toFixed(1)})">` +
    `<path transform="translate(.05 .09)" d="${body}" opacity=".22"/>` +
    `<path d="${body}" fill="hsl(${hue},${116 - hue * 0.75}%,54%)"/>` +
    `<path d="M-.96 -.4C-.82 .52 .44 .84 .92 -.34C.5 .56 -.66 .5 -.96 -.4z" fill="hsl(${hue - 6},${114 - hue * 0.75}%,42%)"/>` +
    `<path d="M-.8 -.28C-.4 .26 .4 .3 .78 -.3" fill="none" stroke="hsl(${hue + 4},84%,74%)" stroke-width=".05" stroke-linecap="round"/>` +
    `<path d="M.92 -.44L.98 -.56 .86 -.6 .82 -.51z" fill="hsl(34,42%,24%)"/>` +
    `<circle cx="-.91" cy="-.43" r=".06" fill="hsl(34,42%,20%)"/></g>`
  );
}
