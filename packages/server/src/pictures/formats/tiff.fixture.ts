// Test support: TIFFs made tag by tag, as no program would write them.

import { Buffer } from 'node:buffer';
import { type TiffEntry, writeTiffDirectory } from './tiff-directory.ts';

interface Directory {
  entries?: TiffEntry[];
  /** By default as long as the pixels. */
  data?: Buffer;
  order?: 'II' | 'MM';
}

/** A grey TIFF of 8 x 8 pixels; `entries` replace those of their tag, or stand beside them. */
export function tiffOf({ entries = [], data = Buffer.alloc(64, 90), order = 'II' }: Directory = {}): Buffer {
  const usual: TiffEntry[] = [
    { tag: 256, longs: [8] },
    { tag: 257, longs: [8] },
    { tag: 258, shorts: [8] },
    { tag: 259, shorts: [1] },
    { tag: 262, shorts: [1] },
    { tag: 273, longs: [0] },
    { tag: 277, shorts: [1] },
    { tag: 278, longs: [8] },
    { tag: 279, longs: [data.length] },
  ];
  const own = new Set(entries.map(({ tag }) => tag));
  const all = [...usual.filter(({ tag }) => !own.has(tag)), ...entries].toSorted((a, b) => a.tag - b.tag);
  const { length } = writeTiffDirectory(all, order);
  const placed = all.map((entry) =>
    entry.tag === 273 && !own.has(273) ? { tag: 273, longs: [length] } : entry,
  );
  return Buffer.concat([writeTiffDirectory(placed, order), data]);
}

/** The first file, whose directory is followed by that of the second. */
export function followed(first: Buffer, second: Buffer): Buffer {
  const file = Buffer.concat([first, second]);
  const entries = file.readUInt16LE(8);
  file.writeUInt32LE(first.length + 8, 8 + 2 + entries * 12);
  return file;
}
