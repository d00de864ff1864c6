// Compares a finished picture with what was asked for. Upstreams leave out what they don't take without a word, and a picture
// of another size or ratio is worth a warning. Pure.

import { ratioValue } from '../models/capabilities.ts';
import type { ImageSize } from './task.ts';

/** Models round to multiples of 8, 16 or 64 pixels: Gemini's 3:4 is 864x1184 at the most, which is 2.7 % off. */
const maxRatioOff = 0.05;
/**
 * A size is about so many pixels, and the next one four times as many. OpenAI's largest side is 3840 pixels, so that what it makes
 * of 4K with the ratio 3:1 has 3.4 times fewer.
 */
const maxPixelsOff = 3.5;

/** No model draws a picture whose longer side has fewer pixels: it comes from a stand-in, which was never meant to be of a size. */
const smallestSide = 128;

const pixelsOf: Readonly<Record<ImageSize, number>> = {
  '512': 512 ** 2,
  '1K': 1024 ** 2,
  '2K': 2048 ** 2,
  '4K': 4096 ** 2,
};

/** A warning that names both, or `null` where the picture is as it was asked for, or a stand-in's. The ratio `auto` is any. */
export function madeAsAsked(
  { aspectRatio, imageSize }: { aspectRatio: string; imageSize: ImageSize },
  { width, height }: { width: number; height: number },
): string | null {
  if (Math.max(width, height) < smallestSide) return null;
  const isRatio =
    aspectRatio === 'auto' || isWithin(width / height / ratioValue(aspectRatio), 1 + maxRatioOff);
  const isSize = isWithin((width * height) / pixelsOf[imageSize], maxPixelsOff);
  if (isRatio && isSize) return null;
  const ratio = aspectRatio === 'auto' ? '' : ` ${aspectRatio}`;
  return `${imageSize}${ratio} was asked for, and the upstream made a picture of ${width}x${height} pixels.`;
}

function isWithin(quotient: number, factor: number): boolean {
  return quotient <= factor && quotient >= 1 / factor;
}
