import { Buffer } from 'node:buffer';
import sharp from 'sharp';
import { afterEach, expect, test, vi } from 'vitest';
import { dataOf, readAvifItems } from './avif-items.ts';
import { plain, transparent, wide } from './heic.fixture.ts';
import { pngChunk, pngOf } from './hostile.fixture.ts';
import { type Box, boxOf, numberOf } from './iso-boxes.ts';
import { expectNear, inspect, sentOf } from './one-colour.fixture.ts';
import { film, listed, multiplied } from './phone-pictures.fixture.ts';
import { writeAvif } from './write-avif.ts';

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

test('properties that take long to copy are refused', async () => {
  const { items, primary } = readAvifItems(plain, () => {});
  const item = items.get(primary);
  if (item === undefined) throw new Error('There is no picture.');
  const data = await dataOf(item, () => {});
  const long = (index: number): Box => {
    const whole = boxOf('hvcC', Buffer.alloc(60_000, index));
    return { type: 'hvcC', whole, content: whole.subarray(8) };
  };
  const tiles = Array.from({ length: 5 }, (_, index) => ({
    item,
    properties: [long(index), ...item.properties.filter(({ type }) => type === 'ispe')],
    data,
  }));
  const main = {
    item: { ...item, type: 'grid' },
    properties: item.properties.filter(({ type }) => type === 'ispe'),
    data: Buffer.from([0, 0, 0, 4, 1, 224, 0, 64]),
  };
  await expect(inspect(await writeAvif([{ main, tiles }], 'heic'))).rejects.toThrow('damaged');
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
  const { readHeic } = await import('./read-heic.ts');
  expect(await readHeic(plain, { profile: undefined, maxPixels: 10_000 })).toBe('absent');
});
