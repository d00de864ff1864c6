import { Buffer } from 'node:buffer';
import sharp from 'sharp';
import { afterEach, expect, test, vi } from 'vitest';
import { dataOf, readAvifItems } from './formats/avif-items.ts';
import { plain, transparent, wide } from './formats/heic.fixture.ts';
import { pngChunk, pngOf } from './hostile.fixture.ts';
import { createInspector } from './inspect.ts';
import { boxOf, numberOf } from './formats/iso-boxes.ts';
import { expectNear, inspect, sentOf } from './one-colour.fixture.ts';
import { film, listed, multiplied } from './phone-pictures.fixture.ts';
import { type AvifPart, writeAvif } from './formats/write-avif.ts';

const red = [220, 60, 40];
test.each<[string, Buffer]>([
  ['a film in a box, and a mark', Buffer.concat([boxOf('mpvd', film), Buffer.from('SEFHk\0\0\0SEFT')])],
  ['a mark and a film', Buffer.concat([Buffer.from('MotionPhoto_Data'), film])],
  ['a film as it is', film],
  ['three zeros', Buffer.alloc(3)],
  ['zeros', Buffer.alloc(1_000)],
])('a HEIC and an AVIF with %s behind them are taken', async (_, behind) => {
  const avif = await sharp({ create: { width: 16, height: 16, channels: 3, background: 'rgb(220,60,40)' } })
    .avif({ quality: 100, chromaSubsampling: '4:4:4' })
    .toBuffer();
  for (const file of [wide, avif]) {
    const { pixel, warnings } = await sentOf(Buffer.concat([file, behind]));
    expectNear(pixel, red, 6);
    expect(warnings).toEqual([]);
  }
});

test('boxes of which there may be several say nothing of the picture', async () => {
  const several = ['free', 'free', 'uuid', 'uuid'].map((type) => boxOf(type, Buffer.alloc(9)));
  expectNear((await sentOf(await listed(plain, 'heic', { inside: 'meta', boxes: several }))).pixel, red, 6);
  const twice = [boxOf('pitm', numberOf(4, 0), numberOf(2, 1))];
  await expect(inspect(await listed(plain, 'heic', { inside: 'meta', boxes: twice }))).rejects.toThrow(
    'damaged',
  );
});

test('colours that were multiplied with their opacity are what they were before', async () => {
  expectNear((await sentOf(await multiplied(transparent, 'heic'))).pixel, [255, 120, 80, 128], 6);
  const made = await sharp({
    create: { width: 16, height: 16, channels: 4, background: 'rgba(110,30,20,0.5)' },
  })
    .avif({ quality: 100, chromaSubsampling: '4:4:4' })
    .toBuffer();
  expectNear((await sentOf(await multiplied(made, 'avif'))).pixel, [...red, 128], 6);
  expectNear((await sentOf(made)).pixel, [110, 30, 20, 128], 6);
});

async function gridOf(columns: number, rows: number, propertiesOf = (each: AvifPart) => each.properties) {
  const { items, primary } = readAvifItems(plain, () => {});
  const item = items.get(primary);
  if (item === undefined) throw new Error('There is no picture.');
  const part = { item, properties: item.properties, data: await dataOf(item, () => {}) };
  const tiles = Array.from({ length: columns * rows }, () => ({ ...part, properties: propertiesOf(part) }));
  const [width, height] = [96 * columns, 64 * rows];
  const size = [width, height].flatMap((side) => [side >> 8, side & 0xff]);
  const measures = boxOf('ispe', numberOf(4, 0), numberOf(4, width), numberOf(4, height));
  const main = {
    item: { ...item, type: 'grid' },
    properties: [{ type: 'ispe', whole: measures, content: measures.subarray(8) }],
    data: Buffer.from([0, 0, rows - 1, columns - 1, ...size]),
  };
  return await writeAvif([{ main, tiles }], 'heic');
}

test('a HEIC of 255 tiles is read, and one of more refused by name', async () => {
  const large = createInspector({ maxBytes: 1_000_000, maxPixels: 2_000_000 });
  expect(await large(await gridOf(51, 5))).toMatchObject({ width: 4_896, height: 320 });
  await expect(large(await gridOf(64, 4))).rejects.toThrow(
    'put together of too many pieces: of more than 255',
  );
});

test('properties that take long to copy are refused', async () => {
  const long = ({ properties }: AvifPart) => {
    const whole = boxOf('hvcC', Buffer.alloc(60_000));
    return [{ type: 'hvcC', whole, content: whole.subarray(8) }, ...properties];
  };
  await expect(inspect(await gridOf(5, 1, long))).rejects.toThrow('damaged');
});

test('a PNG that was packed into an app is refused by name', async () => {
  const packed = pngOf(8, 8);
  const start = packed.subarray(0, 8);
  const bytes = Buffer.concat([start, pngChunk('CgBI', Buffer.from([0x50, 0, 0x20, 2])), packed.subarray(8)]);
  await expect(inspect(bytes)).rejects.toThrow('packed into an app for iPhones (CgBI)');
});

afterEach(() => vi.doUnmock('libheif-js/libheif-wasm/libheif-bundle.js'));
test('a decoder that is not there is no fault of the picture', async () => {
  vi.doMock('libheif-js/libheif-wasm/libheif-bundle.js', () => {
    throw new Error('Cannot find package');
  });
  const { readHeic } = await import('./formats/read-heic.ts');
  expect(await readHeic(plain, { profile: undefined, maxPixels: 10_000 })).toBe('absent');
});
