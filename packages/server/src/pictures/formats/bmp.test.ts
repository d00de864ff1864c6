import { Buffer } from 'node:buffer';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import * as fc from 'fast-check';
import { TaskError } from '../../core/errors.ts';
import { processorMs } from '../../lib/processor-time.fixture.ts';
import { barePicture } from '../bare/bare-picture.ts';
import { createDecodeGate } from '../decoding.ts';
import { createInspector } from '../inspect.ts';
import { createInputPreparer } from '../prepare-input.ts';
import { readablePicture } from '../readable.ts';

const gate = createDecodeGate();
const inspect = createInspector({ maxBytes: 20_000_000, maxPixels: 3_000_000, gate });
const prepare = createInputPreparer({ gate });

type Pixel = [number, number, number] | [number, number, number, number];
const [red, green, blue]: Pixel[] = [
  [255, 0, 0],
  [0, 255, 0],
  [0, 0, 255],
];

const shorts = (...numbers: number[]) => Buffer.from(Uint16Array.from(numbers).buffer);
const longs = (...numbers: number[]) => Buffer.from(Int32Array.from(numbers).buffer);

interface Parts {
  width?: number;
  height?: number;
  bits?: number;
  compression?: number;
  /** Blue, green, red and nothing, of each colour. */
  palette?: Buffer;
  masks?: Buffer;
  /** How long the header is, which is filled up with zeros. */
  headerBytes?: number;
}

/** A BMP of 2 x 2 pixels of 24 bits, unless it is to be another. */
function bmpOf(pixels: Buffer, parts: Parts = {}): Buffer {
  const { width = 2, height = 2, bits = 24, compression = 0, headerBytes = 40 } = parts;
  const { palette = Buffer.alloc(0), masks = Buffer.alloc(0) } = parts;
  const start = Buffer.concat([
    longs(headerBytes, width, height),
    shorts(1, bits),
    longs(compression, 0, 2835, 2835, 0, 0),
    masks,
  ]);
  const header = Buffer.concat([start, Buffer.alloc(Math.max(0, headerBytes - start.length)), palette]);
  const pixelsAt = 14 + header.length;
  return Buffer.concat([Buffer.from('BM'), longs(pixelsAt + pixels.length, 0, pixelsAt), header, pixels]);
}

const twoColours = Buffer.from([0, 0, 255, 0, 0, 255, 0, 0]);
/** Below red and green, above blue and red: rows are stored from the bottom, each filled up to four bytes. */
const usual = Buffer.from([0, 0, 255, 0, 255, 0, 0, 0, 255, 0, 0, 0, 0, 255, 0, 0]);
const upright: Pixel[] = [blue, red, red, green].map((pixel) => pixel as Pixel);

async function pixelsOf(bytes: Buffer): Promise<{ pixels: Pixel[]; type: string }> {
  const { content_type: contentType, width, height } = await inspect(bytes);
  const { picture } = await prepare(
    { bytes, contentType, width, height },
    {},
    { name: 'a', signal: new AbortController().signal },
  );
  const { data, info } = await sharp(picture.bytes).raw().toBuffer({ resolveWithObject: true });
  const pixels = Array.from(
    { length: info.width * info.height },
    (_, index) => [...data.subarray(index * info.channels, (index + 1) * info.channels)] as Pixel,
  );
  return { pixels, type: picture.contentType };
}

const core = (pixels: Buffer) =>
  Buffer.concat([Buffer.from('BM'), longs(26 + pixels.length, 0, 26, 12), shorts(2, 2, 1, 24), pixels]);

test.each<[string, Buffer, Pixel[]]>([
  ['of 24 bits', bmpOf(usual), upright],
  ['of OS/2', core(usual), upright],
  [
    'whose rows stand from the top',
    bmpOf(usual, { height: -2 }),
    [red as Pixel, green as Pixel, blue as Pixel, red as Pixel],
  ],
  [
    'of 32 bits whose last byte means nothing',
    bmpOf(longs(0xff0000, 0x00ff00, 0x0000ff, 0xff0000), { bits: 32 }),
    upright,
  ],
  [
    'of 32 bits with opacity',
    bmpOf(longs(0x80ff0000, -0x1000000 + 0xff00, 0x400000ff, 0x7fff0000), {
      bits: 32,
      compression: 3,
      headerBytes: 108,
      masks: longs(0xff0000, 0xff00, 0xff, -0x1000000),
    }),
    [
      [0, 0, 255, 64],
      [255, 0, 0, 127],
      [255, 0, 0, 128],
      [0, 255, 0, 255],
    ],
  ],
  [
    'of 32 bits whose opacity is zero everywhere',
    bmpOf(longs(0xff0000, 0xff00, 0xff, 0xff0000), {
      bits: 32,
      compression: 3,
      headerBytes: 108,
      masks: longs(0xff0000, 0xff00, 0xff, -0x1000000),
    }),
    upright,
  ],
  ['of 15 bits', bmpOf(shorts(0x7c00, 0x03e0, 0x001f, 0x7c00), { bits: 16 }), upright],
  [
    'of 16 bits by masks behind its header',
    bmpOf(shorts(0xf800, 0x07e0, 0x001f, 0xf800), {
      bits: 16,
      compression: 3,
      palette: longs(0xf800, 0x07e0, 0x001f),
    }),
    upright,
  ],
  [
    'of 8 bits',
    bmpOf(Buffer.from([1, 0, 0, 0, 0, 1, 0, 0]), { bits: 8, palette: twoColours }),
    [red as Pixel, green as Pixel, green as Pixel, red as Pixel],
  ],
  [
    'of 4 bits',
    bmpOf(Buffer.from([0x10, 0, 0, 0, 0x01, 0, 0, 0]), { bits: 4, palette: twoColours }),
    [red as Pixel, green as Pixel, green as Pixel, red as Pixel],
  ],
  [
    'of 1 bit',
    bmpOf(Buffer.from([0x80, 0, 0, 0, 0x40, 0, 0, 0]), { bits: 1, palette: twoColours }),
    [red as Pixel, green as Pixel, green as Pixel, red as Pixel],
  ],
  [
    'of packed bytes',
    bmpOf(Buffer.from([2, 1, 0, 0, 1, 0, 1, 1, 0, 1]), { bits: 8, compression: 1, palette: twoColours }),
    [red as Pixel, green as Pixel, green as Pixel, green as Pixel],
  ],
  [
    'of packed bytes, some of them as they are, that leaves pixels out',
    bmpOf(Buffer.from([0, 3, 1, 0, 1, 0, 0, 0, 0, 2, 1, 0, 1, 1, 0, 1]), {
      width: 3,
      bits: 8,
      compression: 1,
      palette: twoColours,
    }),
    [red as Pixel, green as Pixel, red as Pixel, green as Pixel, red as Pixel, green as Pixel],
  ],
  [
    'of packed halves of bytes',
    bmpOf(Buffer.from([2, 0x10, 0, 0, 2, 0x01, 0, 1]), { bits: 4, compression: 2, palette: twoColours }),
    [red as Pixel, green as Pixel, green as Pixel, red as Pixel],
  ],
])('a BMP %s is read, and goes upstream as a PNG', async (_, bytes, pixels) => {
  expect(await inspect(bytes)).toMatchObject({ content_type: 'image/bmp' });
  expect(await pixelsOf(bytes)).toEqual({ pixels, type: 'image/png' });
});

async function failureOf(bytes: Uint8Array): Promise<string> {
  const error: unknown = await inspect(bytes).catch((reason: unknown) => reason);
  if (!(error instanceof TaskError)) throw new Error('it was taken', { cause: error });
  expect(error.failure).toMatchObject({ type: 'input_unreachable', retryable: false });
  return error.failure.message;
}

test.each<[string, Buffer, RegExp]>([
  ['that was cut off', bmpOf(usual).subarray(0, -1), /BMP picture is damaged/],
  ['of a header alone', bmpOf(usual).subarray(0, 40), /BMP picture is damaged/],
  ['without a pixel', bmpOf(usual, { width: 0 }), /damaged/],
  ['of a negative width', bmpOf(usual, { width: -2 }), /damaged/],
  ['of the lowest height', bmpOf(usual, { height: -(2 ** 31) }), /damaged/],
  ['of a gigapixel', bmpOf(usual, { width: 32_768, height: 32_768 }), /damaged/],
  [
    'of a gigapixel, packed into 225 bytes',
    bmpOf(Buffer.alloc(171, 255), { width: 32_768, height: 32_768, bits: 8, compression: 1 }),
    /32768 x 32768 pixels, more/,
  ],
  [
    'that ends before its packed rows',
    bmpOf(Buffer.from([2, 1]), { bits: 8, compression: 1, palette: twoColours }),
    /damaged/,
  ],
  ['that holds a JPEG', bmpOf(usual, { bits: 0, compression: 4 }), /coded in a way.*Save it as PNG/],
  ['of Huffman codes', bmpOf(usual, { bits: 1, compression: 3, headerBytes: 64 }), /coded in a way/],
  ['of 64 bits', bmpOf(usual, { bits: 64 }), /coded in a way/],
])('a BMP %s is refused', async (_, bytes, message) => {
  expect(await failureOf(bytes)).toMatch(message);
});

test('runs of a packed BMP that never end are read within the picture only', async () => {
  const runs = Buffer.alloc(2_000_000, Buffer.from([255, 1]));
  const bytes = bmpOf(runs, { width: 1_000, height: 1_000, bits: 8, compression: 1, palette: twoColours });
  const spentMs = await processorMs(async () => {
    expect(await failureOf(bytes)).toContain('damaged');
  });
  expect(spentMs).toBeLessThan(5_000);
});

test('any bytes of a BMP are decoded or refused', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(
        bmpOf(usual),
        bmpOf(Buffer.from([2, 1, 0, 0, 1, 0, 1, 1, 0, 1]), { bits: 8, compression: 1, palette: twoColours }),
      ),
      fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 4 }),
      async (original, changes) => {
        const bytes = Buffer.from(original);
        for (const [at, value] of changes) bytes[2 + (at % (bytes.length - 2))] = value;
        await inspect(bytes).catch((error: unknown) => expect(error).toBeInstanceOf(TaskError));
      },
    ),
    { numRuns: 300, seed: 20_261_129 },
  );
});

test('a profile in a BMP is one of the picture that is made of it', async () => {
  const withP3 = await sharp({ create: { width: 1, height: 1, channels: 3, background: 'red' } })
    .withIccProfile('p3')
    .png()
    .toBuffer();
  const { icc } = await sharp(withP3).metadata();
  if (icc === undefined) throw new Error('There is no profile.');
  const header = bmpOf(usual, { headerBytes: 124 });
  const bytes = Buffer.concat([header, icc]);
  bytes.write('DEBM', 14 + 56, 'latin1');
  bytes.writeUInt32LE(header.length - 14, 14 + 112);
  bytes.writeUInt32LE(icc.length, 14 + 116);
  const tiff = await readablePicture(await barePicture(bytes, 'bmp'), { maxPixels: 4 });
  expect((await sharp(tiff).metadata()).icc?.toString('latin1', 36, 40)).toBe('acsp');
});

test('a BMP with something of its own where there should be nothing is taken', async () => {
  const own = bmpOf(Buffer.alloc(16, 90));
  own.write('\x01\x02\x03\x04', 6, 'latin1');
  expect(await inspect(own)).toMatchObject({ width: 2, height: 2 });
});
