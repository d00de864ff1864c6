// Reads a directory of a TIFF (TIFF 6.0, section 2; BigTIFF: libtiff.gitlab.io/libtiff/specification/bigtiff.html): its tags, and where
// the next one is. Nothing is followed here.

import { Buffer } from 'node:buffer';
import { damagedPicture } from './picture-type.ts';
import { tiffTypeBytes } from './tiff-directory.ts';

export interface TiffTag {
  type: number;
  count: number;
  /** Its values as they stand in the file. */
  bytes: Buffer;
}

export interface TiffDirectory {
  tags: ReadonlyMap<number, TiffTag>;
  /** Where the next directory begins; 0 where there is none. */
  next: number;
}

export interface TiffFile {
  data: Buffer;
  order: 'II' | 'MM';
  /** Where its first directory begins. */
  first: number;
  isBig: boolean;
}

/** Real ones have tens. */
const maxTags = 1_000;

/** Throws `TaskError` (`input_unreachable`) where the header is no TIFF's, as all below do where something is cut off. */
export function openTiff(bytes: Uint8Array): TiffFile {
  const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (data.length < 16) throw damagedPicture('tiff');
  const order = data.toString('latin1', 0, 2) === 'MM' ? 'MM' : 'II';
  const file = { data, order, first: 0, isBig: false } as const;
  const isBig = uintAt(file, 2, 2) === 43;
  return { ...file, isBig, first: isBig ? uintAt(file, 8, 8) : uintAt(file, 4, 4) };
}

export function readTiffDirectory(file: TiffFile, at: number): TiffDirectory {
  const [countBytes, entryBytes, offsetBytes] = file.isBig ? [8, 20, 8] : [2, 12, 4];
  const entries = uintAt(file, at, countBytes);
  if (entries > maxTags) throw damagedPicture('tiff');
  const tags = new Map<number, TiffTag>();
  for (let index = 0; index < entries; index += 1) {
    const entry = at + countBytes + index * entryBytes;
    const type = uintAt(file, entry + 2, 2);
    const count = uintAt(file, entry + 4, offsetBytes);
    const size = count * (tiffTypeBytes[type] ?? 1);
    const valueAt = entry + 4 + offsetBytes;
    const start = size <= offsetBytes ? valueAt : uintAt(file, valueAt, offsetBytes);
    const tag = uintAt(file, entry, 2);
    // The tag that is cut off may be one that nobody needs.
    if (start + size <= file.data.length && !tags.has(tag))
      tags.set(tag, { type, count, bytes: file.data.subarray(start, start + size) });
  }
  const nextAt = at + countBytes + entries * entryBytes;
  return { tags, next: nextAt + offsetBytes <= file.data.length ? uintAt(file, nextAt, offsetBytes) : 0 };
}

/** At most `most` whole numbers of a tag; none where it is missing. */
export function numbersOf(
  file: Pick<TiffFile, 'order'>,
  directory: TiffDirectory,
  tag: number,
  most = 64,
): number[] {
  const value = directory.tags.get(tag);
  const size = value && { 1: 1, 3: 2, 4: 4, 13: 4, 16: 8 }[value.type];
  if (value === undefined || size === undefined) return [];
  const { bytes, count } = value;
  const inValue = { data: bytes, order: file.order };
  return Array.from({ length: Math.min(count, most) }, (_, index) => uintAt(inValue, index * size, size));
}

function uintAt({ data, order }: Pick<TiffFile, 'data' | 'order'>, at: number, bytes: number): number {
  if (!(at + bytes <= data.length)) throw damagedPicture('tiff');
  if (bytes === 8) return Number(order === 'II' ? data.readBigUInt64LE(at) : data.readBigUInt64BE(at));
  return order === 'II' ? data.readUIntLE(at, bytes) : data.readUIntBE(at, bytes);
}
