// What a file is, by its bytes. Only what begins like a picture of the list ever reaches a decoder; what people most
// often send instead is told by name, so that they know what went wrong.

import { Buffer } from 'node:buffer';
import { inputFailure } from '../core/input-failure.ts';

export type PictureType = 'png' | 'jpeg' | 'webp' | 'gif' | 'avif';

const whatToSend = 'Send PNG, JPEG, WebP, GIF or AVIF.';

const beginnings: readonly [type: PictureType, pattern: RegExp][] = [
  ['png', /^\x89PNG\r\n[^]\n/],
  ['jpeg', /^\xff\xd8\xff/],
  ['gif', /^GIF8[79]a/],
  ['webp', /^RIFF[^]{4}WEBP/],
];

/** A byte order mark, white space, comments and an XML declaration may come before the first element. */
const markup = '^(?:\xef\xbb\xbf|\\s|<!--[^]*?-->|<\\?xml[^>]*>)*';
const lookAlikes: readonly [name: string, pattern: RegExp][] = [
  ['an SVG drawing', new RegExp(`${markup}<(?:!doctype\\s+)?svg\\b`, 'i')],
  [
    'a web page (HTML), perhaps one that asks for a login; the link has to lead to the picture itself',
    new RegExp(`${markup}<(?:!doctype\\s+html|html|head|body|script)\\b`, 'i'),
  ],
  ['a PDF', /^%PDF-/],
  ['a TIFF', /^(?:II\*|MM[^]\*)/],
  ['a BMP', /^BM[^]{4}\0\0\0\0/],
  ['a JPEG XL', /^(?:\xff\n|[^]{4}JXL )/],
  ['a JPEG 2000', /^(?:\xffO\xffQ|[^]{4}jP {2})/],
  ['a Photoshop file', /^8BPS/],
  ['a ZIP archive', /^PK[^]{2}/],
  ['a film', /^[^](?:[^]{3}ftyp|E\xdf\xa3)/],
];

const avifBrands = new Set(['avif', 'avis']);
/** HEVC pictures and sequences, and the brands of HEIF that name no coding (ISO/IEC 23008-12, annex B). */
const heicBrands = new Set(['heic', 'heix', 'heim', 'heis', 'hevc', 'hevx', 'hevm', 'hevs', 'mif1', 'msf1']);

/**
 * HEIC is not taken: the prebuilt libvips of sharp 0.35.5 has no HEVC decoder (github.com/lovell/sharp/issues/4050), so
 * such a file could be neither checked, turned upright nor rid of the place where it was taken.
 */
export function heicFailure(cause?: unknown): Error {
  return inputFailure(
    "The picture is HEIC, as iPhones make it, which can't be read here. Send it as JPEG or PNG; an iPhone makes JPEG when Settings > Camera > Formats says Most Compatible.",
    { cause },
  );
}

/** Throws `TaskError` (`input_unreachable`) with a reason where the bytes are of no type that is taken. */
export function pictureTypeOf(bytes: Uint8Array): PictureType {
  const start = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 1024)).toString('latin1');
  const type = beginnings.find(([, pattern]) => pattern.test(start))?.[0];
  if (type) return type;
  const brands = brandsOf(start);
  if (brands.some((brand) => avifBrands.has(brand))) return 'avif';
  if (brands.some((brand) => heicBrands.has(brand))) throw heicFailure();
  const lookAlike = lookAlikes.find(([, pattern]) => pattern.test(start))?.[0];
  const what = lookAlike === undefined ? '' : `: it is ${lookAlike}`;
  throw inputFailure(`The data is not a picture of a type that is taken${what}. ${whatToSend}`);
}

/** The brands in the first box of an ISO media file (ISO/IEC 14496-12, 4.3); none for other files. */
function brandsOf(start: string): string[] {
  if (start.slice(4, 8) !== 'ftyp') return [];
  const size = Buffer.from(start.slice(0, 4), 'latin1').readUInt32BE();
  const [major = '', , ...compatible] = start.slice(8, size).match(/[^]{4}/g) ?? [];
  return [major, ...compatible];
}

/** For a file that no decoder could, or should, read. */
export function damagedPicture(type: PictureType, cause?: unknown): Error {
  return inputFailure(`The ${type.toUpperCase()} picture is damaged or cut off. ${whatToSend}`, { cause });
}
