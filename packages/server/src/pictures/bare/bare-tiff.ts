// Makes of a TIFF one that has nothing in it but its first picture: one directory, the tags that say how it is coded, and its
// strips or tiles, one behind the other. So the decoder follows no offset of the file that came, and the work of decoding is
// known. A camera's raw file is a TIFF too, whose first picture may be a thumbnail: it is told by name.

import { Buffer } from 'node:buffer';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { inputFailure } from '../../core/errors.ts';
import { bareProfile } from './bare-profile.ts';
import { adviceFor, cameraFile } from '../formats/describe-bytes.ts';
import { joinBytes } from '../../lib/join-bytes.ts';
import { type BarePicture, createBreather } from './file-parts.ts';
import { damagedPicture } from '../formats/picture-type.ts';
import { type TiffEntry, writeTiffDirectory } from '../formats/tiff-directory.ts';
import {
  numbersOf,
  openTiff,
  readTiffDirectory,
  type TiffDirectory,
  type TiffFile,
} from '../formats/tiff-tags.ts';

/** Tags that say how pixels are coded, besides those that are read below, with the most bytes of each. */
const maxBytes: Readonly<Record<number, number>> = {
  266: 2, // order of bits
  292: 4, // options of fax codings
  293: 4,
  317: 2, // predictor
  320: 6 * 65_536, // palette
  332: 2, // inks
  347: 65_536, // tables of JPEG
  529: 24, // YCbCr
  530: 4,
  531: 2,
  532: 48,
};
/** None, three of fax, LZW, JPEG, Deflate by two numbers, PackBits. */
const compressions = new Set([1, 2, 3, 4, 5, 7, 8, 32_946, 32_773]);
const jpeg = 7;
/** White is zero, black is zero, RGB, palette, inks, YCbCr. */
const [rgb, ycbcr] = [2, 6];
const photometrics = new Set([0, 1, 2, 3, 5, 6]);
/** Samples that are colours, by those. */
const coloursOf: Readonly<Record<number, number>> = { 0: 1, 1: 1, 2: 3, 3: 1, 5: 4, 6: 3 };
/** Of a sample beside the colours: no opacity. */
const unspecified = 0;
/** A mosaic of a sensor, and its linear pixels. */
const rawPhotometrics = new Set([32_803, 34_892]);
const dngVersion = 50_706;
const subDirectories = 330;
/** To read and write the places of so many takes 10 ms, in a few steps. */
const maxPieces = 20_000;
const maxDirectories = 8;
/** Tiles reach beyond the picture: pixels that are decoded for each that is shown. Small pictures may have some more. */
const maxWork = 4;
const smallPixels = 1_048_576;

/**
 * Throws `TaskError` (`input_unreachable`) for a file that is cut off, a coding that is not read here, and a camera's raw file.
 * The bare file has no orientation: it is in what is returned.
 */
export async function bareTiff(bytes: Uint8Array): Promise<BarePicture> {
  const file = openTiff(bytes);
  const { directory, hasOthers } = choosePicture(file);
  const layout = readLayout(file, directory);
  const pieces = await readPieces(file, directory, layout);
  await nextTurn();
  const head = headOf(file, directory, { layout, pieces });
  const orientation = numbersOf(file, directory, 274)[0] ?? 1;
  return {
    bytes: await joinBytes([head, ...pieces]),
    orientation: orientation >= 1 && orientation <= 8 ? orientation : 1,
    animated: false,
    lossy: layout.compression === jpeg,
    recode: true,
    hasOthers,
    opaque: layout.isOpaque,
    // As light, says no standard; most programs write so.
    ...(layout.isFloat && { loss: 'guessed' }),
  };
}

/** The first that is no smaller copy of another. */
function choosePicture(file: TiffFile): { directory: TiffDirectory; hasOthers: boolean } {
  const isCopy = (directory: TiffDirectory) => ((numbersOf(file, directory, 254)[0] ?? 0) & 5) !== 0;
  const first = readTiffDirectory(file, file.first);
  if (isRaw(file, first)) throw rawFailure();
  const found = [first];
  for (let each = first; each.next !== 0 && found.length < maxDirectories;) {
    // Directories behind the first picture may be cut off: they are not read.
    if (!isCopy(each) && each.next + 2 > file.data.length) break;
    each = readTiffDirectory(file, each.next);
    found.push(each);
  }
  const pictures = found.filter((directory) => !isCopy(directory));
  if (pictures.length === 0 && first.tags.has(subDirectories)) throw rawFailure();
  return { directory: pictures[0] ?? first, hasOthers: pictures.length > 1 };
}

function isRaw(file: TiffFile, directory: TiffDirectory): boolean {
  const isCanon = file.data.toString('latin1', 8, 10) === 'CR';
  const photometric = numbersOf(file, directory, 262)[0] ?? 0;
  const isPreview =
    ((numbersOf(file, directory, 254)[0] ?? 0) & 1) !== 0 && directory.tags.has(subDirectories);
  return isCanon || isPreview || rawPhotometrics.has(photometric) || directory.tags.has(dngVersion);
}

function rawFailure(): Error {
  return inputFailure(
    `The data is not a picture of a type that is taken: it is ${cameraFile}. ${adviceFor(cameraFile)}`,
    { whatCame: cameraFile },
  );
}

interface Layout {
  width: number;
  height: number;
  bits: number[];
  samples: number;
  compression: number;
  photometric: number;
  /** Samples beside the colours are no opacity. */
  isOpaque: boolean;
  isFloat: boolean;
  /** 2: each sample of a pixel stands in strips or tiles of its own. */
  planar: number;
  /** Of a piece; strips are as wide as the picture. */
  pieceWidth: number;
  pieceHeight: number;
  isTiled: boolean;
  pieces: number;
}

function readLayout(file: TiffFile, directory: TiffDirectory): Layout {
  const first = (tag: number, otherwise = 0) => numbersOf(file, directory, tag)[0] ?? otherwise;
  const [width, height, compression, samples] = [first(256), first(257), first(259, 1), first(277, 1)];
  const photometric = first(262, 1);
  if (width < 1 || height < 1) throw damagedPicture('tiff');
  const given = numbersOf(file, directory, 258);
  const bits = Array.from(
    { length: samples <= 5 ? samples : 0 },
    (_, index) => given[index] ?? given[0] ?? 1,
  );
  const isWhole = numbersOf(file, directory, 339).every((format) => format === 1 || format === 4);
  const isFloat = numbersOf(file, directory, 339).every((format) => format === 3);
  const isKnownDepth = bits.every(
    (each) => each === bits[0] && (isWhole ? [1, 2, 4, 8, 16] : [32]).includes(each),
  );
  if (!compressions.has(compression) || !photometrics.has(photometric)) throw codingFailure();
  // The decoder would take it for RGB.
  if (photometric === ycbcr && compression !== jpeg) throw codingFailure();
  const isMixed = samples > 1 && (bits[0] ?? 0) < 8;
  if (bits.length === 0 || isMixed || !isKnownDepth || !(isWhole || isFloat)) throw codingFailure();
  const isTiled = directory.tags.has(322);
  const planar = samples > 1 ? first(284, 1) : 1;
  // The decoder has none of these, and takes fractions of white for black where there are no colours.
  const isColour = photometric === rgb || photometric === ycbcr;
  if ((isTiled && planar === 2) || (!isWhole && !isColour)) throw codingFailure();
  const pieceWidth = isTiled ? first(322) : width;
  const pieceHeight = isTiled ? first(323) : Math.min(height, first(278, height) || height);
  if (pieceWidth < 1 || pieceHeight < 1) throw damagedPicture('tiff');
  const pieces =
    Math.ceil(width / pieceWidth) * Math.ceil(height / pieceHeight) * (planar === 2 ? samples : 1);
  const work = (pieces / (planar === 2 ? samples : 1)) * pieceWidth * pieceHeight;
  if (pieces > maxPieces || work > Math.max(width * height, smallPixels) * maxWork)
    throw damagedPicture('tiff');
  return {
    width,
    height,
    bits,
    samples,
    compression,
    photometric,
    isOpaque: isOpaque(samples - (coloursOf[photometric] ?? samples), numbersOf(file, directory, 338)),
    isFloat: !isWhole,
    planar,
    pieceWidth,
    pieceHeight,
    isTiled,
    pieces,
  };
}

/** Programs that name no kind mean the opacity, if there is one more sample. Throws where some are opacity and some not. */
function isOpaque(extra: number, [first]: readonly number[]): boolean {
  if (extra > 1 && first !== undefined && first !== unspecified) throw codingFailure();
  return extra > 1 || (extra === 1 && first === unspecified);
}

function codingFailure(): Error {
  return inputFailure(
    'The TIFF picture is coded in a way that is not read here. Save it without compression, or with LZW or ZIP, in 8 or 16 bits, or send it as PNG.',
    { whatCame: 'a TIFF of a rare coding' },
  );
}

/** The data of every strip or tile. They may overlap, but have no more bytes together than the file. */
async function readPieces(
  file: TiffFile,
  directory: TiffDirectory,
  { isTiled, pieces, compression, bits, pieceWidth, pieceHeight, height, planar }: Layout,
): Promise<Buffer[]> {
  const breathe = createBreather();
  const offsets = numbersOf(file, directory, isTiled ? 324 : 273, pieces);
  const counts = numbersOf(file, directory, isTiled ? 325 : 279, pieces);
  if (offsets.length < pieces) throw damagedPicture('tiff');
  const rowBytes = Math.ceil((pieceWidth * (bits[0] ?? 8) * (planar === 2 ? 1 : bits.length)) / 8);
  const perPlane = pieces / (planar === 2 ? bits.length : 1);
  let room = file.data.length;
  const found: Buffer[] = [];
  for (const [index, offset] of offsets.entries()) {
    const pause = breathe();
    if (pause) await pause;
    const rows = isTiled ? pieceHeight : Math.min(pieceHeight, height - (index % perPlane) * pieceHeight);
    const plainBytes = rowBytes * rows;
    const left = file.data.length - offset;
    // Some writers leave the lengths out.
    const given = counts[index] ?? left;
    const length = compression === 1 ? plainBytes : given;
    room -= length;
    if (length < 1 || length > Math.min(given, left) || room < 0) throw damagedPicture('tiff');
    found.push(file.data.subarray(offset, offset + length));
  }
  return found;
}

/** Header and directory of a file in which the pieces follow. */
function headOf(
  file: TiffFile,
  directory: TiffDirectory,
  { layout, pieces }: { layout: Layout; pieces: readonly Buffer[] },
): Buffer {
  const profile = directory.tags.get(34_675)?.bytes;
  const plain = profile && bareProfile(profile);
  const copied = Object.entries(maxBytes).flatMap(([name, most]): TiffEntry[] => {
    const tag = Number(name);
    const { type = 0, bytes } = directory.tags.get(tag) ?? {};
    return bytes && bytes.length > 0 && bytes.length <= most && [1, 3, 4, 5, 7].includes(type)
      ? [{ tag, type, bytes }]
      : [];
  });
  const { isTiled } = layout;
  const extra = numbersOf(file, directory, 338, layout.samples);
  const formats = numbersOf(file, directory, 339, layout.samples);
  const entriesFrom = (start: number): TiffEntry[] => {
    let at = start;
    const offsets = pieces.map(({ length }) => (at += length) - length);
    return [
      ...copied,
      { tag: 256, longs: [layout.width] },
      { tag: 257, longs: [layout.height] },
      { tag: 258, shorts: layout.bits },
      { tag: 259, shorts: [layout.compression] },
      { tag: 262, shorts: [layout.photometric] },
      { tag: 277, shorts: [layout.samples] },
      { tag: 284, shorts: [layout.planar] },
      ...(extra.length > 0 ? [{ tag: 338, shorts: extra }] : []),
      ...(formats.length > 0 ? [{ tag: 339, shorts: formats }] : []),
      ...(isTiled
        ? [
            { tag: 322, longs: [layout.pieceWidth] },
            { tag: 323, longs: [layout.pieceHeight] },
          ]
        : [{ tag: 278, longs: [layout.pieceHeight] }]),
      { tag: isTiled ? 324 : 273, longs: offsets },
      { tag: isTiled ? 325 : 279, longs: pieces.map(({ length }) => length) },
      ...(plain ? [{ tag: 34_675, type: 7, bytes: plain }] : []),
    ].toSorted((a, b) => a.tag - b.tag);
  };
  const headBytes = writeTiffDirectory(entriesFrom(0), file.order).length;
  return writeTiffDirectory(entriesFrom(headBytes), file.order);
}
