// Uploads of pictures that are decoded beside the event loop, or written anew, with as much work in them as is let through.

import { Buffer } from 'node:buffer';
import { plain } from '../../packages/server/src/pictures/formats/heic.fixture.ts';
import { tiffOf } from '../../packages/server/src/pictures/formats/tiff.fixture.ts';
import type { TiffEntry } from '../../packages/server/src/pictures/formats/tiff-directory.ts';
import { mebibyte, send, type StallCase } from './requests.ts';

const upload = (what: string, make: () => Buffer): StallCase => ({
  what: `upload: ${what}`,
  send: (target) => send(target, { path: '/api/files', type: 'image/x', body: make() }),
});

const uint32 = (...numbers: number[]) => Buffer.from(Int32Array.from(numbers).buffer);

/** Runs of 255 pixels, for a picture of 49 megapixels. */
function bmpOfRuns(): Buffer {
  const header = Buffer.concat([
    uint32(40, 7_000, 7_000),
    Buffer.from([1, 0, 8, 0]),
    uint32(1, 0, 0, 0, 0, 0),
    Buffer.alloc(1_024),
  ]);
  const runs = Buffer.alloc(20 * mebibyte, Buffer.from([255, 1]));
  return Buffer.concat([Buffer.from('BM'), uint32(0, 0, 14 + header.length), header, runs]);
}

function tiffOfStrips(): Buffer {
  const [height, width] = [20_000, 1_000];
  const entries = (first: number): TiffEntry[] => [
    { tag: 256, longs: [width] },
    { tag: 257, longs: [height] },
    { tag: 273, longs: Array.from({ length: height }, (_, row) => first + row * width) },
    { tag: 278, longs: [1] },
    { tag: 279, longs: Array.from({ length: height }, () => width) },
  ];
  const { length } = tiffOf({ entries: entries(0), data: Buffer.alloc(0) });
  return tiffOf({ entries: entries(length), data: Buffer.alloc(height * width, 90) });
}

/** A HEIC with boxes of nothing behind its own, up to 30 MB. */
function heicOfBoxes(): Buffer {
  const box = Buffer.from('\0\0\0\x08free', 'latin1');
  return Buffer.concat([plain, Buffer.alloc(30_000_000 - (30_000_000 % 8) - 8 * 1_000, box)]);
}

/** Its boxes stay as they are: what is behind the data is no part of a box. */
function heicOfMuch(): Buffer {
  const free = Buffer.alloc(29_000_000);
  free.writeUInt32BE(free.length, 0);
  free.write('free', 4);
  return Buffer.concat([plain, free]);
}

export const pictures: StallCase[] = [
  upload('a BMP of runs', bmpOfRuns),
  upload('a TIFF of 20,000 strips', tiffOfStrips),
  upload('a HEIC of millions of boxes', heicOfBoxes),
  upload('a HEIC with much behind it', heicOfMuch),
];
