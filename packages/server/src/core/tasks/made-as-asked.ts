// Comparison of a finished picture with its request. Upstreams ignore values that they don't take without a word, so a picture of
// another size or ratio gets a warning, and so does one that shows nothing. Pure.

import type { Blank } from '../pictures/picture-bytes.ts';
import { ratioValue } from '../models/capabilities.ts';
import type { ImageSize } from './task.ts';

/** Tolerance of the ratio. Models round to multiples of 8, 16 or 64 pixels: Gemini's 3:4 is 864x1184, which is 2.7 % off. */
const maxRatioOff = 0.05;
/**
 * Tolerance of the number of pixels, as a factor; from one size to the next it is 4. OpenAI's largest side is 3840 pixels, so its 4K
 * picture of the ratio 3:1 has 3.4 times fewer pixels than others.
 */
const maxPixelsOff = 3.5;

const pixelsOf: Readonly<Record<ImageSize, number>> = {
  '512': 512 ** 2,
  '1K': 1024 ** 2,
  '2K': 2048 ** 2,
  '4K': 4096 ** 2,
};

/** How a picture differs from what was asked for. */
export interface Difference {
  /** A sentence for each way in which it does. */
  warnings: string[];
  /** Distance: 0 where it is as asked, or a prompt may have asked for it. The sum of the logarithms of both quotients, of ratio and pixels. */
  off: number;
}

/** Distance of a picture that shows nothing, beyond that of any measures. */
const blankOff = 1_000;

/** Compares a picture with its request, with both a warning names. The ratio `auto` agrees with any. */
export function differenceOf(
  { aspectRatio, imageSize }: { aspectRatio: string; imageSize: ImageSize },
  { width, height }: { width: number; height: number },
  blank?: Blank,
): Difference {
  const ratio = aspectRatio === 'auto' ? 1 : width / height / ratioValue(aspectRatio);
  const pixels = (width * height) / pixelsOf[imageSize];
  const warnings: string[] = [];
  let off = 0;
  if (!isWithin(ratio, 1 + maxRatioOff) || !isWithin(pixels, maxPixelsOff)) {
    off += Math.abs(Math.log(ratio)) + Math.abs(Math.log(pixels));
    const words = aspectRatio === 'auto' ? '' : ` ${aspectRatio}`;
    warnings.push(
      `${imageSize}${words} was asked for, and the upstream made a picture of ${width}x${height} pixels.`,
    );
  }
  if (blank === undefined) return { warnings, off };
  // A prompt may ask for any colour; a picture of nothing is what a fault of the upstream leaves.
  if (blank === 'transparent' || blank === '#000000') off += blankOff;
  return { warnings: [...warnings, wordsFor(blank)], off };
}

function wordsFor(blank: Blank): string {
  return blank === 'transparent'
    ? 'The picture is blank: it is transparent all over.'
    : `The picture is blank: every pixel has the colour ${blank}.`;
}

function isWithin(quotient: number, factor: number): boolean {
  return quotient <= factor && quotient >= 1 / factor;
}
