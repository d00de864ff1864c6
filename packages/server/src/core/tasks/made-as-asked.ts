// Comparison of a finished picture with its request. Upstreams ignore values that they don't take without a word, so a picture of
// another size or ratio gets a warning. Pure.

import { ratioValue } from '../models/capabilities.ts';
import type { ImageSize } from './task.ts';

/** Tolerance of the ratio. Models round to multiples of 8, 16 or 64 pixels: Gemini's 3:4 is 864x1184, which is 2.7 % off. */
const maxRatioOff = 0.05;
/**
 * Tolerance of the number of pixels, as a factor; from one size to the next it is 4. OpenAI's largest side is 3840 pixels, so its 4K
 * picture of the ratio 3:1 has 3.4 times fewer pixels than others.
 */
const maxPixelsOff = 3.5;

/** Shortest longer side, in pixels, that a model draws. A smaller picture is a placeholder of a test server and gets no warning. */
const smallestSide = 128;

const pixelsOf: Readonly<Record<ImageSize, number>> = {
  '512': 512 ** 2,
  '1K': 1024 ** 2,
  '2K': 2048 ** 2,
  '4K': 4096 ** 2,
};

/** Warning that names the request and the picture's measures; `null` where they agree. The ratio `auto` agrees with any. */
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
