// What the walks through the parts of JPEG, PNG and WebP files have in common.

import { Buffer } from 'node:buffer';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { damagedPicture, type PictureType } from './picture-type.ts';

/** What a walk makes of a file. */
export interface BarePicture {
  /** The file without all that is not the picture; the very same object where there was nothing to take out. */
  bytes: Uint8Array;
  /** As EXIF counts: 1 is upright; from 5 on, width and height change places. */
  orientation: number;
  /** There were more frames than the first. */
  animated: boolean;
  /** Its coding gave up some detail already, so that a little more is no loss. */
  lossy: boolean;
  /**
   * The bare file does not look alike in every decoder (CMYK, a colour profile, 16 bits, a rare coding) or is still an
   * animation: it has to be decoded and written anew before it is passed on.
   */
  recode: boolean;
}

/** Pictures have tens of parts, large PNGs thousands; hostile files have millions, which hold up every decoder. */
const mostParts = 20_000;
/** About a millisecond of work. */
const partsInOneTurn = 10_000;

/** Counts the parts that a walk comes by; rejects beyond the most that any picture has. */
export function createPartCounter(type: PictureType): () => void {
  let parts = 0;
  return () => {
    parts += 1;
    if (parts > mostParts) throw damagedPicture(type);
  };
}

/** Lets other work go on once in a while; to be awaited only where it returns a promise. */
export function createBreather(): () => Promise<void> | undefined {
  let steps = 0;
  return () => {
    steps += 1;
    return steps % partsInOneTurn === 0 ? nextTurn() : undefined;
  };
}

/** Puts a file together out of ranges of another and of new bytes. */
export interface FileParts {
  /** The bytes from `start` up to, and without, `end`. Ranges are given in their order. */
  keep(start: number, end: number): void;
  add(bytes: Uint8Array): void;
  finish(): Uint8Array;
}

export function createFileParts(source: Uint8Array): FileParts {
  const parts: Uint8Array[] = [];
  let range: { start: number; end: number } | undefined;
  const close = () => {
    if (range) parts.push(source.subarray(range.start, range.end));
    range = undefined;
  };
  return {
    keep(start, end) {
      // Neighbours are joined, so that a file with nothing to take out is one range.
      if (range?.end === start) range.end = end;
      else {
        close();
        range = { start, end };
      }
    },
    add(bytes) {
      close();
      parts.push(bytes);
    },
    finish() {
      close();
      const [only] = parts;
      if (parts.length === 1 && only?.length === source.length) return source;
      return Buffer.concat(parts);
    },
  };
}
