import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { deflateSync } from 'node:zlib';
import * as fc from 'fast-check';
import sharp from 'sharp';
import type { Sharp } from 'sharp';
import { expect, test } from 'vitest';
import { TaskError } from '../core/errors.ts';
import { processorMs } from '../lib/processor-time.fixture.ts';
import {
  exifOf,
  gifOf,
  heifOf,
  jpegOfScans,
  jpegSegment,
  pngChunk,
  pngOf,
  repeated,
  webpChunk,
  webpOf,
  withSegment,
} from './hostile.fixture.ts';
import { createInspector } from './inspect.ts';

/** Far above what each takes alone, far below what a decoder that takes the bait would need. */
const maxMs = 5_000;
const inspect = createInspector({ maxBytes: 30_000_000, maxPixels: 3_000_000 });
const plain = (width = 60, height = 40): Sharp =>
  sharp({ create: { width, height, channels: 3, background: '#c03' } });
const jpeg = await plain().jpeg().toBuffer();
const png = await plain().png().toBuffer();
const webp = await plain().webp().toBuffer();
const avif = await plain().avif({ effort: 0 }).toBuffer();

/** The AVIF with measures of our own in its header. */
function avifClaiming(width: number, height: number): Buffer {
  const bytes = Buffer.from(avif);
  const at = bytes.indexOf('ispe');
  bytes.writeUInt32BE(width, at + 8);
  bytes.writeUInt32BE(height, at + 12);
  return bytes;
}

/** The JPEG with measures of our own in its frame header. */
function jpegClaiming(width: number, height: number): Buffer {
  const bytes = Buffer.from(jpeg);
  const at = bytes.indexOf(Buffer.from([0xff, 0xc0]));
  bytes.writeUInt16BE(height, at + 5);
  bytes.writeUInt16BE(width, at + 7);
  return bytes;
}

/** The header of a lossless WebP: signature, measures less one in 14 bits each, no transparency, version 0. */
function losslessOf(width: number, height: number): Buffer {
  const data = Buffer.from([0x2f, 0, 0, 0, 0, 0, 0, 0]);
  data.writeUInt32LE(width - 1 + (height - 1) * 2 ** 14, 1);
  return webpChunk('VP8L', data);
}

const many = (count: number, bytes: Buffer) => [repeated(bytes, count)];
const comment = Buffer.concat([Buffer.from('x\0\0', 'latin1'), deflateSync(Buffer.alloc(7_900_000))]);

/** An SVG that takes hours to draw, behind the beginning of something else. */
function dressedUp(start: string): Buffer {
  const groups = Array.from(
    { length: 12 },
    (_, depth) => `<g id="a${depth + 1}">${`<use href="#a${depth}"/>`.repeat(10)}</g>`,
  );
  const svg = `<svg xmlns="http://www.w3.org/2000/svg"><g id="a0"/>${groups.join('')}<use href="#a12"/></svg>`;
  return Buffer.from(start + svg, 'latin1');
}

/** An animated WebP of one frame, which has so many chunks that mean nothing. */
function animatedOf(chunks: number, bytes = 1000): Buffer {
  const measures = Buffer.alloc(6);
  measures.writeUIntLE(59, 0, 3);
  measures.writeUIntLE(39, 3, 3);
  const nothing = many(chunks, webpChunk('abcd', Buffer.alloc(bytes)));
  const frame = [Buffer.alloc(6), measures, Buffer.alloc(4), webp.subarray(12), ...nothing];
  return webpOf([
    webpChunk('VP8X', Buffer.concat([Buffer.from([2, 0, 0, 0]), measures])),
    webpChunk('ANIM', Buffer.alloc(6)),
    webpChunk('ANMF', Buffer.concat(frame)),
  ]);
}

/** A GIF with these blocks before its picture. */
function withBlocks(blocks: Buffer[]): Buffer {
  const gif = gifOf([60, 40], [60, 40]);
  return Buffer.concat([gif.subarray(0, 19), ...blocks, gif.subarray(19)]);
}

const refused: [string, () => Buffer | Promise<Buffer>, RegExp][] = [
  ['a PNG of a gigapixel', () => pngOf(32_768, 32_768, { bits: 1 }), /32768 x 32768 pixels, more than/],
  ['a PNG of 50 megapixels', () => pngOf(7100, 7100), /7100 x 7100 pixels, more than the 3000000/],
  ['a PNG of 2^31 by 2^31', () => pngOf(2 ** 31 - 1, 2 ** 31 - 1, { pixels: deflateSync('x') }), /damaged/],
  ['a PNG with no width', () => pngOf(0, 10, { pixels: deflateSync('x') }), /damaged/],
  ['a PNG that is a line', () => pngOf(2_000_000, 1), /a side may have 65535 at most/],
  ['a PNG that is a thread', () => pngOf(1, 2_000_000), /a side may have 65535 at most/],
  ['a JPEG of 65,500 by 65,500', () => jpegClaiming(65_500, 65_500), /65500 x 65500 pixels, more/],
  ['a JPEG with no height', () => jpegClaiming(60, 0), /damaged/],
  ['a JPEG of 2,000 scans', () => jpegOfScans(1200, 1200, 2_000), /damaged/],
  [
    'a JPEG of a million segments',
    () => Buffer.concat([jpeg.subarray(0, 2), ...many(1_000_000, jpegSegment(0xe5, Buffer.alloc(0)))]),
    /damaged/,
  ],
  [
    'a JPEG that never gets to its end',
    () => Buffer.concat([jpeg.subarray(0, -2), ...many(1_000_000, Buffer.from([0xff, 0]))]),
    /damaged/,
  ],
  ['a PNG of a million chunks', () => pngOf(1, 1, { before: many(1_000_000, pngChunk('teXt')) }), /damaged/],
  ['a GIF whose frame is a gigapixel', () => gifOf([10, 10], [65_535, 65_535]), /65535 x 65535 pixels, more/],
  ['a WebP of 268 megapixels', () => webpOf([losslessOf(16_383, 16_383)]), /16383 x 16383 pixels, more/],
  ['a WebP of no chunks', () => webpOf([]), /damaged/],
  ['a WebP whose first frame has a million chunks', () => animatedOf(1_000_000, 0), /damaged/],
  [
    'a GIF of a million comments',
    () => withBlocks(many(1_000_000, Buffer.from([0x21, 0xfe, 1, 65, 0]))),
    /damaged/,
  ],
  ['an AVIF of a gigapixel', () => avifClaiming(32_768, 32_768), /32768 x 32768 pixels, more/],
  ['an AVIF that is larger than it says', () => avifClaiming(16, 16), /damaged/],
  [
    'an AVIF of more than a third of the pixels',
    () => plain(1001, 1000).avif({ effort: 0 }).toBuffer(),
    /more than the 1000000 pixels that are taken of AVIF/,
  ],
  ['HEIC that is nothing but a name', () => heifOf(['heic', 'mif1', 'heic']), /HEIC picture is damaged/],
  ['HEIF of no known coding', () => heifOf(['mif1', 'mif1']), /HEIC picture is damaged/],
  ['a film', () => heifOf(['isom', 'avc1']), /it is a film/],
  [
    'a web page',
    () => Buffer.from('\ufeff\n<!-- x --> <!DOCTYPE html><p>Log in'),
    /it is a web page \(HTML\)/,
  ],
  ['an SVG', () => Buffer.from('<?xml version="1.0"?>\n<svg xmlns=""/>'), /it is an SVG drawing/],
  ['an SVG that passes for AVIF', () => dressedUp('<!--ftypavif-->'), /it is an SVG drawing/],
  ['an SVG behind a box of AVIF', () => dressedUp('\0\0\0\x18ftypavif\0\0\0\0avifmif1'), /damaged/],
  ['a film with the name of AVIF in it', () => heifOf(['isom', 'avc1', 'av']), /it is a film/],
  ['a PDF with a picture in it', () => Buffer.concat([Buffer.from('%PDF-1.7\n'), jpeg]), /it is a PDF/],
  ['a ZIP with a picture in it', () => Buffer.concat([Buffer.from('PK\x03\x04'), png]), /it is a ZIP/],
];

test.each(refused)('%s is refused in bounded time', async (_, make, message) => {
  const bytes = await make();
  let error: unknown;
  const spentMs = await processorMs(async () => {
    error = await inspect(bytes).catch((reason: unknown) => reason);
  });
  expect(spentMs).toBeLessThan(maxMs);
  expect(error).toBeInstanceOf(TaskError);
  expect((error as TaskError).failure).toMatchObject({ type: 'input_unreachable', retryable: false });
  expect((error as TaskError).failure.message).toMatch(message);
});

const taken: [string, () => Buffer | Promise<Buffer>, object][] = [
  ['a JPEG in CMYK', () => plain().toColourspace('cmyk').withIccProfile('cmyk').jpeg().toBuffer(), {}],
  ['a grey JPEG', () => plain().greyscale().jpeg().toBuffer(), {}],
  ['a PNG of 16 bits', () => plain().toColourspace('rgb16').png({ progressive: true }).toBuffer(), {}],
  ['a PNG with a palette', () => plain().png({ palette: true }).toBuffer(), {}],
  ['a JPEG of 100 scans', () => jpegOfScans(60, 40, 100), {}],
  ['a JPEG with a page behind it', () => Buffer.concat([jpeg, Buffer.from('<script>')]), {}],
  [
    'a JPEG with broken EXIF data',
    () => withSegment(jpeg, 0xe1, Buffer.from('Exif\0\0MM\0*\xff\xff\xff\xff')),
    {},
  ],
  ['a JPEG that lies on its side', () => withSegment(jpeg, 0xe1, exifSegment(6)), { width: 40, height: 60 }],
  ['a JPEG with 10 MB of EXIF', () => manySegments(0xe1, 'Exif\0\0', 160), {}],
  ['a JPEG with 10 MB of profile', () => manySegments(0xe2, 'ICC_PROFILE\0\x01\x01', 160), {}],
  ['a PNG whose profile unpacks to 60 MB', () => pngOf(60, 40, { before: [hugeProfile()] }), {}],
  [
    'a PNG with 8 GB of packed comments',
    () => pngOf(60, 40, { before: many(1000, pngChunk('zTXt', comment)) }),
    {},
  ],
  [
    'a PNG with 20 MB behind its rows',
    () => pngOf(60, 40, { pixels: deflateSync(Buffer.alloc(20_000_000)) }),
    {},
  ],
  [
    'a GIF with 5 MB of comment in pieces of a byte',
    () =>
      withBlocks([Buffer.from([0x21, 0xfe]), Buffer.alloc(5_000_000, Buffer.from([1, 65])), Buffer.alloc(1)]),
    {},
  ],
  ['a GIF whose screen is a gigapixel', () => gifOf([65_535, 65_535], [60, 40]), {}],
  ['a GIF of 100,000 frames', () => gifOf([60, 40], [1, 1], 100_000), {}],
  ['a GIF of a million frames', () => gifOf([60, 40], [60, 40], 1_000_000), {}],
  ['a WebP whose first frame has 20 MB of nothing', () => animatedOf(19_000), {}],
];

function exifSegment(orientation: number): Buffer {
  return Buffer.concat([Buffer.from('Exif\0\0'), exifOf(orientation)]);
}

function manySegments(marker: number, signature: string, count: number): Buffer {
  const segment = jpegSegment(marker, Buffer.concat([Buffer.from(signature), Buffer.alloc(65_000)]));
  return Buffer.concat([jpeg.subarray(0, 2), ...many(count, segment), jpeg.subarray(2)]);
}

function hugeProfile(): Buffer {
  return pngChunk('iCCP', Buffer.concat([Buffer.from('x\0\0'), deflateSync(Buffer.alloc(60_000_000))]));
}

test.each(taken)('%s is taken in bounded time', async (_, make, measures) => {
  const bytes = await make();
  const spentMs = await processorMs(async () => {
    expect(await inspect(bytes)).toMatchObject({
      width: 60,
      height: 40,
      sha256: createHash('sha256').update(bytes).digest('hex'),
      ...measures,
    });
  });
  expect(spentMs).toBeLessThan(maxMs);
});

const mutation = fc.oneof(
  fc.record({ kind: fc.constant('flip'), at: fc.nat(), value: fc.integer({ min: 1, max: 255 }) }),
  fc.record({ kind: fc.constant('cut'), at: fc.nat(), value: fc.nat(2_000) }),
  fc.record({ kind: fc.constant('insert'), at: fc.nat(), value: fc.nat(300) }),
);

function mutate(bytes: Buffer, { kind, at, value }: { kind: string; at: number; value: number }): Buffer {
  if (bytes.length === 0) return bytes;
  const place = at % bytes.length;
  if (kind === 'cut') return Buffer.concat([bytes.subarray(0, place), bytes.subarray(place + value)]);
  if (kind === 'insert')
    return Buffer.concat([bytes.subarray(0, place), bytesOf(value), bytes.subarray(place)]);
  const flipped = Buffer.from(bytes);
  flipped.writeUInt8(flipped.readUInt8(place) ^ value, place);
  return flipped;
}

function bytesOf(seed: number): Buffer {
  return createHash('shake256', { outputLength: seed }).update(String(seed)).digest();
}

test('a good picture that was flipped, cut and added to is taken or refused, and nothing else', async () => {
  const noise = sharp(createHash('shake256', { outputLength: 5_400 }).digest(), {
    raw: { width: 60, height: 30, channels: 3 },
  });
  const originals = await Promise.all([
    noise.png().toBuffer(),
    noise.png({ progressive: true, palette: true }).toBuffer(),
    noise.jpeg().withMetadata({ orientation: 5 }).withIccProfile('p3').toBuffer(),
    noise.jpeg({ progressive: true }).toBuffer(),
    noise
      .webp()
      .withExif({ IFD0: { Make: 'x' } })
      .toBuffer(),
    noise.webp({ lossless: true }).toBuffer(),
    noise.gif().toBuffer(),
    noise.avif({ effort: 0 }).toBuffer(),
  ]);
  const outcomes = { taken: 0, refused: 0 };
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...originals),
      fc.array(mutation, { minLength: 1, maxLength: 4 }),
      async (original, mutations) => {
        try {
          const { width, height } = await inspect(mutations.reduce(mutate, original));
          expect(width * height).toBeLessThanOrEqual(3_000_000);
          outcomes.taken += 1;
        } catch (error) {
          if (!(error instanceof TaskError)) throw error;
          outcomes.refused += 1;
        }
      },
    ),
    // A fixed seed: what is asked of the outcomes holds for every run or for none.
    { numRuns: 300, seed: 20_261_123 },
  );
  expect(outcomes.taken).toBeGreaterThan(30);
  expect(outcomes.refused).toBeGreaterThan(200);
});

test('garbage behind a beginning of every type is refused', async () => {
  const beginnings = [
    '\x89PNG\r\n\x1a\n',
    '\xff\xd8\xff',
    'GIF89a',
    'RIFF\x20\0\0\0WEBP',
    '\0\0\0\x1cftypavif',
    '\0\0\0\x1cftypheic',
    'II*\0\x08\0\0\0',
    'MM\0+\0\x08\0\0\0\0\0\0\0\0\0\x10',
    'BM\0\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0',
  ];
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('', ...beginnings),
      fc.uint8Array({ maxLength: 400 }),
      async (beginning, garbage) => {
        const bytes = Buffer.concat([Buffer.from(beginning, 'latin1'), garbage]);
        await expect(inspect(bytes)).rejects.toBeInstanceOf(TaskError);
      },
    ),
    { numRuns: 200 },
  );
});
