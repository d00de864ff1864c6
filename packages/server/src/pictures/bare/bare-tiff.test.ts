import { Buffer } from 'node:buffer';
import * as fc from 'fast-check';
import sharp from 'sharp';
import type { Sharp } from 'sharp';
import { expect, test } from 'vitest';
import { TaskError } from '../../core/errors.ts';
import { bareTiff } from './bare-tiff.ts';
import { createDecodeGate } from '../decoding.ts';
import { createInspector } from '../inspect.ts';
import { createInputPreparer } from '../prepare-input.ts';
import type { TiffEntry } from '../formats/tiff-directory.ts';
import { openUpright } from '../upright.ts';
import { followed, tiffOf } from '../formats/tiff.fixture.ts';

const gate = createDecodeGate();
const inspect = createInspector({ maxBytes: 20_000_000, maxPixels: 3_000_000, gate });
const prepare = createInputPreparer({ gate });

/** Above red and green, below blue and grey. */
function quarters(): Sharp {
  const pixels = Buffer.alloc(96 * 64 * 3);
  const colours = [
    [220, 60, 40],
    [40, 200, 60],
    [30, 60, 220],
    [240, 240, 240],
  ];
  for (let y = 0; y < 64; y += 1)
    for (let x = 0; x < 96; x += 1)
      pixels.set(colours[(y < 32 ? 0 : 2) + (x < 48 ? 0 : 1)] ?? [], (y * 96 + x) * 3);
  return sharp(pixels, { raw: { width: 96, height: 64, channels: 3 } });
}

async function sent(bytes: Buffer) {
  const { content_type: contentType, width, height } = await inspect(bytes);
  const { signal } = new AbortController();
  return await prepare({ bytes, contentType, width, height }, {}, { name: 'Input picture 1', signal });
}

/** The first pixel and the last. */
async function cornersOf(bytes: Uint8Array): Promise<number[][]> {
  const { data, info } = await sharp(bytes).raw().toBuffer({ resolveWithObject: true });
  return [[...data.subarray(0, info.channels)], [...data.subarray(-info.channels)]];
}

const colours = [
  [220, 60, 40],
  [240, 240, 240],
];

test.each<[string, () => Sharp]>([
  ['without compression', () => quarters().tiff({ compression: 'none' })],
  ['packed with LZW', () => quarters().tiff({ compression: 'lzw', predictor: 'horizontal' })],
  ['packed with Deflate', () => quarters().tiff({ compression: 'deflate' })],
  ['packed with PackBits', () => quarters().tiff({ compression: 'packbits' })],
  ['of tiles', () => quarters().tiff({ compression: 'lzw', tile: true, tileWidth: 32, tileHeight: 32 })],
  ['of more than 4 GB, by its form', () => quarters().tiff({ compression: 'lzw', bigtiff: true })],
  ['of 16 bits', () => quarters().toColourspace('rgb16').tiff({ compression: 'lzw' })],
])('a TIFF %s keeps its colours, and goes upstream as a PNG', async (_, make) => {
  const { picture, warnings } = await sent(await make().toBuffer());
  expect([picture.contentType, picture.width, picture.height, warnings]).toEqual(['image/png', 96, 64, []]);
  expect(await cornersOf(picture.bytes)).toEqual(colours);
});

test('a TIFF of JPEGs goes upstream as a JPEG', async () => {
  for (const tile of [false, true]) {
    const { picture } = await sent(
      await quarters().tiff({ compression: 'jpeg', quality: 90, tile }).toBuffer(),
    );
    expect(picture.contentType).toBe('image/jpeg');
    for (const [index, corner] of (await cornersOf(picture.bytes)).entries())
      for (const [channel, value] of corner.entries())
        expect(Math.abs(value - (colours[index]?.[channel] ?? 0))).toBeLessThan(5);
  }
});

test('a TIFF in CMYK, a grey one, one with a palette of two colours and one that is transparent are taken', async () => {
  const cmyk = await quarters()
    .toColourspace('cmyk')
    .withIccProfile('cmyk')
    .tiff({ compression: 'lzw' })
    .toBuffer();
  const [first] = await cornersOf((await sent(cmyk)).picture.bytes);
  expect(first?.length).toBe(3);
  expect(first?.[0]).toBeGreaterThan(190);
  const fax = await quarters()
    .greyscale()
    .threshold(200)
    .toColourspace('b-w')
    .tiff({ bitdepth: 1, compression: 'ccittfax4' })
    .toBuffer();
  expect(await cornersOf((await sent(fax)).picture.bytes)).toEqual([
    [0, 0, 0],
    [255, 255, 255],
  ]);
  const half = await quarters().ensureAlpha(0.5).tiff({ compression: 'lzw' }).toBuffer();
  const [corner = []] = await cornersOf((await sent(half)).picture.bytes);
  expect(corner.slice(0, 3)).toEqual([220, 60, 40]);
  expect([127, 128]).toContain(corner[3]);
});

test('Display P3 becomes sRGB, and no metadata goes along', async () => {
  const wide = await quarters()
    .withIccProfile('p3')
    .withExif({ IFD0: { Make: 'Camera' } })
    .tiff()
    .toBuffer();
  const { bytes } = (await sent(wide)).picture;
  const { icc, exif } = await sharp(bytes).metadata();
  expect([icc, exif, Buffer.from(bytes).includes('Camera')]).toEqual([undefined, undefined, false]);
  for (const [channel, value] of ((await cornersOf(bytes))[0] ?? []).entries())
    expect(Math.abs(value - (colours[0]?.[channel] ?? 0))).toBeLessThan(8);
});

test('a TIFF is turned as it says, once', async () => {
  const lying = await quarters().withMetadata({ orientation: 6 }).tiff().toBuffer();
  expect(await inspect(lying)).toMatchObject({ width: 64, height: 96 });
  const { picture } = await sent(lying);
  expect([picture.width, picture.height]).toEqual([64, 96]);
  const [first, last] = await cornersOf(picture.bytes);
  // Blue, and green.
  expect([(first?.[2] ?? 0) > 200, (last?.[1] ?? 0) > 180]).toEqual([true, true]);
});

test('both orders of bytes are read', async () => {
  for (const order of ['II', 'MM'] as const) {
    expect(await inspect(tiffOf({ order }))).toMatchObject({ width: 8, height: 8 });
    const { picture } = await sent(tiffOf({ order }));
    expect((await cornersOf(picture.bytes))[0]?.[0]).toBe(90);
  }
});

test('of several pages the first is sent, with a warning, and a smaller copy is no page', async () => {
  const reduced = tiffOf({ entries: [{ tag: 254, longs: [1] }] });
  const words = 'Input picture 1 has more pictures than one in its file; only the main one was sent.';
  expect((await sent(followed(tiffOf(), tiffOf()))).warnings).toEqual([words]);
  expect((await sent(followed(tiffOf(), reduced))).warnings).toEqual([]);
});

test('a bare TIFF has nothing of the file but its picture', async () => {
  const comment = Buffer.from('a secret place');
  const { bytes } = await bareTiff(
    Buffer.concat([tiffOf({ entries: [{ tag: 270, type: 7, bytes: comment }] }), comment]),
  );
  expect(Buffer.from(bytes).includes('secret')).toBe(false);
  expect(bytes.length).toBeLessThan(300);
});

async function failureOf(bytes: Uint8Array): Promise<string> {
  const error: unknown = await inspect(bytes).catch((reason: unknown) => reason);
  if (!(error instanceof TaskError)) throw new Error('it was taken', { cause: error });
  expect(error.failure).toMatchObject({ type: 'input_unreachable', retryable: false });
  return error.failure.message;
}

test('a TIFF that was cut off is refused', async () => {
  for (const compression of ['none', 'lzw', 'deflate', 'jpeg', 'packbits'] as const) {
    const whole = await quarters().tiff({ compression }).toBuffer();
    const { bytes } = await bareTiff(whole);
    for (const part of [0.2, 0.5, 0.8]) {
      expect(await failureOf(whole.subarray(0, Math.floor(whole.length * part)))).toContain('damaged');
      // Its directory stands before the pixels.
      expect(await failureOf(bytes.subarray(0, Math.floor(bytes.length * part)))).toContain('damaged');
    }
  }
});

test('any change of a TIFF is decoded or refused, and nothing else', async () => {
  const originals = await Promise.all([
    quarters().tiff({ compression: 'lzw' }).toBuffer(),
    quarters().tiff({ compression: 'deflate', tile: true, tileWidth: 32, tileHeight: 32 }).toBuffer(),
    quarters().tiff({ compression: 'jpeg' }).toBuffer(),
    quarters().threshold(200).toColourspace('b-w').tiff({ bitdepth: 1, compression: 'ccittfax4' }).toBuffer(),
    Promise.resolve(tiffOf()),
  ]);
  const outcomes = { taken: 0, refused: 0 };
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...originals),
      fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 4 }),
      async (original, changes) => {
        const bytes = Buffer.from(original);
        for (const [at, value] of changes) bytes[at % bytes.length] = value;
        try {
          const { width, height } = await inspect(bytes);
          expect(width * height).toBeLessThanOrEqual(3_000_000);
          outcomes.taken += 1;
        } catch (error) {
          expect(error).toBeInstanceOf(TaskError);
          outcomes.refused += 1;
        }
      },
    ),
    { numRuns: 400, seed: 20_261_129 },
  );
  expect(outcomes.taken).toBeGreaterThan(30);
  expect(outcomes.refused).toBeGreaterThan(30);
});

const rgb = [
  { tag: 258, shorts: [8, 8, 8] },
  { tag: 262, shorts: [2] },
  { tag: 277, shorts: [3] },
];
test.each<[string, TiffEntry[], number]>([
  [
    'tiles of one colour each',
    [
      ...rgb,
      { tag: 284, shorts: [2] },
      { tag: 322, longs: [16] },
      { tag: 323, longs: [16] },
      { tag: 324, longs: [0, 256, 512] },
      { tag: 325, longs: [256, 256, 256] },
    ],
    768,
  ],
  ['colours of 4 bits', [...rgb, { tag: 258, shorts: [4, 4, 4] }], 96],
  [
    'a bit and an opacity',
    [
      { tag: 258, shorts: [1, 1] },
      { tag: 277, shorts: [2] },
      { tag: 338, shorts: [2] },
    ],
    16,
  ],
  [
    'fractions of white without colours',
    [
      { tag: 258, shorts: [32] },
      { tag: 339, shorts: [3] },
    ],
    256,
  ],
])('a TIFF of %s is called rare, and not damaged', async (_, entries, bytes) => {
  const own = [...new Map(entries.map((entry) => [entry.tag, entry])).values()];
  await expect(inspect(tiffOf({ entries: own, data: Buffer.alloc(bytes, 90) }))).rejects.toThrow(
    'coded in a way that is not read here',
  );
});

test('a TIFF of fractions of light says that its colours may have changed', async () => {
  const entries = [...rgb.slice(1), { tag: 258, shorts: [32, 32, 32] }, { tag: 339, shorts: [3, 3, 3] }];
  const light = Buffer.from(Float32Array.from({ length: 8 * 8 * 3 }, () => 0.5).buffer);
  const { picture, warnings } = await sent(tiffOf({ entries, data: light }));
  expect((await cornersOf(picture.bytes))[0]).toEqual([188, 188, 188]);
  expect(warnings.join(' ')).toContain('they may have changed');
});

test.each<[string, number[], number[]]>([
  ['a selection that was kept', [0], [220, 60, 40]],
  ['two selections', [0, 0], [220, 60, 40]],
  ['more of no kind', [], [220, 60, 40]],
  ['an opacity', [2], [220, 60, 40, 0]],
  ['a sample of no kind', [], [220, 60, 40, 0]],
])('a TIFF with %s beside its colours goes in them', async (name, kinds, wanted) => {
  const samples = name.startsWith('more') ? 5 : 3 + Math.max(1, kinds.length);
  const entries = [
    { tag: 258, shorts: Array.from({ length: samples }, () => 8) },
    { tag: 262, shorts: [2] },
    { tag: 277, shorts: [samples] },
    ...(kinds.length > 0 ? [{ tag: 338, shorts: kinds }] : []),
  ];
  const data = Buffer.alloc(8 * 8 * samples, Buffer.from([220, 60, 40, 0, 0].slice(0, samples)));
  const tiff = tiffOf({ entries, data });
  const { picture } = await sent(tiff);
  expect((await cornersOf(picture.bytes))[0]).toEqual(wanted);
  const small = await openUpright(await bareTiff(tiff), { maxPixels: 64, target: { width: 4, height: 4 } });
  const shown = await small.image.flatten({ background: 'white' }).png().toBuffer();
  expect((await cornersOf(shown))[0]).toEqual(wanted.length === 4 ? [255, 255, 255] : wanted);
});

test('a TIFF with an opacity and more beside its colours is refused by name', async () => {
  const entries = [...rgb.slice(1, 2), { tag: 258, shorts: [8, 8, 8, 8, 8] }, { tag: 277, shorts: [5] }];
  const tiff = tiffOf({ entries: [...entries, { tag: 338, shorts: [2, 0] }], data: Buffer.alloc(320) });
  await expect(inspect(tiff)).rejects.toThrow('coded in a way that is not read here');
});
