// Finds single entries of EXIF data, which are laid out as a TIFF (CIPA DC-008-2023, 4.5.2 and 4.6). Nothing is followed but what is
// asked for, and nothing throws: data that are broken say nothing.

import { Buffer } from 'node:buffer';

export interface Exif {
  /** Where its first directory begins. */
  first: number;
  /** `undefined` where the data end before it. */
  short: (at: number) => number | undefined;
  long: (at: number) => number | undefined;
  text: (at: number, bytes: number) => string;
}

/** `undefined` where they do not begin with a TIFF's header, `II` or `MM`. */
export function openExif(exif: Uint8Array): Exif | undefined {
  const data = Buffer.from(exif.buffer, exif.byteOffset, exif.length);
  const order = data.toString('latin1', 0, 4);
  if (data.length < 8 || (order !== 'II*\0' && order !== 'MM\0*')) return undefined;
  const isLow = order === 'II*\0';
  const short = (at: number) =>
    at + 2 > data.length ? undefined : isLow ? data.readUInt16LE(at) : data.readUInt16BE(at);
  const long = (at: number) =>
    at + 4 > data.length ? undefined : isLow ? data.readUInt32LE(at) : data.readUInt32BE(at);
  return { first: long(4) ?? 0, short, long, text: (at, bytes) => data.toString('latin1', at, at + bytes) };
}

const entryBytes = 12;

/** Where the value stands, of four bytes, that the directory has for a tag; the first, where there are several. */
export function valueAt({ short }: Exif, directory: number | undefined, tag: number): number | undefined {
  if (directory === undefined) return undefined;
  const entries = short(directory) ?? 0;
  for (let index = 0; index < entries; index += 1) {
    const at = directory + 2 + index * entryBytes;
    const name = short(at);
    // The last one may be cut off.
    if (name === undefined || short(at + entryBytes - 2) === undefined) return undefined;
    if (name === tag) return at + 8;
  }
  return undefined;
}
