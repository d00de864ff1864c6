// Opens a bare picture so that what comes out is upright, of the wanted measures, in sRGB with 8 bits, and has no metadata.

import sharp, { type Metadata, type Sharp } from 'sharp';
import { openPicture } from './decoding.ts';
import { turnOf } from './formats/exif-orientation.ts';
import type { BarePicture, Margins } from './bare/file-parts.ts';
import type { Measures } from './fit-inside.ts';
import { readablePicture } from './readable.ts';

/**
 * `target` is as seen. `animated` says whether frames behind the first are left out. What is asked of `image` rejects for
 * pixels that can't be decoded, and this for a header that can't be read.
 */
export async function openUpright(
  bare: BarePicture,
  { maxPixels, target, signal }: { maxPixels: number; target: Measures; signal?: AbortSignal | undefined },
): Promise<{ image: Sharp; hasAlpha: boolean; animated: boolean }> {
  const readable = await readablePicture(bare, { maxPixels, signal });
  const plain = bare.premultiplied ? await divided(readable, maxPixels) : readable;
  const whole = bare.margins ? await onCanvas(plain, bare.margins, maxPixels) : plain;
  const header = await openPicture(whole, maxPixels).metadata();
  const known = isDeepGreyWithProfile(header) ? await shallow(whole, maxPixels) : whole;
  const bytes = bare.opaque ? await opaque(known, { header, maxPixels }) : known;
  const { mirror, angle } = turnOf(bare.orientation);
  // The decoder scales the picture as it is stored, and turns what comes out.
  const lying = bare.orientation >= 5;
  const [width, height] = lying ? [target.height, target.width] : [target.width, target.height];
  const image = openPicture(bytes, maxPixels)
    .resize(width, height, { fit: 'fill' })
    .flop(mirror)
    .rotate(angle);
  return {
    image: toSrgb(image, header),
    hasAlpha: header.hasAlpha && !bare.opaque,
    animated: bare.animated || (header.pages ?? 1) > 1,
  };
}

function toSrgb(image: Sharp, header: Metadata): Sharp {
  return isDeepWithProfile(header) ? image.withIccProfile('srgb', { attach: false }) : image;
}

/** Of these sharp 0.35.5 makes Display P3, and hands that out as if it were sRGB (src/pipeline.cc, `processingProfile`). */
function isDeepWithProfile({ depth, hasProfile }: Metadata): boolean {
  return depth === 'ushort' && hasProfile;
}

/** Of these sharp 0.35.5 takes the numbers as they are (src/pipeline.cc, `VIPS_INTERPRETATION_GREY16`). */
function isDeepGreyWithProfile({ space, hasProfile }: Metadata): boolean {
  return space === 'grey16' && hasProfile;
}

/** With 8 bits, and the profile that it had. */
function shallow(bytes: Uint8Array, maxPixels: number): Promise<Uint8Array> {
  return openPicture(bytes, maxPixels)
    .toColourspace('b-w')
    .keepIccProfile()
    .png({ compressionLevel: 1 })
    .toBuffer();
}

/** In sRGB. What resizes would first multiply the colours with what is no opacity. */
function opaque(
  bytes: Uint8Array,
  { header, maxPixels }: { header: Metadata; maxPixels: number },
): Promise<Uint8Array> {
  return toSrgb(openPicture(bytes, maxPixels).removeAlpha(), header).png({ compressionLevel: 1 }).toBuffer();
}

/** With colours that are not multiplied with their opacity, in sRGB. */
async function divided(bytes: Uint8Array, maxPixels: number): Promise<Uint8Array> {
  const { data, info } = await openPicture(bytes, maxPixels).raw().toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  return await sharp(data, { raw: { width, height, channels, premultiplied: true } })
    .png({ compressionLevel: 1 })
    .toBuffer();
}

/** With nothing to see in the margins. */
function onCanvas(bytes: Uint8Array, margins: Margins, maxPixels: number): Promise<Uint8Array> {
  return openPicture(bytes, maxPixels)
    .extend({ ...margins, background: { r: 0, g: 0, b: 0, alpha: 0 } })
    .png({ compressionLevel: 1 })
    .toBuffer();
}
