// Test support: pictures as phones, cameras and scanners write them, of 96 x 64 pixels or, turned, of 64 x 96: above red (220, 60, 40) and
// green (40, 200, 60), below blue (30, 60, 220) and light grey (240, 240, 240). Some say where they were taken, in the words of `secret`.

import { Buffer } from 'node:buffer';
import sharp from 'sharp';
import type { Sharp } from 'sharp';
import { dataOf, readAvifItems } from './formats/avif-items.ts';
import type { AvifItem } from './formats/avif-item.ts';
import { barePicture } from './bare/bare-picture.ts';
import { deep, wide } from './formats/heic.fixture.ts';
import { exifOf, exifOfColours, withSegment } from './hostile.fixture.ts';
import { type Box, boxOf, numberOf } from './formats/iso-boxes.ts';
import { type AvifPart, writeAvif } from './formats/write-avif.ts';

export const secret = 'Elm Street 7';
export const film = Buffer.concat([
  boxOf('ftyp', Buffer.from('mp42\0\0\0\0mp42isom')),
  boxOf('meta', Buffer.alloc(8)),
  boxOf('moov', Buffer.alloc(40)),
]);
const adobeColours = [189, 62, 45, 117, 199, 75, 45, 62, 214, 240, 240, 240];
const colours = [220, 60, 40, 40, 200, 60, 30, 60, 220, 240, 240, 240];

/** Boxes at the end of the list of items, whose data stand behind it; the list is written anew. */
export async function listed(
  source: Buffer,
  type: 'heic' | 'avif',
  { inside, boxes }: { inside: 'meta' | 'iref'; boxes: readonly Buffer[] },
): Promise<Buffer> {
  const file = Buffer.from((await barePicture(source, type)).bytes);
  const end = file.indexOf('mdat') - 4;
  const added = Buffer.concat(boxes);
  const changed = Buffer.concat([file.subarray(0, end), added, file.subarray(end)]);
  const grow = (at: number) => changed.writeUInt32BE(changed.readUInt32BE(at) + added.length, at);
  for (const name of new Set(['meta', inside])) grow(changed.indexOf(name) - 4);
  const places = changed.indexOf('iloc') + 12;
  for (let index = 0; index < changed.readUInt16BE(places - 2); index += 1) grow(places + index * 14 + 6);
  return changed;
}

/** Of a picture with its transparency: says that its colours were multiplied with that. */
export async function multiplied(source: Buffer, type: 'heic' | 'avif'): Promise<Buffer> {
  const mark = boxOf('prem', numberOf(2, 1), numberOf(2, 1), numberOf(2, 2));
  return await listed(source, type, { inside: 'iref', boxes: [mark] });
}

function quarters(four: readonly number[] = colours): Sharp {
  const small = Buffer.from(four);
  return sharp(small, { raw: { width: 2, height: 2, channels: 3 } }).resize(96, 64, { kernel: 'nearest' });
}

async function turned(angle: number): Promise<Sharp> {
  const upright = await quarters().png().toBuffer();
  return sharp(await sharp(upright).rotate(angle).png().toBuffer());
}

const propertyOf = (type: string, ...content: Buffer[]): Box => {
  const whole = boxOf(type, ...content);
  return { type, whole, content: whole.subarray(8) };
};
const measures = (width: number, height: number) =>
  propertyOf('ispe', numberOf(4, 0), numberOf(4, width), numberOf(4, height));

async function mainOf(file: Buffer): Promise<{ item: AvifItem; part: AvifPart }> {
  const { items, primary } = readAvifItems(file, () => {});
  const item = items.get(primary);
  if (item === undefined) throw new Error('There is no picture.');
  const { properties } = item;
  return { item, part: { item, properties, data: await dataOf(item, () => {}) } };
}

/** Of a tile in Display P3, upside down as it lies; a map of brightness stands beside it. */
async function iPhonePicture(): Promise<Buffer> {
  const { item, part } = await mainOf(wide);
  const grid = {
    item: { ...item, type: 'grid' },
    properties: [...item.properties.filter(({ type }) => type === 'colr'), measures(96, 64)],
    data: Buffer.from([0, 0, 0, 0, 0, 96, 0, 64]),
  };
  const map = {
    ...part,
    properties: [
      ...part.properties,
      propertyOf('auxC', Buffer.from('\0\0\0\0urn:com:apple:photo:2020:aux:hdrgainmap\0')),
    ],
  };
  return await writeAvif(
    [
      { main: grid, tiles: [part] },
      { main: map, tiles: [] },
    ],
    'heic',
  );
}

/** Of 10 bits; it lies on its side. */
async function androidAvif(): Promise<Buffer> {
  const lying = await turned(90);
  const { part } = await mainOf(
    await lying.avif({ quality: 100, effort: 0, bitdepth: 10, chromaSubsampling: '4:4:4' }).toBuffer(),
  );
  const properties = [...part.properties, propertyOf('irot', numberOf(1, 1))];
  return await writeAvif([{ main: { ...part, properties }, tiles: [] }]);
}

/** Without its corners, in colours that were multiplied with their opacity. */
async function sticker(): Promise<Buffer> {
  const half = await quarters(colours.map((value) => value / 2))
    .ensureAlpha(0.5)
    .avif({ quality: 100, effort: 0, chromaSubsampling: '4:4:4' })
    .toBuffer();
  return await multiplied(half, 'avif');
}

const exif = (orientation: number) =>
  Buffer.concat([Buffer.from('Exif\0\0'), exifOf(orientation), Buffer.from(secret)]);
const xmp = Buffer.from(`http://ns.adobe.com/xap/1.0/\0<x:xmpmeta place="${secret}"/>`);

/** A name as of a file, and what is in it. */
export async function phonePictures(): Promise<[name: string, bytes: Buffer][]> {
  const jpeg = { quality: 95, chromaSubsampling: '4:4:4' };
  const map = await sharp({ create: { width: 8, height: 8, channels: 3, background: '#888' } })
    .jpeg()
    .toBuffer();
  const p3 = await quarters().withIccProfile('p3').jpeg(jpeg).toBuffer();
  const lying = await (await turned(270)).jpeg(jpeg).toBuffer();
  const adobe = await quarters(adobeColours).jpeg(jpeg).toBuffer();
  const scan = (await turned(90)).toColourspace('rgb16').withMetadata({ orientation: 8 });
  const upside = quarters().rotate(180).webp({ lossless: true }).withMetadata({ orientation: 3 });
  return [
    ['iphone.heic', await iPhonePicture()],
    ['iphone-named.jpg', deep],
    ['samsung-motion.heic', Buffer.concat([wide, boxOf('mpvd', film), Buffer.from(`SEFH ${secret} SEFT`)])],
    ['ultra-hdr.jpg', Buffer.concat([withSegment(p3, 0xe1, xmp), withSegment(map, 0xe1, xmp)])],
    ['pixel-motion.jpg', Buffer.concat([withSegment(lying, 0xe1, exif(6)), film])],
    ['camera.jpg', withSegment(adobe, 0xe1, exifOfColours(65_535, 'R03', 'II'))],
    ['screenshot.png', await quarters().toColourspace('rgb16').withIccProfile('p3').png().toBuffer()],
    ['android.avif', await androidAvif()],
    ['sticker.avif', await sticker()],
    ['scan.tif', await scan.tiff({ compression: 'lzw' }).toBuffer()],
    ['messenger.webp', await upside.toBuffer()],
  ];
}
