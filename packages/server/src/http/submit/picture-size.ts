// Sizes and ratios as clients write them, in whichever member: a word means what it looks like.

import { sizeWords } from '../../core/models/models.ts';
import type { ImageSize } from '../../core/tasks/task.ts';

/** A class of sizes, `auto`, or the shape of a picture. */
export type SizeWord =
  | { kind: 'auto' }
  | { kind: 'class'; imageSize: ImageSize }
  /** Width divided by height. */
  | { kind: 'ratio'; ratio: number }
  | { kind: 'pixels'; ratio: number; imageSize: ImageSize };

const maxWordLength = 40;

/**
 * Reads `auto`, a size (`2K`), a ratio (`3:4`, `3x4`) or pixels (`1024x1536`); `null` for anything else. Two numbers under 64 are a
 * ratio.
 */
export function readSizeWord(text: string): SizeWord | null {
  if (text.length > maxWordLength) return null;
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
    : { kind: 'pixels', ratio, imageSize: sizeClass(width * height) };
}

/**
 * The class that clients mean by so many pixels. Half-way between 1024 x 1024 and 2048 x 2048 on a scale of doublings begins 2K. What they call
 * 4K is no 4096 x 4096 where a model makes 3840 x 2160 at most: the widest of those has 3696 x 1584, and the largest of 2K 3168 x 1344.
 */
function sizeClass(pixels: number): ImageSize {
  if (pixels >= 5_000_000) return '4K';
  return pixels > 2048 * 1024 ? '2K' : '1K';
}
