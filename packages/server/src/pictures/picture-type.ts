// Types of picture files, by their bytes. Only what begins like a picture of the list ever reaches a decoder.

import { Buffer } from 'node:buffer';
import { inputFailure } from '../core/input-failure.ts';
import { beginsLike, describeBytes } from './describe-bytes.ts';

export type PictureType = 'png' | 'jpeg' | 'webp' | 'gif' | 'avif';

const whatToSend = 'Send PNG, JPEG, WebP, GIF or AVIF.';

const beginnings: readonly [type: PictureType, ...beginnings: string[]][] = [
  ['png', '\x89PNG\r\n\x1a\n'],
  ['jpeg', '\xff\xd8\xff'],
  ['gif', 'GIF87a', 'GIF89a'],
  ['webp', 'RIFF????WEBP'],
];

/** Pictures, sequences, and the two profiles of AVIF (aomediacodec.github.io/av1-avif, 6 and 8). */
const avifBrands = new Set(['avif', 'avis', 'MA1A', 'MA1B']);
/** HEVC pictures and sequences, and the brands of HEIF that name no coding (ISO/IEC 23008-12, annex B). */
const heicBrands = new Set(['heic', 'heix', 'heim', 'heis', 'hevc', 'hevx', 'hevm', 'hevs', 'mif1', 'msf1']);

/** Brands that leave the coding to what stands behind them (ISO/IEC 23008-12 and 23000-22). */
const openBrands = new Set(['mif1', 'msf1', 'miaf']);
/** The list of items stands near the beginning. */
const mostOfList = 65_536;

function namesAv1({ buffer, byteOffset, length }: Uint8Array): boolean {
  return Buffer.from(buffer, byteOffset, Math.min(length, mostOfList)).includes('av01');
}

/**
 * HEIC is not taken: the prebuilt libvips of sharp 0.35.5 has no HEVC decoder (github.com/lovell/sharp/issues/4050), so
 * such a file could be neither checked, turned upright nor rid of the place where it was taken.
 */
export function heicFailure(cause?: unknown): Error {
  return inputFailure(
    "The picture is HEIC, as iPhones make it, which can't be read here. Send it as JPEG or PNG; an iPhone makes JPEG when Settings > Camera > Formats says Most Compatible.",
    { cause, whatCame: 'a HEIC picture' },
  );
}

/** Throws `TaskError` (`input_unreachable`) with a reason where the bytes are of no type that is taken. */
export function pictureTypeOf(bytes: Uint8Array): PictureType {
  const start = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 1024)).toString('latin1');
  const type = beginnings.find(([, ...each]) => each.some((beginning) => beginsLike(start, beginning)))?.[0];
  if (type) return type;
  const brands = brandsOf(start);
  if (brands.some((brand) => avifBrands.has(brand))) return 'avif';
  if (brands.some((brand) => openBrands.has(brand)) && namesAv1(bytes)) return 'avif';
  if (brands.some((brand) => heicBrands.has(brand))) throw heicFailure();
  throw noPicture(describeBytes(bytes));
}

function noPicture(whatCame: string | undefined): Error {
  const hint =
    whatCame === 'a web page (HTML)'
      ? ', perhaps one that asks for a login; the link has to lead to the picture itself'
      : '';
  const what = whatCame === undefined ? '' : `: it is ${whatCame}${hint}`;
  return inputFailure(`The data is not a picture of a type that is taken${what}. ${whatToSend}`, {
    whatCame: whatCame ?? 'bytes of no known kind',
  });
}

/** The brands in the first box of an ISO media file (ISO/IEC 14496-12, 4.3); none for other files, where there can't be such a box. */
function brandsOf(start: string): string[] {
  if (start.slice(4, 8) !== 'ftyp') return [];
  const size = Buffer.from(start.slice(0, 4), 'latin1').readUInt32BE();
  if (size < 16 || size > start.length || size % 4 !== 0) return [];
  const [major = '', , ...compatible] = start.slice(8, size).match(/[^]{4}/g) ?? [];
  return [major, ...compatible];
}

/** An AVIF that is nothing but a film; what writes animations puts a picture beside it, for whoever can't show it. */
export function filmFailure(): Error {
  return inputFailure(`The AVIF is an animation without a picture that stands still. ${whatToSend}`, {
    whatCame: 'an animated AVIF',
  });
}

/** For a file that no decoder could, or should, read. */
export function damagedPicture(type: PictureType, cause?: unknown): Error {
  const name = type.toUpperCase();
  return inputFailure(`The ${name} picture is damaged or cut off. ${whatToSend}`, {
    cause,
    whatCame: `${type === 'avif' ? 'an' : 'a'} ${name} that is damaged or cut off`,
  });
}
