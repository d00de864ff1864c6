import { Buffer } from 'node:buffer';
import { setImmediate as nextTurn } from 'node:timers/promises';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { barePicture } from './bare/bare-picture.ts';
import { gifOf, jpegSegment, pngChunk, pngOf, repeated, webpChunk, webpOf } from './hostile.fixture.ts';
import { labelPicture } from './picture-label.ts';
import type { PictureType } from './formats/picture-type.ts';
import type { TiffEntry } from './formats/tiff-directory.ts';
import { tiffOf } from './formats/tiff.fixture.ts';

const plain = sharp({ create: { width: 60, height: 40, channels: 3, background: '#c03' } });
const jpeg = await plain.jpeg().toBuffer();
const webp = await plain.webp().toBuffer();
const gif = gifOf([60, 40], [60, 40]);
const before = (bytes: Buffer, at: number, added: Buffer) =>
  Buffer.concat([bytes.subarray(0, at), added, bytes.subarray(at)]);
const mebibytes = 8;
const fill = (bytes: Buffer, limit = Infinity) =>
  repeated(bytes, Math.min(limit, (mebibytes * 1024 * 1024) / bytes.length));

/** A TIFF of rows of one pixel. */
function stripsOf(height: number): Buffer {
  const entries = (first: number): TiffEntry[] => [
    { tag: 256, longs: [1] },
    { tag: 257, longs: [height] },
    { tag: 273, longs: Array.from({ length: height }, (_, row) => first + row) },
    { tag: 278, longs: [1] },
    { tag: 279, longs: Array.from({ length: height }, () => 1) },
  ];
  const { length } = tiffOf({ entries: entries(0), data: Buffer.alloc(0) });
  return tiffOf({ entries: entries(length), data: Buffer.alloc(height) });
}

/** Each with the fewest turns of other work while it is walked through, where a turn is a millisecond or two. */
const files: [string, PictureType, () => Buffer, number][] = [
  ['a JPEG of fill bytes', 'jpeg', () => before(jpeg, 2, fill(Buffer.from([0xff]))), mebibytes - 1],
  [
    'a JPEG of escaped bytes',
    'jpeg',
    () => before(jpeg, jpeg.length - 2, fill(Buffer.from([0xff, 0]))),
    mebibytes - 1,
  ],
  [
    'a JPEG of restarts',
    'jpeg',
    () => before(jpeg, jpeg.length - 2, fill(Buffer.from([0xff, 0xd0]))),
    mebibytes - 1,
  ],
  [
    'a JPEG of many segments',
    'jpeg',
    () => before(jpeg, 2, fill(jpegSegment(0xe5, Buffer.alloc(0)), 19_000)),
    9,
  ],
  [
    'a JPEG of many tables',
    'jpeg',
    () => before(jpeg, 2, fill(jpegSegment(0xdd, Buffer.alloc(2)), 19_000)),
    9,
  ],
  [
    'a large PNG that has to be put together',
    'png',
    () =>
      pngOf(60, 40, {
        before: [pngChunk('tEXt'), pngChunk('IDAT', Buffer.alloc(mebibytes << 20)), pngChunk('tEXt')],
      }),
    mebibytes - 1,
  ],
  ['a PNG of many chunks', 'png', () => pngOf(60, 40, { before: [fill(pngChunk('IDAT'), 19_000)] }), 9],
  [
    'a WebP of many chunks',
    'webp',
    () => webpOf([fill(webpChunk('abcd', Buffer.alloc(0)), 19_000), webp.subarray(12)]),
    9,
  ],
  [
    'a GIF of a long comment',
    'gif',
    () =>
      before(
        gif,
        19,
        Buffer.concat([Buffer.from([0x21, 0xfe]), fill(Buffer.from([1, 65])), Buffer.alloc(1)]),
      ),
    2_000,
  ],
  ['a TIFF of many strips', 'tiff', () => stripsOf(20_000), 9],
  ['a GIF of a long picture', 'gif', () => before(gif, gif.length - 2, fill(Buffer.from([1, 0]))), 2_000],
];

/** How often something else could have been done. */
async function turnsDuring(work: Promise<unknown>): Promise<number> {
  let [turns, over] = [0, false];
  const done = work.finally(() => (over = true));
  for (; !over; turns += 1) await nextTurn();
  await done;
  return turns;
}

test.each(files)('while %s is walked through, other work goes on', async (_, type, make, fewest) => {
  expect(await turnsDuring(barePicture(make(), type))).toBeGreaterThanOrEqual(fewest);
});

test('while words are written into a large picture, other work goes on', async () => {
  const png = pngOf(60, 40, { before: [pngChunk('IDAT', Buffer.alloc(mebibytes << 20))] });
  const labelled = labelPicture(png, { prompt: 'a', model: 'b', taskId: 'c' });
  expect(await turnsDuring(labelled)).toBeGreaterThanOrEqual(mebibytes - 1);
});
