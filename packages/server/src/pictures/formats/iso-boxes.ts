// Reads and writes the boxes that AVIF and HEIC files are made of (ISO/IEC 14496-12, 4.2): a size, a type of four letters, a content.

import { Buffer } from 'node:buffer';

/** `broken`: boxes are cut off, are missing, or say what no file says. `film`: there is a film, and no picture that stands still. */
export class HeifError extends Error {
  readonly reason: 'broken' | 'film';

  constructor(reason: HeifError['reason'] = 'broken') {
    super(`The boxes of the file are no picture's: ${reason}.`);
    this.name = 'HeifError';
    this.reason = reason;
  }
}

export interface Box {
  type: string;
  /** With size and type. */
  whole: Buffer;
  content: Buffer;
}

/** The boxes of a file, or of a box from `start` on; `count` is called for each. Throws `HeifError` where one is cut off. */
export function* boxesOf(data: Buffer, start: number, count: () => void): Generator<Box> {
  for (let at = start; at < data.length;) {
    count();
    const box = boxAt(data, at);
    yield box;
    at += box.whole.length;
  }
}

function boxAt(data: Buffer, at: number): Box {
  if (at + 8 > data.length) throw new HeifError();
  let [size, head] = [data.readUInt32BE(at), 8];
  // The size stands behind the type, or the box is the last one.
  if (size === 1 && at + 16 <= data.length) [size, head] = [Number(data.readBigUInt64BE(at + 8)), 16];
  else if (size === 0) size = data.length - at;
  if (size < head || at + size > data.length) throw new HeifError();
  return {
    type: data.toString('latin1', at + 4, at + 8),
    whole: data.subarray(at, at + size),
    content: data.subarray(at + head, at + size),
  };
}

/** Reads numbers one after the other. Throws `HeifError` where the content is cut off, and for numbers of other sizes. */
export interface NumberReader {
  /** Of 0 to 6, or 8 bytes; a number of no bytes is 0. */
  next(bytes: number): number;
  text(bytes: number): string;
  skip(bytes: number): void;
}

export function createNumberReader(content: Buffer): NumberReader {
  let at = 0;
  const step = (bytes: number): number => {
    at += bytes;
    if (at > content.length) throw new HeifError();
    return at - bytes;
  };
  return {
    next(bytes) {
      const from = step(bytes);
      if (bytes === 0) return 0;
      if (bytes === 8) return Number(content.readBigUInt64BE(from));
      if (bytes > 6) throw new HeifError();
      return content.readUIntBE(from, bytes);
    },
    text: (bytes) => content.toString('latin1', step(bytes), at),
    skip: (bytes) => void step(bytes),
  };
}

export function boxOf(type: string, ...content: readonly Uint8Array[]): Buffer {
  const head = Buffer.from(`\0\0\0\0${type}`, 'latin1');
  const box = Buffer.concat([head, ...content]);
  box.writeUInt32BE(box.length, 0);
  return box;
}

export function numberOf(bytes: 1 | 2 | 4, value: number): Buffer {
  const number = Buffer.alloc(bytes);
  number.writeUIntBE(value, 0, bytes);
  return number;
}
