// Makes of an input picture what goes upstream: upright, without location or any other metadata, in a type that every
// upstream takes (PNG, JPEG, WebP: all that OpenAI's, fal's and Replicate's do), no larger than it may be. Where the file alone can be cleaned, its pixels stay exactly as they were.
//
// A colour profile never goes along. sRGB is what everybody assumes; for the others (every iPhone's Display P3) the
// pixels are converted, since models look at the bare numbers and would see duller colours.

import type { Picture } from '../core/upstreams/upstream.ts';
import { untilAborted } from '../lib/abort.ts';
import { barePicture } from './bare/bare-picture.ts';
import type { DecodeGate } from './decoding.ts';
import { type BarePicture, pixelsToDecode } from './bare/file-parts.ts';
import { fitInside, type Measures } from './fit-inside.ts';
import { damagedPicture, type PictureType, pictureTypeOf } from './formats/picture-type.ts';
import { openUpright } from './upright.ts';

/** Maximum that an upstream takes, in pixels. */
export interface InputLimits {
  /** Width times height. */
  maxPixels?: number;
  /** The longer of the two. */
  maxSide?: number;
}

/**
 * The picture as PNG, JPEG or WebP, or with `asPng` as PNG in any case, and a sentence that begins with `name` for whatever was lost. The same bytes make
 * the same bytes. Rejects with `TaskError` (`input_unreachable`) for one that can't be decoded, and with the signal's
 * reason when it aborts.
 */
export type PrepareInput = (
  picture: Picture,
  limits: InputLimits,
  context: { name: string; signal: AbortSignal; owner?: string | undefined; asPng?: boolean },
) => Promise<{ picture: Picture; warnings: string[] }>;

/** For pictures that were inspected: their measures are believed. Decodes go through the gate. */
export function createInputPreparer({ gate }: { gate: DecodeGate }): PrepareInput {
  return async (
    picture,
    { maxPixels = Infinity, maxSide = Infinity },
    { name, signal, owner, asPng = false },
  ) => {
    signal.throwIfAborted();
    const type = pictureTypeOf(picture.bytes);
    const found = await barePicture(picture.bytes, type);
    const bare = asPng ? { ...found, lossy: false, recode: found.recode || type !== 'png' } : found;
    const { width, height } = picture;
    const target = fitInside(picture, { maxWidth: maxSide, maxHeight: maxSide, maxPixels });
    const fits = target.width === width && target.height === height;
    const asItIs = fits && bare.orientation === 1 && !bare.recode;
    const { animated, ...prepared } = asItIs
      ? { bytes: bare.bytes, contentType: `image/${type}`, width, height, animated: bare.animated }
      : await untilAborted(recode(bare, { picture, type, target, gate, signal, owner }), signal);
    const warnings: string[] = [];
    if (bare.hasOthers)
      warnings.push(`${name} has more pictures than one in its file; only the main one was sent.`);
    if (animated) warnings.push(`${name} is an animation; only its first frame was sent.`);
    if (bare.loss) warnings.push(`${name} ${losses[bare.loss]}`);
    if (!fits)
      warnings.push(
        `${name} was sent smaller than it is: ${target.width} x ${target.height} pixels instead of ${width} x ${height}.`,
      );
    return { picture: prepared, warnings };
  };
}

const losses = {
  darker: 'is HDR; its brightest parts were sent darker than they are.',
  guessed: "has its colours coded in a rare way, which can't be read here; they may have changed.",
};

interface Recoding {
  picture: Picture;
  type: PictureType;
  target: Measures;
  gate: DecodeGate;
  signal: AbortSignal;
  owner: string | undefined;
}

/**
 * Lossy pictures without transparency become JPEG, all others PNG. Not WebP: 50 megapixels take 35 s, and the encoder
 * gives up on some of that size ("partition 0 overflow"). At quality 95 with full colour resolution the loss is not seen.
 */
export async function recode(
  bare: BarePicture,
  { picture, type, target, gate, signal, owner }: Recoding,
): Promise<Picture & { animated: boolean }> {
  const maxPixels = picture.width * picture.height;
  const pixels = pixelsToDecode(bare, picture);
  return await gate.run({ contentType: `image/${type}`, pixels, owner }, async () => {
    signal.throwIfAborted();
    try {
      const { image, hasAlpha, animated } = await openUpright(bare, { maxPixels, target, signal });
      const toJpeg = bare.lossy && !hasAlpha;
      const encoder = toJpeg ? image.jpeg({ quality: 95, chromaSubsampling: '4:4:4' }) : image.png();
      const { data, info } = await encoder.toBuffer({ resolveWithObject: true });
      return {
        bytes: data,
        contentType: toJpeg ? 'image/jpeg' : 'image/png',
        width: info.width,
        height: info.height,
        animated,
      };
    } catch (cause) {
      throw damagedPicture(type, cause);
    }
  });
}
