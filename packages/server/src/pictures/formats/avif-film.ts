// Finds the first picture of an AVIF that is nothing but a film (ISO/IEC 14496-12, 8.3 to 8.7): most writers put a picture that
// stands still beside it, but need not. What is found looks as the items of a still picture do.

import { Buffer } from 'node:buffer';
import type { AvifItem } from './avif-item.ts';
import { av1Units, sequenceHeader } from './av1-frames.ts';
import { type Box, boxesOf, boxOf, createNumberReader, numberOf } from './iso-boxes.ts';

const [pictureId, alphaId] = [1, 2];
/** Of a sample entry, before the boxes in it; its measures stand among them. */
const [entryBytes, measuresAt] = [78, 24];
const alphaName = 'urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0';

/**
 * The first picture of the film, and that of the film with its transparency; none where it is coded in another way. Calls
 * `count` for each box. Throws `HeifError` where a box is cut off.
 */
export function readFilmItems(file: Buffer, moov: Box, count: () => void): Map<number, AvifItem> {
  const items = new Map<number, AvifItem>();
  for (const track of boxesOf(moov.content, 0, count)) {
    if (track.type !== 'trak') continue;
    const boxes = new Map<string, Box>();
    collectBoxes(track.content, boxes, count);
    const isAlpha = boxes.get('hdlr')?.content.toString('latin1', 8, 12) === 'auxv';
    const id = isAlpha ? alphaId : pictureId;
    const item = items.has(id) ? undefined : itemOf(id, boxes, { file, count });
    if (item === undefined) continue;
    if (isAlpha) {
      item.references.push({ kind: 'auxl', to: [pictureId] });
      item.properties.push(propertyOf('auxC', numberOf(4, 0), Buffer.from(alphaName)));
    }
    items.set(id, item);
  }
  return items;
}

/** Boxes of a track that have nothing in them but boxes. */
const containers = new Set(['mdia', 'minf', 'stbl']);

/** The first of each type. */
function collectBoxes(content: Buffer, boxes: Map<string, Box>, count: () => void): void {
  for (const box of boxesOf(content, 0, count)) {
    if (boxes.has(box.type)) continue;
    boxes.set(box.type, box);
    if (containers.has(box.type)) collectBoxes(box.content, boxes, count);
  }
}

function itemOf(
  id: number,
  boxes: ReadonlyMap<string, Box>,
  { file, count }: { file: Buffer; count: () => void },
): AvifItem | undefined {
  const [entries, sizes] = [boxes.get('stsd'), boxes.get('stsz')];
  const places = boxes.get('stco') ?? boxes.get('co64');
  if (!entries || !sizes || !places) return undefined;
  const [entry] = boxesOf(entries.content, 8, count);
  if (entry?.type !== 'av01' || entry.content.length < entryBytes) return undefined;
  const start = firstNumber(places.content, places.type === 'co64' ? 8 : 4);
  const length = firstSize(sizes.content);
  if (length === 0) return undefined;
  const properties = [measuresOf(entry.content), ...boxesOf(entry.content, entryBytes, count)];
  const extents = [{ source: file, start, length }];
  const header = headerIn(properties);
  const sample = file.subarray(start, start + length);
  const hasHeader = [...av1Units(sample, count)].some(({ type }) => type === sequenceHeader);
  if (header && !hasHeader) extents.unshift({ source: header, start: 0, length: header.length });
  return { id, type: 'av01', isHidden: false, properties, references: [], extents };
}

/** Behind the version and the number of entries. */
function firstNumber(content: Buffer, bytes: 4 | 8): number {
  const reader = createNumberReader(content);
  reader.next(8);
  return reader.next(bytes);
}

/** Of all samples, or in the list of them. */
function firstSize(content: Buffer): number {
  const reader = createNumberReader(content);
  reader.next(4);
  const ofAll = reader.next(4);
  return reader.next(4) > 0 && ofAll === 0 ? reader.next(4) : ofAll;
}

function measuresOf(entry: Buffer): Box {
  const [width, height] = [entry.readUInt16BE(measuresAt), entry.readUInt16BE(measuresAt + 2)];
  return propertyOf('ispe', numberOf(4, 0), numberOf(4, width), numberOf(4, height));
}

/** Behind the four bytes of the configuration: the header that the samples may leave out. */
function headerIn(properties: readonly Box[]): Buffer | undefined {
  const header = properties.find(({ type }) => type === 'av1C')?.content.subarray(4);
  return header && header.length > 0 ? header : undefined;
}

function propertyOf(type: string, ...content: Buffer[]): Box {
  const whole = boxOf(type, ...content);
  return { type, whole, content: whole.subarray(8) };
}
