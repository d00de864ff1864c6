import { Buffer } from 'node:buffer';
import * as fc from 'fast-check';
import sharp from 'sharp';
import { afterEach, expect, test } from 'vitest';
import { TaskError } from '../../core/errors.ts';
import { dataOf, readAvifItems } from './avif-items.ts';
import { barePicture } from '../bare/bare-picture.ts';
import { createDecodeGate, maxPixelsOf, restrictDecoder } from '../decoding.ts';
import { deep, plain, transparent, two, wide } from './heic.fixture.ts';
import { createInspector } from '../inspect.ts';
import { type Box, boxOf, numberOf } from './iso-boxes.ts';
import { createInputPreparer } from '../prepare-input.ts';
import { pictureTypeOf } from './picture-type.ts';
import { readablePicture } from '../readable.ts';
import { type AvifPart, writeAvif } from './write-avif.ts';

const gate = createDecodeGate();
const inspect = createInspector({ maxBytes: 1_000_000, maxPixels: 200_000, gate });
const prepare = createInputPreparer({ gate });
const { signal } = new AbortController();

type Colour = [red: number, green: number, blue: number];
const [red, green, blue, grey]: [Colour, Colour, Colour, Colour] = [
  [220, 60, 40],
  [40, 200, 60],
  [30, 60, 220],
  [240, 240, 240],
];

async function sent(bytes: Buffer) {
  const { content_type: contentType, width, height } = await inspect(bytes);
  return await prepare({ bytes, contentType, width, height }, {}, { name: 'Input picture 1', signal });
}

/** The colours in the middle of the four quarters, row by row. */
async function quartersOf(bytes: Uint8Array): Promise<{ quarters: Colour[]; opacity: number | undefined }> {
  const { data, info } = await sharp(bytes).raw().toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  const at = (x: number, y: number) => (Math.floor(y * height) * width + Math.floor(x * width)) * channels;
  const places = [at(0.25, 0.25), at(0.75, 0.25), at(0.25, 0.75), at(0.75, 0.75)];
  const quarters = places.map((place): Colour => [
    data[place] ?? 0,
    data[place + 1] ?? 0,
    data[place + 2] ?? 0,
  ]);
  return { quarters, opacity: channels === 4 ? data[3] : undefined };
}

async function expectQuarters(bytes: Uint8Array, ...wanted: Colour[]): Promise<void> {
  const { quarters } = await quartersOf(bytes);
  for (const [index, colour] of quarters.entries())
    for (const [channel, value] of colour.entries())
      expect(Math.abs(value - (wanted[index]?.[channel] ?? 0)), String(quarters)).toBeLessThan(6);
}

/** The picture of a file, and boxes beside those that it has. */
async function partOf(file: Buffer, ...added: Box[]): Promise<AvifPart> {
  const { items, primary } = readAvifItems(file, () => {});
  const item = items.get(primary);
  if (item === undefined) throw new Error('There is no picture.');
  const { properties } = item;
  return { item, properties: [...properties, ...added], data: await dataOf(item, () => {}) };
}

function propertyOf(type: string, ...content: Buffer[]): Box {
  const whole = boxOf(type, ...content);
  return { type, whole, content: whole.subarray(8) };
}

const turned = (quarters: number) => propertyOf('irot', numberOf(1, quarters));
const mirrored = (axis: number) => propertyOf('imir', numberOf(1, axis));
const measures = (width: number, height: number) =>
  propertyOf('ispe', numberOf(4, 0), numberOf(4, width), numberOf(4, height));
const one = async (...added: Box[]) =>
  await writeAvif([{ main: await partOf(plain, ...added), tiles: [] }], 'heic');
const derived = (type: string, data: Buffer, properties: Box[]): AvifPart => ({
  item: { id: 1, type, isHidden: false, properties: [], references: [], extents: [] },
  properties,
  data,
});

test('a HEIC is measured by its bytes, and goes upstream as a JPEG of its colours', async () => {
  expect(await inspect(plain)).toMatchObject({ width: 96, height: 64, content_type: 'image/heic' });
  const { picture, warnings } = await sent(plain);
  expect([picture.contentType, picture.width, picture.height, warnings]).toEqual(['image/jpeg', 96, 64, []]);
  await expectQuarters(picture.bytes, red, green, blue, grey);
});

test('Display P3 becomes sRGB, and no metadata goes along', async () => {
  const { picture } = await sent(wide);
  await expectQuarters(picture.bytes, red, green, blue, grey);
  const { icc, exif } = await sharp(picture.bytes).metadata();
  expect([icc, exif]).toEqual([undefined, undefined]);
});

test('colours that are told by numbers become sRGB', async () => {
  const part = await partOf(wide);
  const numbers = propertyOf(
    'colr',
    Buffer.concat([
      Buffer.from('nclx'),
      ...[12, 13, 6].map((each) => numberOf(2, each)),
      Buffer.from([0x80]),
    ]),
  );
  const properties = part.properties.filter(({ type }) => type !== 'colr');
  const main = { ...part, item: { ...part.item, properties: [...properties, numbers] } };
  const file = await writeAvif([{ main: { ...main, properties: main.item.properties }, tiles: [] }], 'heic');
  await expectQuarters((await sent(file)).picture.bytes, red, green, blue, grey);
});

test('10 bits are read, and what is transparent stays so', async () => {
  await expectQuarters((await sent(deep)).picture.bytes, red, green, blue, grey);
  const { picture } = await sent(transparent);
  expect(picture.contentType).toBe('image/png');
  const { quarters, opacity } = await quartersOf(picture.bytes);
  expect(quarters).toHaveLength(4);
  expect(opacity).toBeGreaterThan(120);
  expect(opacity).toBeLessThan(135);
});

test('a picture is turned and mirrored as its file says, once', async () => {
  const quarter = await one(turned(1));
  expect(await inspect(quarter)).toMatchObject({ width: 64, height: 96 });
  await expectQuarters((await sent(quarter)).picture.bytes, green, grey, red, blue);
  await expectQuarters((await sent(await one(turned(2)))).picture.bytes, grey, blue, green, red);
  await expectQuarters((await sent(await one(mirrored(1)))).picture.bytes, green, red, grey, blue);
  await expectQuarters((await sent(await one(mirrored(0)))).picture.bytes, blue, grey, red, green);
  await expectQuarters((await sent(await one(turned(1), mirrored(1)))).picture.bytes, grey, green, blue, red);
});

test('an orientation in EXIF data says nothing of a HEIC', async () => {
  const tag = wide.indexOf(Buffer.from([0x12, 0x01, 3, 0, 1, 0, 0, 0, 1, 0]));
  const lying = Buffer.from(wide);
  lying.writeUInt8(6, tag + 8);
  expect(await inspect(lying)).toMatchObject({ width: 96, height: 64 });
});

test('tiles are put together, and a picture may be another one, turned', async () => {
  const tile = await partOf(plain);
  const grid = derived('grid', Buffer.from([0, 0, 0, 1, 0, 180, 0, 64]), [measures(180, 64)]);
  const tiled = await writeAvif([{ main: grid, tiles: [tile, tile] }], 'heic');
  expect(await inspect(tiled)).toMatchObject({ width: 180, height: 64 });
  expect((await sent(tiled)).picture).toMatchObject({ width: 180, height: 64 });
  const corner = derived('grid', Buffer.from([0, 0, 0, 0, 0, 40, 0, 30]), [measures(40, 30)]);
  const cut = await writeAvif([{ main: corner, tiles: [tile] }], 'heic');
  await expectQuarters((await sent(cut)).picture.bytes, red, red, red, red);
  const same = derived('iden', Buffer.alloc(0), [measures(96, 64), turned(2)]);
  const another = await writeAvif([{ main: same, tiles: [tile] }], 'heic');
  await expectQuarters((await sent(another)).picture.bytes, grey, blue, green, red);
});

test('a map of brightness is no picture and no transparency', async () => {
  const name = propertyOf('auxC', Buffer.from('\0\0\0\0urn:com:apple:photo:2020:aux:hdrgainmap\0'));
  const map = { main: await partOf(deep, name), tiles: [] };
  const file = await writeAvif([{ main: await partOf(plain), tiles: [] }, map], 'heic');
  const { picture, warnings } = await sent(file);
  expect([picture.contentType, warnings]).toEqual(['image/jpeg', []]);
});

test('of several pictures the main one is sent, with a warning', async () => {
  const { picture, warnings } = await sent(two);
  expect([picture.width, picture.height]).toEqual([96, 64]);
  expect(warnings).toEqual([
    'Input picture 1 has more pictures than one in its file; only the main one was sent.',
  ]);
});

/** The plain HEIC with other brands. */
function branded(...brands: string[]): Buffer {
  const file = Buffer.from(plain);
  file.write(brands[0] ?? '', 8);
  for (const [index, brand] of [...brands.slice(1), 'miaf', 'miaf', 'miaf'].slice(0, 3).entries())
    file.write(brand, 16 + index * 4);
  return file;
}

test.each([['heix'], ['heim'], ['heis'], ['hevc'], ['mif1', 'heic'], ['mif1'], ['msf1', 'hevc'], ['miaf']])(
  'a HEIC of the brand %s is taken',
  async (...brands) => {
    expect(await inspect(branded(...brands))).toMatchObject({ width: 96, content_type: 'image/heic' });
  },
);

test('a brand that names no coding leaves it to the boxes what the file is', async () => {
  const avif = await sharp(plainPixels, { raw: { width: 8, height: 8, channels: 3 } })
    .avif()
    .toBuffer();
  avif.write('mif1', 8);
  for (let at = 16; at < avif.readUInt32BE(0); at += 4) avif.write('mif1', at);
  expect(pictureTypeOf(avif)).toBe('avif');
  expect(await inspect(avif)).toMatchObject({ content_type: 'image/avif' });
});
const plainPixels = Buffer.alloc(8 * 8 * 3, 90);

async function failureOf(bytes: Uint8Array): Promise<string> {
  const error: unknown = await inspect(bytes).catch((reason: unknown) => reason);
  if (!(error instanceof TaskError)) throw new Error('it was taken', { cause: error });
  expect(error.failure).toMatchObject({ type: 'input_unreachable', retryable: false });
  return error.failure.message;
}

test('a HEIC that was cut off is refused', async () => {
  const cut = (file: Buffer, part: number) => file.subarray(0, Math.floor(file.length * part));
  for (const part of [0.2, 0.5, 0.9, 0.99])
    for (const file of [plain, transparent, ...(part < 0.5 ? [wide, two] : [])])
      expect(await failureOf(cut(file, part))).toContain('HEIC picture is damaged');
  // The missing bytes are of EXIF data, and of the second picture.
  for (const file of [wide, two])
    expect(await inspect(cut(file, 0.99))).toMatchObject({ width: 96, height: 64 });
});

test('a film without a picture, and pictures of other codings, are refused by name', async () => {
  const film = Buffer.concat([
    boxOf('ftyp', Buffer.from('hevc\0\0\0\0hevcmsf1')),
    boxOf('moov', Buffer.alloc(8)),
  ]);
  expect(await failureOf(film)).toMatch(/^The HEIC is an animation without a picture that stands still/);
  for (const [type, name] of [
    ['avc1', 'AVC (H.264)'],
    ['jpeg', 'JPEG'],
    ['vvc1', 'VVC (H.266)'],
  ] as const) {
    const other = Buffer.from(plain);
    other.write(type, other.indexOf('hvc1'));
    expect(await failureOf(other)).toContain(
      `HEIF file that is coded as ${name}, which is not read here. Send it as`,
    );
  }
});

afterEach(() => restrictDecoder());
test('a server that is not to read HEIC says so', async () => {
  restrictDecoder({ heic: false });
  expect(await failureOf(plain)).toMatch(/is HEIC, as iPhones make it.*switched off.*Send it as JPEG or PNG/);
});

/** A picture whose parameters say that it is of those measures, in whole numbers of 8 pixels. */
async function claiming(width: number, height: number): Promise<Buffer> {
  const part = await partOf(plain);
  const properties = part.properties.map((box) => (box.type === 'ispe' ? measures(width, height) : box));
  return await writeAvif([{ main: { ...part, properties }, tiles: [] }], 'heic');
}

test('what is larger than it may be is refused by its header', async () => {
  expect(await failureOf(await claiming(32_768, 32_768))).toMatch(/32768 x 32768 pixels, more/);
  expect(maxPixelsOf('image/heic', 100)).toBe(100);
});

test('a file that takes more work than its measures say is refused without any', async () => {
  const part = await partOf(plain);
  const many = { ...part, data: Buffer.concat(Array.from({ length: 200 }, () => part.data)) };
  expect(await failureOf(await writeAvif([{ main: many, tiles: [] }], 'heic'))).toContain('damaged');
  const grid = derived('grid', Buffer.from([0, 31, 15, 0, 8, 0, 8]), [measures(8, 8)]);
  const tiles = Array.from({ length: 255 }, () => part);
  expect(await failureOf(await writeAvif([{ main: grid, tiles }], 'heic'))).toContain('damaged');
});

test('who no longer waits ends the thread, and the next picture is decoded by another', async () => {
  const stop = new AbortController();
  const bare = await barePicture(plain, 'heic');
  const reading = readablePicture(bare, { maxPixels: 10_000, signal: stop.signal });
  stop.abort(new Error('enough'));
  await expect(reading).rejects.toThrow('enough');
  await expectQuarters(await readablePicture(bare, { maxPixels: 10_000 }), red, green, blue, grey);
});

test('any change of a HEIC is decoded or refused, and nothing else', async () => {
  const outcomes = { taken: 0, refused: 0 };
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(plain, wide, transparent, two),
      fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 4 }),
      async (original, changes) => {
        const bytes = Buffer.from(original);
        for (const [at, value] of changes) bytes[at % bytes.length] = value;
        try {
          await inspect(bytes);
          outcomes.taken += 1;
        } catch (error) {
          expect(error).toBeInstanceOf(TaskError);
          outcomes.refused += 1;
        }
      },
    ),
    { numRuns: 200, seed: 20_261_129 },
  );
  expect(outcomes.taken).toBeGreaterThan(30);
  expect(outcomes.refused).toBeGreaterThan(30);
});
