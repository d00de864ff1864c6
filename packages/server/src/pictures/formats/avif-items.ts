// Reads what an AVIF or a HEIC says of the items in it (ISO/IEC 23008-12, and 14496-12, 8.11): where their data are, what they are, how
// they belong together. Nothing is decoded, nothing is followed more than once.

import type { Buffer } from 'node:buffer';
import { readFilmItems } from './avif-film.ts';
import type { AvifItem } from './avif-item.ts';
import { joinBytes } from '../../lib/join-bytes.ts';
import { type Box, boxesOf, createNumberReader, HeifError } from './iso-boxes.ts';

export interface AvifItems {
  primary: number;
  items: Map<number, AvifItem>;
  /** There is a film in the file, too. */
  animated: boolean;
}

/** In `meta`; of others there may be several, such as `free` and `uuid`. */
const readBoxes = new Set(['iinf', 'iloc', 'iprp', 'iref', 'idat', 'pitm']);
/** An item of more pieces is written by nobody, and copied for nobody. */
const maxExtents = 32;

/**
 * Calls `count` for each box and each entry of one. Throws `HeifError` where a box of items is cut off, stands twice,
 * or is missing.
 */
export function readAvifItems(file: Buffer, count: () => void): AvifItems {
  const top = topBoxes(file, count);
  const [meta, ...others] = top.filter(({ type }) => type === 'meta' || type === 'mini');
  const animated = top.some(({ type }) => type === 'moov');
  if (meta === undefined && animated) return filmItems(file, top, count);
  // A second one, or one of the other kind, would leave it to the decoder which it reads.
  if (meta?.type !== 'meta' || others.length > 0) throw new HeifError();
  const boxes = new Map<string, Box>();
  for (const box of boxesOf(meta.content, 4, count)) {
    if (!readBoxes.has(box.type)) continue;
    if (boxes.has(box.type)) throw new HeifError();
    boxes.set(box.type, box);
  }
  const content = (type: string): Buffer => {
    const box = boxes.get(type);
    if (box === undefined) throw new HeifError();
    return box.content;
  };
  const items = new Map<number, AvifItem>();
  readTypes(content('iinf'), items, count);
  readPlaces(content('iloc'), items, { file, idat: boxes.get('idat')?.content, count });
  readProperties(content('iprp'), items, count);
  if (boxes.has('iref')) readReferences(content('iref'), items, count);
  const pitm = createNumberReader(content('pitm'));
  const version = pitm.next(4) >>> 24;
  return {
    primary: pitm.next(version === 0 ? 2 : 4),
    items,
    animated,
  };
}

/** Up to what is no box, or another file: phones hang films behind their pictures, with marks of their own. */
function topBoxes(file: Buffer, count: () => void): Box[] {
  const boxes: Box[] = [];
  try {
    for (const box of boxesOf(file, 0, count)) {
      if (box.type === 'ftyp' && boxes.length > 0) break;
      boxes.push(box);
    }
  } catch (error) {
    if (!(error instanceof HeifError)) throw error;
  }
  return boxes;
}

/** Throws `HeifError` where the first picture can't be found. */
function filmItems(file: Buffer, top: readonly Box[], count: () => void): AvifItems {
  const films = top.filter(({ type }) => type === 'moov');
  const items =
    films.length === 1 && films[0] ? readFilmItems(file, films[0], count) : new Map<number, AvifItem>();
  if (!items.has(1)) throw new HeifError('film');
  return { primary: 1, items, animated: true };
}

function readTypes(iinf: Buffer, items: Map<number, AvifItem>, count: () => void): void {
  const entries = (createNumberReader(iinf).next(4) >>> 24 === 0 ? 2 : 4) + 4;
  for (const { type: box, content } of boxesOf(iinf, entries, count)) {
    if (box !== 'infe') continue;
    const reader = createNumberReader(content);
    const versionAndFlags = reader.next(4);
    const version = versionAndFlags >>> 24;
    // Before the second they have no type.
    if (version < 2) continue;
    const id = reader.next(version === 2 ? 2 : 4);
    const isProtected = reader.next(2) !== 0;
    const type = isProtected ? '' : reader.text(4);
    const isHidden = (versionAndFlags & 1) !== 0;
    items.set(id, { id, type, isHidden, properties: [], references: [], extents: [] });
  }
}

function readPlaces(
  iloc: Buffer,
  items: Map<number, AvifItem>,
  { file, idat, count }: { file: Buffer; idat: Buffer | undefined; count: () => void },
): void {
  const reader = createNumberReader(iloc);
  const version = reader.next(4) >>> 24;
  const sizes = reader.next(2);
  const sizeOf = (place: number) => (sizes >> (12 - 4 * place)) & 15;
  for (let left = reader.next(version < 2 ? 2 : 4); left > 0; left -= 1) {
    count();
    const item = items.get(reader.next(version < 2 ? 2 : 4));
    const method = version === 0 ? 0 : reader.next(2) & 15;
    // Another file would hold the data.
    const elsewhere = reader.next(2) !== 0;
    const base = reader.next(sizeOf(2));
    const source = method === 0 ? file : method === 1 ? idat : undefined;
    for (let pieces = reader.next(2); pieces > 0; pieces -= 1) {
      count();
      if (version > 0) reader.next(sizeOf(3));
      const start = base + reader.next(sizeOf(0));
      const length = reader.next(sizeOf(1));
      if (source && !elsewhere) item?.extents.push({ source, start, length });
    }
  }
}

function readProperties(iprp: Buffer, items: Map<number, AvifItem>, count: () => void): void {
  let properties: Box[] = [];
  for (const { type, content } of boxesOf(iprp, 0, count)) {
    if (type === 'ipco') properties = [...boxesOf(content, 0, count)];
    if (type !== 'ipma') continue;
    const reader = createNumberReader(content);
    const versionAndFlags = reader.next(4);
    const bytes = versionAndFlags & 1 ? 2 : 1;
    for (let left = reader.next(4); left > 0; left -= 1) {
      count();
      const item = items.get(reader.next(versionAndFlags >>> 24 === 0 ? 2 : 4));
      for (let each = reader.next(1); each > 0; each -= 1) {
        // The first bit says whether a reader has to know the property; places are counted from 1.
        const property = properties[(reader.next(bytes) & (bytes === 1 ? 0x7f : 0x7fff)) - 1];
        if (property) item?.properties.push(property);
      }
    }
  }
}

function readReferences(iref: Buffer, items: Map<number, AvifItem>, count: () => void): void {
  const bytes = createNumberReader(iref).next(4) >>> 24 === 0 ? 2 : 4;
  for (const { type: kind, content } of boxesOf(iref, 4, count)) {
    const reader = createNumberReader(content);
    const item = items.get(reader.next(bytes));
    const to: number[] = [];
    for (let left = reader.next(2); left > 0; left -= 1) {
      count();
      to.push(reader.next(bytes));
    }
    item?.references.push({ kind, to });
  }
}

/**
 * The data of an item in one piece. `spend` is given their length before they are copied. Throws `HeifError` where they are
 * not all there, and whatever `spend` throws.
 */
export async function dataOf({ extents }: AvifItem, spend: (bytes: number) => void): Promise<Buffer> {
  if (extents.length === 0 || extents.length > maxExtents) throw new HeifError();
  const pieces = extents.map(({ source, start, length }) => {
    const end = length === 0 ? source.length : start + length;
    if (start >= end || end > source.length) throw new HeifError();
    return source.subarray(start, end);
  });
  spend(pieces.reduce((sum, piece) => sum + piece.length, 0));
  const [only] = pieces;
  return pieces.length === 1 && only ? only : await joinBytes(pieces);
}
