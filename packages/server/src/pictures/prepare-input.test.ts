import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import sharp from 'sharp';
import type { Sharp } from 'sharp';
import { expect, test } from 'vitest';
import { TaskError } from '../core/errors.ts';
import type { Picture } from '../core/upstreams/upstream.ts';
import { createDecodeGate } from './decoding.ts';
import { fitInside } from './fit-inside.ts';
import { exifOf, withSegment } from './hostile.fixture.ts';
import { createInspector } from './inspect.ts';
import { createInputPreparer, type InputLimits } from './prepare-input.ts';

const inspect = createInspector({ maxBytes: 10_000_000, maxPixels: 3_000_000 });
const prepareInput = createInputPreparer({ gate: createDecodeGate() });
const never = new AbortController().signal;

async function pictureOf(encoded: Buffer | Sharp): Promise<Picture> {
  const bytes = Buffer.isBuffer(encoded) ? encoded : await encoded.toBuffer();
  const { width, height, content_type: contentType } = await inspect(bytes);
  return { bytes, contentType, width, height };
}

async function prepare(encoded: Buffer | Sharp, limits: InputLimits = {}) {
  return await prepareInput(await pictureOf(encoded), limits, { name: 'Input picture 2', signal: never });
}

/** Every corner has a colour of its own. */
function corners(): Sharp {
  const small = Buffer.from([255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 0, 0, 255, 255, 255, 0, 255]);
  return sharp(small, { raw: { width: 3, height: 2, channels: 3 } }).resize(60, 40, { kernel: 'nearest' });
}

const noise = (width = 60, height = 40): Sharp =>
  sharp(createHash('shake256', { outputLength: width * height * 3 }).digest(), {
    raw: { width, height, channels: 3 },
  });

async function pixelsOf(bytes: Uint8Array | Sharp): Promise<number[]> {
  return [...(await (bytes instanceof Uint8Array ? sharp(bytes) : bytes).raw().toBuffer())];
}

function furthest(some: number[], others: number[]): number {
  expect(some.length).toBe(others.length);
  return some.reduce((most, value, index) => Math.max(most, Math.abs(value - (others[index] ?? 0))), 0);
}

test.each(['jpeg', 'webp'] as const)('an upright %s with no metadata goes as it is', async (format) => {
  const picture = await pictureOf(noise().toFormat(format));
  const prepared = await prepareInput(
    picture,
    { maxPixels: 2400, maxSide: 60 },
    { name: 'x', signal: never },
  );
  expect(prepared).toEqual({ picture, warnings: [] });
  expect(prepared.picture.bytes).toBe(picture.bytes);
});

test('an upright picture with metadata loses them without a change of its pixels', async () => {
  const plain = await noise().jpeg({ quality: 60 }).toBuffer();
  const located = withSegment(plain, 0xe1, Buffer.concat([Buffer.from('Exif\0\0'), exifOf(1)]));
  expect((await prepare(located)).picture).toEqual(await pictureOf(plain));
});

const formats = ['jpeg', 'png', 'webp'] as const;
const turned = formats.flatMap((format) =>
  [2, 3, 4, 5, 6, 7, 8].map((orientation) => ({ format, orientation })),
);

test.each(turned)(
  'a $format with orientation $orientation is made upright',
  async ({ format, orientation }) => {
    const bytes = await corners()
      .withMetadata({ orientation })
      .toFormat(format, { quality: 100, lossless: true, chromaSubsampling: '4:4:4' })
      .toBuffer();
    for (const limits of [{}, { maxSide: 30 }]) {
      const { picture } = await prepare(bytes, limits);
      const size = limits.maxSide === undefined ? {} : { width: 30, height: 30, fit: 'inside' as const };
      const wanted = await pixelsOf(sharp(bytes).autoOrient().resize(size));
      expect(furthest(await pixelsOf(picture.bytes), wanted)).toBeLessThan(format === 'jpeg' ? 40 : 4);
      expect(picture.contentType).toBe(format === 'jpeg' ? 'image/jpeg' : 'image/png');
      expect((await sharp(picture.bytes).metadata()).exif).toBeUndefined();
    }
  },
);

test('a picture beyond the limits is made to fit, with a warning', async () => {
  const { picture, warnings } = await prepare(noise(300, 200).png(), { maxPixels: 15_000 });
  expect(picture).toMatchObject({ width: 150, height: 100, contentType: 'image/png' });
  expect(await sharp(picture.bytes).metadata()).toMatchObject({ width: 150, height: 100, format: 'png' });
  expect(warnings).toEqual([
    'Input picture 2 was sent smaller than it is: 150 x 100 pixels instead of 300 x 200.',
  ]);
  const side = await prepare(noise(300, 200).jpeg(), { maxSide: 90 });
  expect(side.picture).toMatchObject({ width: 90, height: 60, contentType: 'image/jpeg' });
});

test('what fits is within its limits, never larger, and never empty', () => {
  const side = fc.integer({ min: 1, max: 65_535 });
  const limit = fc.oneof(fc.constant(Infinity), fc.integer({ min: 1, max: 20_000 }));
  fc.assert(
    fc.property(side, side, limit, limit, limit, (width, height, maxWidth, maxHeight, maxPixels) => {
      const fitted = fitInside({ width, height }, { maxWidth, maxHeight, maxPixels });
      expect(Math.min(fitted.width, fitted.height)).toBeGreaterThanOrEqual(1);
      expect(fitted.width).toBeLessThanOrEqual(Math.min(width, maxWidth));
      expect(fitted.height).toBeLessThanOrEqual(Math.min(height, maxHeight));
      expect(fitted.width * fitted.height).toBeLessThanOrEqual(maxPixels);
      if (width <= maxWidth && height <= maxHeight && width * height <= maxPixels)
        expect(fitted).toEqual({ width, height });
    }),
    { numRuns: 2_000 },
  );
});

const red = { r: 250, g: 60, b: 30 };
const plain = (): Sharp => sharp({ create: { width: 16, height: 16, channels: 3, background: red } });
const recoloured: [string, Sharp, string][] = [
  ['a JPEG in Display P3', plain().withIccProfile('p3').jpeg({ quality: 100 }), 'image/jpeg'],
  ['a PNG in Display P3', plain().withIccProfile('p3').png(), 'image/png'],
  [
    'a PNG in Display P3 with 16 bits',
    plain().toColourspace('rgb16').withIccProfile('p3').png(),
    'image/png',
  ],
  ['a PNG with 16 bits', plain().toColourspace('rgb16').png(), 'image/png'],
  ['a WebP in Display P3', plain().withIccProfile('p3').webp({ quality: 100 }), 'image/jpeg'],
  ['an AVIF', plain().avif({ quality: 90, effort: 0 }), 'image/jpeg'],
  ['a GIF', plain().gif(), 'image/png'],
];

test.each(recoloured)('%s arrives in sRGB, with 8 bits and no profile', async (_, encoded, contentType) => {
  const { picture, warnings } = await prepare(encoded);
  expect([picture.contentType, warnings]).toEqual([contentType, []]);
  const header = await sharp(picture.bytes).metadata();
  expect(header).toMatchObject({ depth: 'uchar', hasProfile: false, space: 'srgb' });
  const [r = 0, g = 0, b = 0] = await pixelsOf(picture.bytes);
  expect(furthest([r, g, b], Object.values(red))).toBeLessThan(6);
});

test('a JPEG in CMYK becomes one in colours that screens have', async () => {
  const cmyk = plain().toColourspace('cmyk').withIccProfile('cmyk').jpeg();
  const { picture } = await prepare(cmyk);
  expect(await sharp(picture.bytes).metadata()).toMatchObject({ format: 'jpeg', space: 'srgb', channels: 3 });
});

test('transparency is kept', async () => {
  const background = { ...red, alpha: 0.5 };
  const see = sharp({ create: { width: 16, height: 16, channels: 4, background } });
  for (const encoded of [see.clone().webp(), see.clone().avif({ effort: 0 }), see.clone().png()]) {
    const { picture } = await prepare(encoded, { maxSide: 8 });
    expect(picture.contentType).toBe('image/png');
    expect((await pixelsOf(picture.bytes))[3]).toBeCloseTo(128, -1);
  }
});

test.each(['gif', 'webp'] as const)(
  'of an animated %s the first frame goes, with a warning',
  async (format) => {
    const frames = ['red', 'blue'].map((background) =>
      sharp({ create: { width: 16, height: 16, channels: 3, background } })
        .png()
        .toBuffer(),
    );
    const animation = sharp(await Promise.all(frames), { join: { animated: true } });
    const { picture, warnings } = await prepare(animation.toFormat(format, { lossless: true }));
    expect(warnings).toEqual(['Input picture 2 is an animation; only its first frame was sent.']);
    expect(picture).toMatchObject({ contentType: 'image/png', width: 16, height: 16 });
    expect((await pixelsOf(picture.bytes)).slice(0, 3)).toEqual([255, 0, 0]);
  },
);

test('the same picture is always made into the same bytes', async () => {
  const bytes = await noise().withMetadata({ orientation: 6 }).jpeg().toBuffer();
  const [first, second] = [await prepare(bytes), await prepare(bytes)];
  expect(first.picture.bytes).not.toBe(second.picture.bytes);
  expect(first).toEqual(second);
});

test('what can not be decoded, and what is no picture, is a failure of the input', async () => {
  const gif = await pictureOf(noise().gif());
  for (const bytes of [gif.bytes.subarray(0, 200), Buffer.from('text'), Buffer.alloc(0)]) {
    const preparing = prepareInput({ ...gif, bytes }, {}, { name: 'x', signal: never });
    await expect(preparing).rejects.toBeInstanceOf(TaskError);
  }
});

test("an abort before or during the work rejects with the signal's reason", async () => {
  const gif = await pictureOf(noise().gif());
  const reason = new Error('the lease was lost');
  const prepared = (signal: AbortSignal) => prepareInput(gif, {}, { name: 'x', signal });
  await expect(prepared(AbortSignal.abort(reason))).rejects.toBe(reason);
  const controller = new AbortController();
  const preparing = prepared(controller.signal);
  controller.abort(reason);
  await expect(preparing).rejects.toBe(reason);
});
