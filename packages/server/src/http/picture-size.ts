// Sizes as clients write them, as the ratio and size class that models take.

import type { ImageSize } from '../core/task.ts';

export interface AskedSize {
  /** Width divided by height, or `auto`. */
  ratio: number | 'auto';
  /** Only where pixels were given. */
  imageSize?: ImageSize;
}

/** Reads `auto`, a ratio (`3:4`, `3x4`) or pixels (`1024x1536`); `null` for anything else. Sides under 64 are a ratio. */
export function parseSize(text: string): AskedSize | null {
  const wanted = text.trim().toLowerCase();
  if (wanted === 'auto') return { ratio: 'auto' };
  const [, first, second] = /^(\d{1,5})\s*[x:*×]\s*(\d{1,5})$/.exec(wanted) ?? [];
  const width = Number(first);
  const height = Number(second);
  if (!(width > 0 && height > 0)) return null;
  const ratio = width / height;
  return Math.max(width, height) < 64
    ? { ratio }
    : { ratio, imageSize: sizeClass(Math.sqrt(width * height)) };
}

/** The class whose square is nearest: 1K is 1024 x 1024 pixels, and so on; the limits lie half-way on a scale of doublings. */
function sizeClass(side: number): ImageSize {
  if (side > 1024 * Math.SQRT2 * 2) return '4K';
  if (side > 1024 * Math.SQRT2) return '2K';
  return '1K';
}
