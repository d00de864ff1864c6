// How pictures are given to the decoder, sharp 0.35.5 with libvips 8.18: only by the loaders that are needed, only a few at
// a time, and never with its safety limits off.
//
// A decode runs on a thread of libuv, of which there are 4, and can't be stopped. Peak memory and time measured at 50
// megapixels: JPEG 14 MB and 0.6 s, progressive 160 MB and 1.1 s; PNG 14 MB and 0.7 s, interlaced 150 MB and 2 s, with 16 bits
// 290 MB and 4 s; GIF 200 MB and 1.3 s; WebP 390 MB and 3.5 s; AVIF 880 MB and 9 s; TIFF 560 MB and 0.7 s at
// worst, with 16 bits and each colour in a strip of its own. HEIC and BMP are decoded elsewhere first: `readable.ts`.

import sharp from 'sharp';
import type { Sharp } from 'sharp';
import { createTurns } from '../lib/turns/turns.ts';

const loaders = [
  'VipsForeignLoadPngBuffer',
  'VipsForeignLoadJpegBuffer',
  'VipsForeignLoadWebpBuffer',
  'VipsForeignLoadNsgifBuffer',
  'VipsForeignLoadHeifBuffer',
  // Bare ones, and those that are made of what it can't read.
  'VipsForeignLoadTiffBuffer',
];

let heicIsRead = true;

/** Whether HEIC is decoded. */
export function readsHeic(): boolean {
  return heicIsRead;
}

/**
 * Takes away the decoder's other loaders (SVG, PDF, UltraHDR) and its cache of what it did before, which
 * keeps memory for pictures that seldom come again. For the whole process; called once at the start. `heic`: whether
 * HEIC is decoded, which is done elsewhere (`readable.ts`).
 */
export function restrictDecoder({ heic = true }: { heic?: boolean } = {}): void {
  heicIsRead = heic;
  sharp.block({ operation: ['VipsForeignLoad'] });
  sharp.unblock({ operation: loaders });
  sharp.cache(false);
}

/** How many pixels of other types one of AVIF counts for: it takes twice the memory of WebP, and three times the time. */
const avifWeight = 3;

/** HEIC takes as much memory, in a thread that can be ended: phones make them of 48 megapixels. */
const heicWeight = 3;

const weightOf = (contentType: string) =>
  contentType === 'image/avif' ? avifWeight : contentType === 'image/heic' ? heicWeight : 1;

/** The most pixels that are taken of a type, where `maxPixels` are taken of the others. */
export function maxPixelsOf(contentType: string, maxPixels: number): number {
  return contentType === 'image/avif' ? Math.floor(maxPixels / avifWeight) : maxPixels;
}

export interface PictureToDecode {
  contentType: string;
  pixels: number;
  /** The owner of the picture, such as the key that it came with. */
  owner?: string | undefined;
}

/** Lets a few pieces of work run at once: the owners that wait take turns, each with its own in the order in which they came. */
export interface DecodeGate {
  /** Runs `work`, which decodes that picture, when there is room for it and its turn has come. Rejects as `work` does. */
  run<T>(picture: PictureToDecode, work: () => Promise<T>): Promise<T>;
}

interface Waiting {
  cost: number;
  start: () => void;
}

/**
 * At most `atOnce` decodes, and at most `pixels` in all of them, AVIF and HEIC counted threefold; a larger picture runs alone. With
 * 64 million pixels that is about 0.5 GB at the very worst. Whose turn it is waits for room, and all others with it.
 */
export function createDecodeGate({ atOnce = 2, pixels = 64_000_000 } = {}): DecodeGate {
  let running = 0;
  let pixelsLeft = pixels;
  const turns = createTurns<Waiting>();
  const fits = (cost: number) => running === 0 || (running < atOnce && cost <= pixelsLeft);
  const enter = (cost: number) => {
    running += 1;
    pixelsLeft -= cost;
  };
  const leave = (cost: number) => {
    running -= 1;
    pixelsLeft += cost;
    for (let next = turns.peek(); next && fits(next.cost); next = turns.peek()) {
      turns.take();
      enter(next.cost);
      next.start();
    }
  };
  return {
    async run({ contentType, pixels: size, owner = '' }, work) {
      const cost = size * weightOf(contentType);
      if (turns.size === 0 && fits(cost)) enter(cost);
      else await new Promise<void>((start) => turns.add(owner, { cost, start }));
      try {
        return await work();
      } finally {
        leave(cost);
      }
    },
  };
}

/** libvips looks at the time between two groups of rows only; WebP and AVIF are decoded in one go. */
const timeoutSeconds = 60;

/**
 * The first frame of a bare picture; what is asked of it rejects for broken pixels, and beyond `maxPixels` (`Infinity` for no limit); with `strict` for
 * whatever the decoder warns of.
 */
export function openPicture(bytes: Uint8Array, maxPixels: number, strict = false): Sharp {
  return sharp(bytes, {
    failOn: strict ? 'warning' : 'error',
    limitInputPixels: maxPixels === Infinity ? false : maxPixels,
    sequentialRead: true,
    unlimited: false,
  }).timeout({ seconds: timeoutSeconds });
}
