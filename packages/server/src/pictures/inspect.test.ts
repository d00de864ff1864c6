import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { crc32 } from 'node:zlib';
import * as fc from 'fast-check';
import sharp from 'sharp';
import type { Sharp } from 'sharp';
import { expect, test } from 'vitest';
import { TaskError } from '../core/errors.ts';
import type { PictureStore } from '../core/pictures/picture-store.ts';
import { createDecodeGate, type DecodeGate } from './decoding.ts';
import { createInspector } from './inspect.ts';
import { createStoreInput } from './store-input.ts';

const inspect = createInspector({ maxBytes: 1_000_000, maxPixels: 200_000 });

/** Noise, so that every format has a body worth cutting. */
function picture(width = 120, height = 80): Sharp {
  const pixels = createHash('shake256', { outputLength: width * height * 3 }).digest();
  return sharp(pixels, { raw: { width, height, channels: 3 } });
}

async function failureOf(bytes: Uint8Array, inspector = inspect): Promise<string> {
  const error: unknown = await inspector(bytes).catch((reason: unknown) => reason);
  if (!(error instanceof TaskError)) throw new Error('it was taken', { cause: error });
  expect(error.failure).toMatchObject({ type: 'input_unreachable', retryable: false });
  return error.failure.message;
}

const pictures: [string, string, Promise<Buffer>][] = [
  ['PNG', 'image/png', picture().png().toBuffer()],
  ['interlaced PNG', 'image/png', picture().png({ progressive: true }).toBuffer()],
  ['JPEG', 'image/jpeg', picture().jpeg().toBuffer()],
  ['progressive JPEG', 'image/jpeg', picture().jpeg({ progressive: true }).toBuffer()],
  ['WebP', 'image/webp', picture().webp().toBuffer()],
  ['GIF', 'image/gif', picture().gif().toBuffer()],
  ['AVIF', 'image/avif', picture().avif({ effort: 0 }).toBuffer()],
  ['TIFF', 'image/tiff', picture().tiff({ compression: 'lzw' }).toBuffer()],
  ['TIFF of tiles', 'image/tiff', picture().tiff({ compression: 'deflate', tile: true }).toBuffer()],
];

test.each(pictures)('a %s is measured by its bytes', async (_, contentType, encoded) => {
  const bytes = await encoded;
  expect(await inspect(bytes)).toEqual({
    width: 120,
    height: 80,
    content_type: contentType,
    bytes: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
  });
});

test.each(pictures)('a %s that was cut off is refused', async (_, _contentType, encoded) => {
  const bytes = await encoded;
  for (const part of [0.1, 0.5, 0.9, 0.99])
    expect(await failureOf(bytes.subarray(0, Math.floor(bytes.length * part)))).toMatch(
      /damaged or cut off|not a picture/,
    );
});

test('a PNG with a wrong byte in its pixels is refused', async () => {
  const bytes = await picture().png().toBuffer();
  bytes.writeUInt8(bytes.readUInt8(bytes.length >> 1) ^ 0xff, bytes.length >> 1);
  expect(await failureOf(bytes)).toContain('damaged or cut off');
});

test('a picture is measured as it is shown, not as it is stored', async () => {
  const turned = await picture().withMetadata({ orientation: 6 }).jpeg().toBuffer();
  expect(await inspect(turned)).toMatchObject({ width: 80, height: 120 });
});

test('an animation is measured by one frame', async () => {
  const frames = await sharp([await picture().png().toBuffer(), await picture().negate().png().toBuffer()], {
    join: { animated: true },
  })
    .gif()
    .toBuffer();
  expect(await inspect(frames)).toMatchObject({ width: 120, height: 80, content_type: 'image/gif' });
});

const html = '<!doctype html><title>Not found</title>';
const svg =
  '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><image href="file:///etc/passwd"/></svg>';
test.each([
  ['text', Buffer.from('hello')],
  ['HTML', Buffer.from(html)],
  ['SVG', Buffer.from(svg)],
  ['SVG behind an XML declaration', Buffer.from(`<?xml version="1.0"?>${svg}`)],
  ['PDF', Buffer.from('%PDF-1.7\n1 0 obj')],
  ['JPEG XL', Buffer.from('\0\0\0\x0cJXL \r\n\x87\n', 'latin1')],
  ['an MP4 film', Buffer.from('\0\0\0\x20ftypisom\0\0\x02\0isomiso2avc1mp41', 'latin1')],
  ['zeros', Buffer.alloc(100)],
])('%s is refused as no picture', async (_, bytes) => {
  expect(await failureOf(bytes)).toContain('not a picture of a type that is taken');
});

test('SVG that is dressed up as another format is refused', async () => {
  for (const start of [
    '\x89PNG\r\n\x1a\n',
    '\xff\xd8\xff',
    'GIF89a',
    'RIFF\0\0\0\0WEBP',
    '\0\0\0\x20ftypavif',
  ])
    expect(await failureOf(Buffer.from(start + svg, 'latin1'))).toContain('damaged or cut off');
});

test('no decoder so much as reads a header before the gate lets it', async () => {
  const gate = Promise.withResolvers<void>();
  const run = async <T>(_: unknown, work: () => Promise<T>): Promise<T> => {
    await gate.promise;
    return await work();
  };
  const inspector = createInspector({ maxBytes: 1_000_000, maxPixels: 200_000, gate: { run } });
  let settled = false;
  const bytes = await picture().png().toBuffer();
  bytes.fill(0xff, 20, 33);
  const failure = failureOf(bytes, inspector).finally(() => (settled = true));
  for (let turn = 0; turn < 200; turn += 1) await nextTurn();
  expect(settled).toBe(false);
  gate.resolve();
  expect(await failure).toContain('damaged or cut off');
});

test('a PNG that claims 60000 x 60000 pixels is refused by its header', async () => {
  const header = Buffer.from('\0\0\0\rIHDR\0\0\xea\x60\0\0\xea\x60\x08\x06\0\0\0', 'latin1');
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32(header.subarray(4)));
  const end = Buffer.from('\0\0\0\0IDAT\x35\xaf\x06\x1e\0\0\0\0IEND\xae\x42\x60\x82', 'latin1');
  const bomb = Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), header, checksum, end]);
  expect(await failureOf(bomb)).toContain('measures 60000 x 60000 pixels, more than the 200000');
});

test('the limits let through exactly what they name', async () => {
  const bytes = await picture(100, 50).png().toBuffer();
  const fits = createInspector({ maxBytes: bytes.length, maxPixels: 5000 });
  expect(await fits(bytes)).toMatchObject({ width: 100, height: 50 });
  const tooManyPixels = createInspector({ maxBytes: bytes.length, maxPixels: 4999 });
  expect(await failureOf(bytes, tooManyPixels)).toContain('100 x 50 pixels, more than the 4999');
  const tooManyBytes = createInspector({ maxBytes: bytes.length - 1, maxPixels: 5000 });
  expect(await failureOf(bytes, tooManyBytes)).toContain(`has ${bytes.length} bytes, more than`);
  expect(await failureOf(new Uint8Array())).toContain('is empty');
});

test('damaged bytes of every kind are taken or refused, never anything else', async () => {
  const originals = await Promise.all(pictures.map(([, , encoded]) => encoded));
  const damage = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), {
    minLength: 1,
    maxLength: 20,
  });
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...originals), damage, async (original, changes) => {
      const bytes = Buffer.from(original);
      for (const [at, value] of changes) bytes[at % Math.min(bytes.length, 400)] = value;
      await inspect(bytes).then(
        (details) => expect(details.width * details.height).toBeLessThanOrEqual(200_000),
        (error: unknown) => expect(error).toBeInstanceOf(TaskError),
      );
    }),
    { numRuns: 150 },
  );
});

test('nothing is decoded for a client that went away while its picture waited', async () => {
  const gone = new Error('gone');
  const store: PictureStore = {
    put: () => expect.unreachable(),
    size: async () => null,
    read: () => expect.unreachable(),
    delete: async () => {},
    list: () => expect.unreachable(),
    touch: async () => false,
  };
  // Of a type whose header the decoder reads.
  const bytes = await picture().webp().toBuffer();
  for (const turn of [1, 2]) {
    const stop = new AbortController();
    const gate = createDecodeGate();
    let turns = 0;
    const late: DecodeGate = {
      async run(size, work) {
        turns += 1;
        if (turns === turn) stop.abort(gone);
        return await gate.run(size, work);
      },
    };
    const keep = createStoreInput({
      store,
      inspect: createInspector({ maxBytes: 1_000_000, maxPixels: 200_000, gate: late }),
    });
    await expect(keep(bytes, 'someone', stop.signal)).rejects.toBe(gone);
    expect(turns).toBe(turn);
  }
});
