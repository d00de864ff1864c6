// Makes of an AVIF one that has nothing in it but its picture, and its transparency: the items that have to be decoded for it,
// with the properties that say how. So no box and no reference of the file that came ever reaches the decoder, and the work
// of decoding is known. Of an animation this is the still picture that it has beside its film, or else the first of the film.

import { Buffer } from 'node:buffer';
import { avifColours } from './avif-colours.ts';
import { type AvifItem, dataOf, readAvifItems } from './avif-items.ts';
import { countFrames } from './av1-frames.ts';
import { type BarePicture, createPartCounter } from './file-parts.ts';
import { type Box, createNumberReader } from './iso-boxes.ts';
import { damagedPicture, heicFailure } from './picture-type.ts';
import { type AvifPart, type AvifPicture, partsOf, writeAvif } from './write-avif.ts';

/** Properties of an item that are kept, each once, and the most bytes of each. */
const mostBytes: Readonly<Record<string, number>> = {
  ispe: 32,
  av1C: 4096,
  pixi: 32,
  colr: 32,
  auxC: 256,
  clap: 64,
  irot: 32,
  imir: 32,
  a1op: 32,
  lsel: 32,
};
/** Layers, tiles and transparency together, for each pixel that is shown; small pictures may have some more. */
const mostWork = 4;
const smallPixels = 65_536;
const mostTiles = 256;
/** Boxes, their entries and units of AV1: about twenty for a picture or a tile. All are walked through in one go, in a few milliseconds. */
const mostParts = 6_000;
const alphaNames = ['urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0', 'urn:mpeg:hevc:2015:auxid:1\0'];

/**
 * Throws `TaskError` (`input_unreachable`) for a file that is cut off, whose picture is coded or put together in another way,
 * or would take far more work than its measures say.
 */
export async function bareAvif(bytes: Uint8Array): Promise<BarePicture> {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const countPart = createPartCounter('avif', mostParts);
  const { primary: id, items, animated } = readAvifItems(file, countPart);
  const primary = items.get(id);
  if (primary === undefined) throw damagedPicture('avif');
  const alpha = [...items.values()].find((item) => isAlphaOf(item, id));
  // Pieces of items may overlap, so that a small file could be put together to a thousand times its size.
  let room = file.length;
  const spend = (dataBytes: number) => {
    room -= dataBytes;
    if (room < 0) throw damagedPicture('avif');
  };
  const picture = await pictureOf(primary, items, spend);
  const pictures = alpha ? [picture, await pictureOf(alpha, items, spend)] : [picture];
  const parts = pictures.flatMap(partsOf);
  const work = parts.reduce((sum, part) => sum + workOf(part, countPart), 0);
  if (work > Math.max(pixelsOf(picture.main), smallPixels) * mostWork) throw damagedPicture('avif');
  const { main, tiles } = picture;
  const [first = main] = tiles;
  const told = hasColours(primary) ? primary : first.item;
  const { box, ...named } = avifColours(told.properties, first.data, countPart);
  if (box) main.properties.push(box);
  return { bytes: await writeAvif(pictures), orientation: 1, animated, lossy: true, recode: true, ...named };
}

function hasColours({ properties }: AvifItem): boolean {
  return properties.some(({ type }) => type === 'colr');
}

function isAlphaOf({ references, properties }: AvifItem, id: number): boolean {
  const isAuxiliary = references.some(({ kind, to }) => kind === 'auxl' && to.includes(id));
  const name = properties.find(({ type }) => type === 'auxC')?.content.toString('latin1', 4, 100);
  return isAuxiliary && alphaNames.some((each) => name?.startsWith(each));
}

async function pictureOf(
  item: AvifItem,
  items: ReadonlyMap<number, AvifItem>,
  spend: (dataBytes: number) => void,
): Promise<AvifPicture> {
  const main = await partOf(item, spend);
  if (item.type === 'av01') return { main, tiles: [] };
  // HEVC; others are as rare, and can as little be decoded here.
  if (item.type !== 'grid') throw heicFailure();
  const ids = item.references.filter(({ kind }) => kind === 'dimg').flatMap(({ to }) => to);
  if (ids.length > mostTiles) throw damagedPicture('avif');
  const tiles = [];
  for (const id of ids) {
    const tile = items.get(id);
    if (tile?.type !== 'av01') throw damagedPicture('avif');
    tiles.push(await partOf(tile, spend));
  }
  return { main, tiles };
}

async function partOf(item: AvifItem, spend: (dataBytes: number) => void): Promise<AvifPart> {
  const kept = new Map<string, Box>();
  for (const box of item.properties) {
    const { type, whole, content } = box;
    // Profiles are put in later, where they change the colours. How the numbers are coded stays.
    if (type === 'colr' && content.toString('latin1', 0, 4) !== 'nclx') continue;
    if (!kept.has(type) && whole.length <= (mostBytes[type] ?? -1)) kept.set(type, box);
  }
  return { item, properties: [...kept.values()], data: await dataOf(item, spend) };
}

/** Pixels that a decoder works through. */
function workOf(part: AvifPart, countPart: () => void): number {
  return part.item.type === 'av01' ? pixelsOf(part) * countFrames(part.data, countPart) : 0;
}

/** Throws `TaskError` (`input_unreachable`) for an item without measures. */
function pixelsOf({ properties }: AvifPart): number {
  const measures = properties.find(({ type }) => type === 'ispe');
  if (measures === undefined) throw damagedPicture('avif');
  const reader = createNumberReader(measures.content);
  reader.next(4);
  return reader.next(4) * reader.next(4);
}
