// Makes of an AVIF or a HEIC one that has nothing in it but its picture, and its transparency: the items that have to be decoded for it,
// with the properties that say how. So no box and no reference of the file that came ever reaches the decoder, and the work
// of decoding is known. Of an animation this is the still picture that it has beside its film, or else the first of the film.

import { Buffer } from 'node:buffer';
import { inputFailure } from '../../core/errors.ts';
import { avifColours } from '../colours/avif-colours.ts';
import type { AvifItem } from '../formats/avif-item.ts';
import { dataOf, readAvifItems } from '../formats/avif-items.ts';
import { av1Colours } from '../colours/av1-colours.ts';
import { countFrames } from '../formats/av1-frames.ts';
import type { CodePoints } from '../colours/code-points.ts';
import { readsHeic } from '../decoding.ts';
import { type BarePicture, createPartCounter } from './file-parts.ts';
import { hevcWork } from '../formats/hevc-frames.ts';
import { type Box, createNumberReader, HeifError } from '../formats/iso-boxes.ts';
import { damagedPicture, filmFailure, heicOffFailure, otherCodingFailure } from '../formats/picture-type.ts';
import { type AvifPart, type AvifPicture, partsOf, writeAvif } from '../formats/write-avif.ts';

/** Properties of an item that are kept, each once, and the most bytes of each. */
const maxBytes: Readonly<Record<string, number>> = {
  ispe: 32,
  av1C: 4096,
  hvcC: 65_536,
  pixi: 32,
  colr: 32,
  auxC: 256,
  clap: 64,
  irot: 32,
  imir: 32,
  a1op: 32,
  lsel: 32,
};
/** Of all together: tiles share theirs, which have hundreds. They are copied in one go. */
const maxPropertyBytes = 262_144;
/** Layers, tiles and transparency together, for each pixel that is shown; small pictures may have some more. */
const maxWork = 4;
const smallPixels = 65_536;
/** Boxes, their entries and units of AV1: about twenty for a picture or a tile. All are walked through in one go, in a few milliseconds. */
const maxParts = 6_000;
/** sharp 0.35.5 reads no list of more, whose libheif bounds them (libheif/security_limits.cc). */
const maxItems = 256;
const alphaNames = ['urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0', 'urn:mpeg:hevc:2015:auxid:1\0'];

/** How the pictures of a file are coded. */
interface HeifCoding {
  type: 'avif' | 'heic';
  /** Of an item that is coded so. */
  item: string;
  /** Kinds of items that are put together of such. */
  derived: ReadonlySet<string>;
  /** Pixels that a decoder works through for a coded item. */
  workOf: (part: AvifPart, countPart: () => void) => number;
  /** Reads in the data what their colours are, for files that say it nowhere else. */
  coloursIn: (data: Buffer, countPart: () => void) => CodePoints | undefined;
}

const av1: HeifCoding = {
  type: 'avif',
  item: 'av01',
  derived: new Set(['grid']),
  workOf: (part, countPart) => pixelsOf(part) * countFrames(part.data, countPart),
  coloursIn: av1Colours,
};

/** An iPhone writes tiles of 512 x 512 pixels: 192 of them for 48 megapixels. */
const hevc: HeifCoding = {
  type: 'heic',
  item: 'hvc1',
  derived: new Set(['grid', 'iden', 'iovl']),
  workOf({ properties, data }, countPart) {
    const config = properties.find(({ type }) => type === 'hvcC')?.content;
    if (config === undefined) throw new HeifError();
    return hevcWork(config, data, countPart);
  },
  coloursIn: () => undefined,
};

/**
 * Throws `TaskError` (`input_unreachable`) for a file that is cut off, whose picture is coded or put together in another way,
 * or would take far more work than its measures say.
 */
export async function bareAvif(bytes: Uint8Array): Promise<BarePicture> {
  return (await bareHeif(bytes, av1)).bare;
}

/** Throws as `bareAvif` does. What comes out has yet to be decoded by another decoder (`readable.ts`). */
export async function bareHeic(bytes: Uint8Array): Promise<BarePicture> {
  if (!readsHeic()) throw heicOffFailure();
  const { bare, profile } = await bareHeif(bytes, hevc);
  return { ...bare, convert: { from: 'heic', profile } };
}

async function bareHeif(
  bytes: Uint8Array,
  coding: HeifCoding,
): Promise<{ bare: BarePicture; profile: Buffer | undefined }> {
  try {
    return await takeApart(bytes, coding);
  } catch (error) {
    if (!(error instanceof HeifError)) throw error;
    throw error.reason === 'film' ? filmFailure(coding.type) : damagedPicture(coding.type, error);
  }
}

async function takeApart(
  bytes: Uint8Array,
  coding: HeifCoding,
): Promise<{ bare: BarePicture; profile: Buffer | undefined }> {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const countPart = createPartCounter(coding.type, maxParts);
  const { primary: id, items, animated } = readAvifItems(file, countPart);
  const primary = items.get(id);
  if (primary === undefined) throw new HeifError();
  const alpha = [...items.values()].find((item) => isAlphaOf(item, id));
  // Pieces of items may overlap, so that a small file could be put together to a thousand times its size.
  let room = file.length;
  const spend = (dataBytes: number) => {
    room -= dataBytes;
    if (room < 0) throw new HeifError();
  };
  const context = { items, spend, coding };
  const picture = await pictureOf(primary, context);
  const pictures = alpha ? [picture, await pictureOf(alpha, context)] : [picture];
  const parts = pictures.flatMap(partsOf);
  if (parts.length > maxItems) throw manyTiles(coding);
  const properties = new Set(parts.flatMap((part) => part.properties));
  if ([...properties].reduce((sum, { whole }) => sum + whole.length, 0) > maxPropertyBytes)
    throw new HeifError();
  const coded = parts.filter(({ item }) => item.type === coding.item);
  const work = coded.reduce((sum, part) => sum + coding.workOf(part, countPart), 0);
  if (work > Math.max(pixelsOf(picture.main), smallPixels) * maxWork) throw new HeifError();
  const { main, tiles } = picture;
  const [first = main] = tiles;
  const told = hasColours(primary) ? primary : first.item;
  const { box, ...named } = avifColours(told.properties, () => coding.coloursIn(first.data, countPart));
  if (box && coding === av1) main.properties.push(box);
  const hasOthers = countPictures(items, coding) > 1;
  const premultiplied =
    alpha !== undefined &&
    primary.references.some(({ kind, to }) => kind === 'prem' && to.includes(alpha.id));
  const written = await writeAvif(pictures, coding.type);
  return {
    bare: {
      bytes: written,
      orientation: 1,
      animated,
      lossy: true,
      recode: true,
      decodedPixels: pixelsOf(main),
      hasOthers,
      premultiplied,
      ...named,
    },
    profile: box?.content.subarray(4),
  };
}

function hasColours({ properties }: AvifItem): boolean {
  return properties.some(({ type }) => type === 'colr');
}

/** Pictures that are shown: no tile, thumbnail, transparency, map of depth or of brightness. */
function countPictures(items: ReadonlyMap<number, AvifItem>, { item: coded, derived }: HeifCoding): number {
  const all = [...items.values()];
  const parts = new Set(
    all.flatMap(({ references }) => references.flatMap(({ kind, to }) => (kind === 'dimg' ? to : []))),
  );
  return all.filter(
    ({ id, type, isHidden, references }) =>
      (type === coded || derived.has(type)) &&
      !isHidden &&
      !parts.has(id) &&
      !references.some(({ kind }) => kind === 'thmb' || kind === 'auxl'),
  ).length;
}

function isAlphaOf({ references, properties }: AvifItem, id: number): boolean {
  const isAuxiliary = references.some(({ kind, to }) => kind === 'auxl' && to.includes(id));
  const name = properties.find(({ type }) => type === 'auxC')?.content.toString('latin1', 4, 100);
  return isAuxiliary && alphaNames.some((each) => name?.startsWith(each));
}

interface Context {
  items: ReadonlyMap<number, AvifItem>;
  spend: (dataBytes: number) => void;
  coding: HeifCoding;
}

async function pictureOf(item: AvifItem, { items, spend, coding }: Context): Promise<AvifPicture> {
  if (item.type !== coding.item && !coding.derived.has(item.type)) throw otherCodingFailure(item.type);
  const main = await partOf(item, spend);
  if (item.type === coding.item) return { main, tiles: [] };
  const ids = item.references.filter(({ kind }) => kind === 'dimg').flatMap(({ to }) => to);
  if (ids.length >= maxItems) throw manyTiles(coding);
  const tiles = [];
  for (const id of ids) {
    const tile = items.get(id);
    if (tile === undefined) throw new HeifError();
    if (tile.type !== coding.item) throw otherCodingFailure(tile.type);
    tiles.push(await partOf(tile, spend));
  }
  return { main, tiles };
}

function manyTiles({ type }: HeifCoding): Error {
  const name = type.toUpperCase();
  return inputFailure(
    `The ${name} picture is put together of too many pieces: of more than ${maxItems - 1}. Send it as JPEG or PNG.`,
    { whatCame: `a picture of type ${name} of too many pieces` },
  );
}

async function partOf(item: AvifItem, spend: (dataBytes: number) => void): Promise<AvifPart> {
  const kept = new Map<string, Box>();
  for (const box of item.properties) {
    const { type, whole, content } = box;
    // Profiles are put in later, where they change the colours. How the numbers are coded stays.
    if (type === 'colr' && content.toString('latin1', 0, 4) !== 'nclx') continue;
    if (!kept.has(type) && whole.length <= (maxBytes[type] ?? -1)) kept.set(type, box);
  }
  // An item that is another one, turned, has no data.
  const data = item.type === 'iden' ? Buffer.alloc(0) : await dataOf(item, spend);
  return { item, properties: [...kept.values()], data };
}

/** Throws `HeifError` for an item without measures. */
function pixelsOf({ properties }: AvifPart): number {
  const measures = properties.find(({ type }) => type === 'ispe');
  if (measures === undefined) throw new HeifError();
  const reader = createNumberReader(measures.content);
  reader.next(4);
  return reader.next(4) * reader.next(4);
}
