// Sizes and ratios as clients write them, in whichever member: a word means what it looks like.

import { sizeWords } from '../core/models.ts';
import type { ImageSize } from '../core/task.ts';

/** A class of sizes, `auto`, or the shape of a picture. */
export type SizeWord =
  | { kind: 'auto' }
  | { kind: 'class'; imageSize: ImageSize }
  /** Width divided by height. */
  | { kind: 'ratio'; ratio: number }
  | { kind: 'pixels'; ratio: number; imageSize: ImageSize };

const longestWord = 40;

/**
 * Reads `auto`, a size (`2K`), a ratio (`3:4`, `3x4`) or pixels (`1024x1536`); `null` for anything else. Two numbers under 64 are a
 * ratio.
 */
export function readSizeWord(text: string): SizeWord | null {
  if (text.length > longestWord) return null;
  // Keyboards of East Asia have signs and digits of full width.
  const word = text.normalize('NFKC').trim().toLowerCase();
  if (word === 'auto') return { kind: 'auto' };
  const imageSize = Object.hasOwn(sizeWords, word) ? sizeWords[word] : undefined;
  if (imageSize !== undefined) return { kind: 'class', imageSize };
  const [, first, second] = /^(\d{1,5})(?:px)? *[x:*×/] *(\d{1,5})(?:px)?$/.exec(word) ?? [];
  const width = Number(first);
  const height = Number(second);
  if (!(width > 0 && height > 0)) return null;
  const ratio = width / height;
  return Math.max(width, height) < 64
    ? { kind: 'ratio', ratio }
    : { kind: 'pixels', ratio, imageSize: sizeClass(Math.sqrt(width * height)) };
}

/**
 * The class whose square is nearest: 1K is 1024 x 1024 pixels, and so on; the limits lie half-way on a scale of doublings, but for
 * 3840 x 2160 pixels, which everybody calls 4K.
 */
function sizeClass(side: number): ImageSize {
  if (side >= Math.sqrt(3840 * 2160)) return '4K';
  if (side > 1024 * Math.SQRT2) return '2K';
  return '1K';
}
