// Basis of all walks through the parts of picture files.

import { setImmediate as nextTurn } from 'node:timers/promises';
import { joinBytes } from '../../lib/join-bytes.ts';
import type { Measures } from '../fit-inside.ts';
import { damagedPicture, type PictureType } from '../formats/picture-type.ts';

/** Pixels that a decoder has to work through for a picture that shows so many. */
export function pixelsToDecode({ decodedPixels = 0 }: BarePicture, { width, height }: Measures): number {
  return Math.max(width * height, decodedPixels);
}

/** The decoder takes longer sides for damage. */
const maxSoundSide = 1_000_000;

/** `undefined` for measures that no picture has: the decoder is to say what is wrong. */
export function soundMeasures({ width, height }: Measures): Measures | undefined {
  const isSound = Math.min(width, height) > 0 && Math.max(width, height) <= maxSoundSide;
  return isSound ? { width, height } : undefined;
}

/** Pixels on each side. */
export interface Margins {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

/** Result of a walk through a file. */
export interface BarePicture {
  /** The file without metadata and bytes behind the picture; the input itself where there was nothing to take out. */
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
  /** Pixels of nothing around what is in the file: it is smaller than its canvas. */
  margins?: Margins | undefined;
  /** Colours that could not be kept: `darker` for the brightest parts of HDR, `guessed` where nothing here knows what they are. */
  loss?: 'darker' | 'guessed' | undefined;
  /** Pixels that are decoded for it where a file can show a piece of a larger picture: those of the whole. */
  decodedPixels?: number;
  /** Its fourth channel is no opacity, but something else, such as a selection that was kept. */
  opaque?: boolean;
  /** Its colours are multiplied with their opacity. */
  premultiplied?: boolean;
  /** It ended without a mark, which was added: its rows are all there if the decoder has nothing at all to warn of. */
  endless?: boolean;
  /** There are more pictures in the file than the one that is taken. */
  hasOthers?: boolean;
  /** Pixels by the file's own header, where the walk came by them and they are sound; else the decoder has to read them. */
  measures?: Measures | undefined;
  /** For what the decoder can't read: what is to be made of the bytes first (`readable.ts`). */
  convert?: Conversion;
}

export interface Conversion {
  from: 'heic' | 'bmp';
  /** An ICC profile, of what comes out. */
  profile: Uint8Array | undefined;
}

/** Pictures have tens of parts, large PNGs thousands; hostile files have millions, which hold up every decoder. */
const maxParts = 20_000;
/** Both take about a millisecond. */
const partsInOneTurn = 2_000;
export const bytesInOneTurn = 1024 * 1024;

/** Counts the parts that a walk comes by; throws `TaskError` beyond the most that any picture has. */
export function createPartCounter(type: PictureType, most = maxParts): () => void {
  let parts = 0;
  return () => {
    parts += 1;
    if (parts > most) throw damagedPicture(type);
  };
}

/** Lets other work go on once in a while; to be called at each step, and awaited only where it returns a promise. */
export function createBreather(): () => Promise<void> | undefined {
  let left = partsInOneTurn;
  return () => {
    left -= 1;
    if (left > 0) return undefined;
    left = partsInOneTurn;
    return nextTurn();
  };
}

export async function collect<T>(walk: AsyncIterable<T>): Promise<T[]> {
  const parts: T[] = [];
  for await (const part of walk) parts.push(part);
  return parts;
}

/** Puts a file together out of ranges of another and of new bytes. */
export interface FileParts {
  /** The bytes from `start` up to, and without, `end`. Ranges are given in their order. */
  keep(start: number, end: number): void;
  add(bytes: Uint8Array): void;
  finish(): Promise<Uint8Array>;
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
    async finish() {
      close();
      const [only] = parts;
      if (parts.length === 1 && only?.length === source.length) return source;
      return await joinBytes(parts);
    },
  };
}
