// Looks at bytes and says what picture they are. Nobody's word for the type is taken, and the decoder sees only bytes
// that begin like a picture of the list: SVG, PDF and the other formats that it could read never reach it.

import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import sharp from 'sharp';
import type { Metadata } from 'sharp';
import type { InspectPicture } from '../core/picture-store.ts';
import type { ImageDetails } from '../core/task.ts';
import { inputFailure } from './input-failure.ts';

/** How files begin, and the decoder's name for the format. HEIF holds both AVIF and HEIC. */
const beginnings: [format: string, pattern: RegExp][] = [
  ['png', /^\x89PNG\r\n/],
  ['jpeg', /^\xff\xd8\xff/],
  ['gif', /^GIF8[79]a/],
  ['webp', /^RIFF[^]{4}WEBP/],
  ['heif', /^[^]{4}ftyp(?:avi[fs]|hei[cxms]|hev[cx]|mif1|msf1)/],
];

const taken = 'Send PNG, JPEG, WebP, GIF or AVIF.';

/**
 * Checks pictures of at most `maxBytes`, and of at most `maxPixels` by their header before any pixel is decoded.
 * Width and height are as a viewer shows the picture, turned where its EXIF data say so.
 * How many are decoded at once is bounded by libuv's threads (4), memory so by a few times `maxPixels` each.
 */
export function createInspector(limits: { maxBytes: number; maxPixels: number }): InspectPicture {
  return async (bytes) => {
    if (bytes.length === 0) throw inputFailure('The picture is empty: it has no bytes.');
    if (bytes.length > limits.maxBytes)
      throw inputFailure(
        `The picture has ${bytes.length} bytes, more than the ${limits.maxBytes} that are taken. Send a smaller one.`,
      );
    const format = formatOf(bytes);
    if (!format) throw inputFailure(`The data is not a picture of a type that is taken. ${taken}`);
    const header = await readHeader(bytes, format);
    checkPixels(header, limits.maxPixels);
    await decode(bytes, { format, height: header.height, maxPixels: limits.maxPixels });
    return describe(bytes, format, header);
  };
}

function formatOf(bytes: Uint8Array): string | undefined {
  const start = Buffer.from(bytes.subarray(0, 16)).toString('latin1');
  return beginnings.find(([, pattern]) => pattern.test(start))?.[0];
}

async function readHeader(bytes: Uint8Array, format: string): Promise<Metadata> {
  try {
    // Without its own limit, so that the one below can say what the measures are.
    return await sharp(bytes, { limitInputPixels: false }).metadata();
  } catch (cause) {
    throw damaged(format, cause);
  }
}

function checkPixels({ width, height }: Metadata, maxPixels: number): void {
  if (width * height > maxPixels)
    throw inputFailure(
      `The picture measures ${width} x ${height} pixels, more than the ${maxPixels} pixels that are taken. Send a smaller one.`,
    );
}

/**
 * Asks for one pixel of the last row: every row before it has to be decoded, and nothing else is computed.
 * Measured on 4096 x 4096: PNG 285 ms, JPEG 72 ms, WebP 386 ms; `stats()` takes 1.2 s and lets a cut-off interlaced
 * PNG pass, which this refuses. Of an animation the first frame is decoded.
 */
async function decode(
  bytes: Uint8Array,
  { format, height, maxPixels }: { format: string; height: number; maxPixels: number },
): Promise<void> {
  try {
    await sharp(bytes, { failOn: 'error', limitInputPixels: maxPixels, sequentialRead: true })
      .extract({ left: 0, top: height - 1, width: 1, height: 1 })
      .raw()
      .toBuffer();
  } catch (cause) {
    throw damaged(format, cause);
  }
}

function damaged(format: string, cause: unknown): Error {
  const orNoDecoder =
    format === 'heif' ? ', or coded in a way that can not be read here (HEIC often is)' : '';
  return inputFailure(`The ${format.toUpperCase()} picture is damaged or cut off${orNoDecoder}. ${taken}`, {
    cause,
  });
}

async function describe(bytes: Uint8Array, format: string, header: Metadata): Promise<ImageDetails> {
  const { width, height } = header.autoOrient;
  const heifType = header.compression === 'av1' ? 'avif' : 'heic';
  return {
    width,
    height,
    content_type: `image/${format === 'heif' ? heifType : format}`,
    bytes: bytes.length,
    sha256: await sha256Of(bytes),
  };
}

/**
 * In steps of about a millisecond: hashed at once, 45 MB hold up every other request for 120 ms, and
 * `crypto.subtle` still for 75 ms, because it copies the bytes first.
 */
async function sha256Of(bytes: Uint8Array): Promise<string> {
  const hash = createHash('sha256');
  const step = 262_144;
  for (let at = 0; at < bytes.length; at += step) {
    if (at > 0) await nextTurn();
    hash.update(bytes.subarray(at, at + step));
  }
  return hash.digest('hex');
}
