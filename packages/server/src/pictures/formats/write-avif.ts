// Writes an AVIF or a HEIC file of a few items (ISO/IEC 23008-12): the first is the picture, the last may be its transparency.

import { Buffer } from 'node:buffer';
import type { AvifItem } from './avif-item.ts';
import { joinBytes } from '../../lib/join-bytes.ts';
import { type Box, boxOf, numberOf } from './iso-boxes.ts';

export interface AvifPart {
  item: AvifItem;
  properties: Box[];
  data: Buffer;
}

/** A coded picture, or a grid and the tiles that it is made of. */
export interface AvifPicture {
  main: AvifPart;
  tiles: AvifPart[];
}

/** In the order in which they are numbered, from 1: a tile that stands in a grid twice is two items. */
export function partsOf({ main, tiles }: AvifPicture): AvifPart[] {
  return [main, ...tiles];
}

/** The first four bytes of a box are its version and its flags. */
const version = (number: number, flags = 0) => numberOf(4, number * 2 ** 24 + flags);
const short = (number: number) => numberOf(2, number);
const long = (number: number) => numberOf(4, number);

/** A picture, and its transparency where there is any. */
export async function writeAvif(
  pictures: readonly AvifPicture[],
  brand: 'avif' | 'heic' = 'avif',
): Promise<Buffer> {
  const parts = pictures.flatMap(partsOf);
  const data = parts.map((part) => part.data);
  const head = boxOf('ftyp', Buffer.from(`${brand}\0\0\0\0${brand}mif1miaf`, 'latin1'));
  const handler = boxOf('hdlr', version(0), Buffer.from('\0\0\0\0pict'.padEnd(21, '\0'), 'latin1'));
  const tiles = new Set(pictures.flatMap((picture) => picture.tiles));
  const types = parts.map((part, index) => {
    // Readers would count a tile that is not hidden as one more picture.
    const first = version(2, tiles.has(part) ? 1 : 0);
    return boxOf('infe', first, short(index + 1), short(0), Buffer.from(`${part.item.type}\0`, 'latin1'));
  });
  const meta = (dataStart: number): Buffer =>
    boxOf(
      'meta',
      version(0),
      handler,
      boxOf('pitm', version(0), short(1)),
      placesOf(parts, dataStart),
      boxOf('iinf', version(0), short(parts.length), ...types),
      propertiesOf(parts),
      boxOf('iref', version(0), ...referencesOf(pictures)),
    );
  const dataStart = head.length + meta(0).length + 8;
  const size = data.reduce((sum, { length }) => sum + length, 8);
  return await joinBytes([head, meta(dataStart), long(size), Buffer.from('mdat'), ...data]);
}

/** Offsets and lengths of four bytes, one piece an item that has data. */
function placesOf(parts: readonly AvifPart[], dataStart: number): Buffer {
  let at = dataStart;
  const places = parts.flatMap(({ data }, index) => {
    const place = [short(index + 1), short(0)];
    if (data.length === 0) return [...place, short(0)];
    at += data.length;
    return [...place, short(1), long(at - data.length), long(data.length)];
  });
  return boxOf('iloc', version(0), short(0x4400), short(parts.length), ...places);
}

function propertiesOf(parts: readonly AvifPart[]): Buffer {
  const all = [...new Set(parts.flatMap(({ properties }) => properties))];
  const places = new Map(all.map((box, index) => [box, index + 1]));
  const entries = parts.flatMap(({ properties }, index) => [
    short(index + 1),
    numberOf(1, properties.length),
    ...properties.map((box) => short(places.get(box) ?? 0)),
  ]);
  // The flag says that places have two bytes.
  const associations = boxOf('ipma', long(1), long(parts.length), ...entries);
  return boxOf('iprp', boxOf('ipco', ...all.map(propertyOf)), associations);
}

/** Behind its four bytes the configuration of AV1 may have frames of its own. */
function propertyOf({ type, whole, content }: Box): Buffer {
  return type === 'av1C' ? boxOf(type, content.subarray(0, 4)) : whole;
}

function referencesOf(pictures: readonly AvifPicture[]): Buffer[] {
  const references: Buffer[] = [];
  let first = 1;
  for (const { tiles } of pictures) {
    if (first > 1) references.push(boxOf('auxl', short(first), short(1), short(1)));
    const places = tiles.map((_, index) => short(first + 1 + index));
    if (tiles.length > 0) references.push(boxOf('dimg', short(first), short(tiles.length), ...places));
    first += 1 + tiles.length;
  }
  return references;
}
