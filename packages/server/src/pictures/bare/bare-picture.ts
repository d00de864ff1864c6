// A picture's file without all that is not the picture: EXIF, XMP, IPTC, comments, thumbnails, further frames, and whatever
// stands behind its end. Nothing is decoded. The decoder is only ever given the bare file: so it never unpacks a hostile
// comment, and what was checked is what goes upstream.

import { bareAvif, bareHeic } from './bare-avif.ts';
import { bareBmp } from './bare-bmp.ts';
import { bareGif } from './bare-gif.ts';
import { bareJpeg } from './bare-jpeg.ts';
import { barePng } from './bare-png.ts';
import { bareTiff } from './bare-tiff.ts';
import { bareWebp } from './bare-webp.ts';
import type { BarePicture } from './file-parts.ts';
import type { PictureType } from '../formats/picture-type.ts';

/**
 * Takes about 20 ms for a JPEG of 30 MB, and lets other work go on in between. Throws `TaskError` (`input_unreachable`)
 * for a file that is cut off, or built as no encoder would.
 */
export async function barePicture(bytes: Uint8Array, type: PictureType): Promise<BarePicture> {
  if (type === 'jpeg') return await bareJpeg(bytes);
  if (type === 'png') return await barePng(bytes);
  if (type === 'webp') return await bareWebp(bytes);
  if (type === 'gif') return await bareGif(bytes);
  if (type === 'tiff') return await bareTiff(bytes);
  if (type === 'bmp') return bareBmp(bytes);
  if (type === 'heic') return await bareHeic(bytes);
  return await bareAvif(bytes);
}
