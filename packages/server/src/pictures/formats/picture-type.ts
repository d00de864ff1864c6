// Types of picture files, by their bytes. Only what begins like a picture of the list ever reaches a decoder.

import { Buffer } from 'node:buffer';
import { TaskError, inputFailure } from '../../core/errors.ts';
import { adviceFor, beginsLike, describeBytes } from './describe-bytes.ts';

export type PictureType = 'png' | 'jpeg' | 'webp' | 'gif' | 'avif' | 'heic' | 'tiff' | 'bmp';

const whatToSend = 'Send PNG, JPEG, WebP, GIF, AVIF, HEIC, TIFF or BMP.';

const beginnings: readonly [type: PictureType, ...beginnings: string[]][] = [
  ['png', '\x89PNG\r\n\x1a\n'],
  ['jpeg', '\xff\xd8\xff'],
  ['gif', 'GIF87a', 'GIF89a'],
  ['webp', 'RIFF????WEBP'],
  ['tiff', 'II*\0', 'MM\0*', 'II+\0\b\0\0\0', 'MM\0+\0\b\0\0'],
  // Some programs write something of their own where there should be nothing.
  ['bmp', 'BM????\0\0\0\0', 'BM????????????\x28\0\0\0'],
];

/** Pictures, sequences, and the two profiles of AVIF (aomediacodec.github.io/av1-avif, 6 and 8). */
const avifBrands = new Set(['avif', 'avis', 'MA1A', 'MA1B']);
/** HEVC pictures and sequences (ISO/IEC 23008-12, annex B). */
const hevcBrands = new Set(['heic', 'heix', 'heim', 'heis', 'hevc', 'hevx', 'hevm', 'hevs']);
/**
 * Brands that leave the coding to what stands behind them (ISO/IEC 23008-12 and 23000-22), and those of codings that are not read
 * here: the file is opened to say which.
 */
const openBrands = new Set([
  'mif1',
  'msf1',
  'mif2',
  'miaf',
  'avci',
  'avcs',
  'jpeg',
  'jpgs',
  'j2ki',
  'j2is',
  'vvic',
  'vvis',
  'unif',
]);
/** The list of items stands near the beginning. */
const maxScannedBytes = 65_536;

function namesAv1({ buffer, byteOffset, length }: Uint8Array): boolean {
  return Buffer.from(buffer, byteOffset, Math.min(length, maxScannedBytes)).includes('av01');
}

export function heicOffFailure(): Error {
  return inputFailure(
    'The picture is HEIC, as iPhones make it, and the operator of this server has switched off that it is read. Send it as JPEG or PNG; an iPhone makes JPEG when Settings > Camera > Formats says Most Compatible.',
    { whatCame: 'a HEIC picture' },
  );
}

const codings: Readonly<Record<string, string>> = {
  avc1: 'AVC (H.264)',
  av01: 'AV1',
  hvc1: 'HEVC (H.265)',
  jpeg: 'JPEG',
  j2k1: 'JPEG 2000',
  vvc1: 'VVC (H.266)',
  unci: 'pixels without compression',
};

/** For a HEIF file whose picture is an item of another type than its brand says, or of one that no decoder here reads. */
export function otherCodingFailure(itemType: string, cause?: unknown): Error {
  const coding = codings[itemType] ?? 'something rare';
  return inputFailure(
    `The picture is a HEIF file that is coded as ${coding}, which is not read here. Send it as JPEG or PNG.`,
    { cause, whatCame: `a HEIF picture that is coded as ${coding}` },
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
  if (brands.some((brand) => hevcBrands.has(brand) || openBrands.has(brand))) return 'heic';
  throw noPicture(describeBytes(bytes));
}

function noPicture(whatCame: string | undefined): Error {
  const hint =
    whatCame === 'a web page (HTML)'
      ? ', perhaps one that asks for a login; the link has to lead to the picture itself'
      : '';
  const what = whatCame === undefined ? '' : `: it is ${whatCame}${hint}`;
  const advice = adviceFor(whatCame) ?? whatToSend;
  return inputFailure(`The data is not a picture of a type that is taken${what}. ${advice}`, {
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

/** An AVIF or a HEIC that is nothing but a film; what writes animations puts a picture beside it, for whoever can't show it. */
export function filmFailure(type: 'avif' | 'heic'): Error {
  return inputFailure(
    `The ${type.toUpperCase()} is an animation without a picture that stands still. ${whatToSend}`,
    { whatCame: type === 'avif' ? 'an animated AVIF' : 'an animated HEIC' },
  );
}

/** For a file that no decoder could, or should, read; a cause that says so already stays as it is. */
export function damagedPicture(type: PictureType, cause?: unknown): Error {
  if (cause instanceof TaskError) return cause;
  const name = type.toUpperCase();
  return inputFailure(`The ${name} picture is damaged or cut off. ${whatToSend}`, {
    cause,
    whatCame: `${type === 'avif' ? 'an' : 'a'} ${name} that is damaged or cut off`,
  });
}
