// Plans a rendition of a given picture. Questions that make the same file come to the same plan: `?w=100&h=` and
// `?w=0100`, a width beyond the picture's own and none.

import {
  renditionFormats,
  type RenditionFormat,
  type RenditionOptions,
  type RenditionSource,
} from '../core/pictures/renditions.ts';
import { fitInside } from './fit-inside.ts';

/** A side that WebP can have; and so many pixels that every 4K result fits, at about 4 s of work. */
const maxSide = 16_383;
const maxPixels = 20_000_000;
/** sharp's own. */
const defaultQuality = { webp: 80, avif: 50, jpeg: 80 };

export interface RenditionPlan {
  width: number;
  height: number;
  format: RenditionFormat;
  /** `undefined` where the format has none. */
  quality: number | undefined;
}

/** `null` where the picture itself is what was asked for. */
export function planRendition(source: RenditionSource, options: RenditionOptions): RenditionPlan | null {
  const { width: maxWidth = maxSide, height: maxHeight = maxSide } = options;
  const measures = fitInside(source, { maxWidth, maxHeight, maxPixels });
  const own = renditionFormats.find((format) => source.content_type === `image/${format}`);
  const format = options.format ?? own ?? 'png';
  const quality = format === 'png' ? undefined : (options.quality ?? defaultQuality[format]);
  const same = measures.width === source.width && measures.height === source.height && format === own;
  return same && (options.quality === undefined || quality === undefined)
    ? null
    : { ...measures, format, quality };
}
