import { Buffer } from 'node:buffer';
import { expect, test } from 'vitest';
import { TaskError } from '../../core/errors.ts';
import { processorMs } from '../../lib/processor-time.fixture.ts';
import { createInspector } from '../inspect.ts';
import type { TiffEntry } from './tiff-directory.ts';
import { tiffOf } from './tiff.fixture.ts';

const inspect = createInspector({ maxBytes: 20_000_000, maxPixels: 3_000_000 });

async function failureOf(bytes: Uint8Array): Promise<string> {
  const error: unknown = await inspect(bytes).catch((reason: unknown) => reason);
  if (!(error instanceof TaskError)) throw new Error('it was taken', { cause: error });
  expect(error.failure).toMatchObject({ type: 'input_unreachable', retryable: false });
  return error.failure.message;
}

const preview: TiffEntry[] = [
  { tag: 254, longs: [1] },
  { tag: 330, longs: [8] },
];
const canon = Buffer.concat([Buffer.from('II*\0\x10\0\0\0CR\x02\0\0\0\0\0', 'latin1'), tiffOf().subarray(8)]);

test.each<[string, Buffer]>([
  ['by its number (DNG)', tiffOf({ entries: [{ tag: 50_706, type: 1, bytes: Buffer.from([1, 4, 0, 0]) }] })],
  ['by a thumbnail that stands first (NEF, ARW)', tiffOf({ entries: preview })],
  ['by the mosaic of its sensor', tiffOf({ entries: [{ tag: 262, shorts: [32_803] }] })],
  ['by a mark (CR2)', canon],
])("a camera's raw file is told %s, and not taken for its thumbnail", async (_, bytes) => {
  expect(await failureOf(bytes)).toMatch(
    /it is the raw file of a camera\. Develop it, and send it as JPEG or PNG/,
  );
});

const circle = tiffOf();
circle.writeUInt32LE(8, 8 + 2 + circle.readUInt16LE(8) * 12);
test('directories that lead in a circle are followed a few times', async () => {
  expect(await inspect(circle)).toMatchObject({ width: 8 });
  const reduced = tiffOf({ entries: [{ tag: 254, longs: [1] }] });
  reduced.writeUInt32LE(8, 8 + 2 + reduced.readUInt16LE(8) * 12);
  expect(await inspect(reduced)).toMatchObject({ width: 8 });
});

test.each<[string, Buffer, RegExp]>([
  ['of a header alone', tiffOf().subarray(0, 20), /TIFF picture is damaged/],
  [
    'whose directory lies beyond its end',
    Buffer.from('II*\0\xff\xff\xff\x7f\0\0\0\0\0\0\0\0', 'latin1'),
    /damaged/,
  ],
  ['without a pixel', tiffOf({ entries: [{ tag: 256, longs: [0] }] }), /damaged/],
  ['of a gigapixel', tiffOf({ entries: [{ tag: 256, longs: [2 ** 30] }] }), /damaged/],
  [
    'of a gigapixel, packed',
    tiffOf({
      entries: [
        { tag: 256, longs: [32_768] },
        { tag: 257, longs: [32_768] },
        { tag: 278, longs: [32_768] },
        { tag: 259, shorts: [5] },
      ],
    }),
    /32768 x 32768 pixels, more/,
  ],
  [
    'of a tile that is a million times its size',
    tiffOf({
      entries: [
        { tag: 322, longs: [65_536] },
        { tag: 323, longs: [65_536] },
        { tag: 324, longs: [8] },
        { tag: 325, longs: [64] },
        { tag: 259, shorts: [8] },
      ],
    }),
    /damaged/,
  ],
  [
    'of more strips than rows',
    tiffOf({ entries: [{ tag: 278, longs: [1] }], data: Buffer.alloc(64) }),
    /damaged/,
  ],
  [
    'whose strips lie one upon the other',
    tiffOf({
      entries: [
        { tag: 256, longs: [60] },
        { tag: 257, longs: [64] },
        { tag: 278, longs: [1] },
        { tag: 273, longs: Array.from({ length: 64 }, () => 8) },
        { tag: 279, longs: Array.from({ length: 64 }, () => 60) },
      ],
    }),
    /damaged/,
  ],
  ['of a rare coding', tiffOf({ entries: [{ tag: 259, shorts: [34_925] }] }), /coded in a way.*LZW or ZIP/],
  [
    'of 4 bits for each of three colours',
    tiffOf({
      entries: [
        { tag: 258, shorts: [4, 4, 4] },
        { tag: 262, shorts: [2] },
        { tag: 277, shorts: [3] },
      ],
    }),
    /coded in a way/,
  ],
  ['of 64 bits', tiffOf({ entries: [{ tag: 258, shorts: [64] }] }), /coded in a way/],
  ['of 200 samples', tiffOf({ entries: [{ tag: 277, shorts: [200] }] }), /coded in a way/],
])('a TIFF %s is refused', async (_, bytes, message) => {
  const spentMs = await processorMs(async () => {
    expect(await failureOf(bytes)).toMatch(message);
  });
  expect(spentMs).toBeLessThan(1_000);
});
