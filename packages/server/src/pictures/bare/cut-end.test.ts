import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import sharp from 'sharp';
import type { Sharp } from 'sharp';
import { expect, test } from 'vitest';
import { barePicture } from './bare-picture.ts';
import { createInspector } from '../inspect.ts';
import { labelPicture } from '../picture-label.ts';
import { createInputPreparer } from '../prepare-input.ts';
import { createDecodeGate } from '../decoding.ts';
import { jpegOfScans, webpChunk, webpOf } from '../hostile.fixture.ts';
import type { PictureType } from '../formats/picture-type.ts';

const inspect = createInspector({ maxBytes: 1_000_000, maxPixels: 200_000 });
const noise = (): Sharp =>
  sharp(createHash('shake256', { outputLength: 90 * 51 * 3 }).digest(), {
    raw: { width: 90, height: 51, channels: 3 },
  });

const jpegs: [string, Buffer][] = [
  ['JPEG', await noise().jpeg().toBuffer()],
  ['grey JPEG', await noise().greyscale().jpeg().toBuffer()],
  ['progressive JPEG', await noise().jpeg({ progressive: true }).toBuffer()],
  ['JPEG of many scans', jpegOfScans(90, 51, 20)],
];
/** Files that lack nothing but what says that they end. */
const endless: [string, PictureType, Buffer, Buffer][] = jpegs.flatMap(([name, jpeg]) => [
  [`${name} without its end marker`, 'jpeg', jpeg, jpeg.subarray(0, -2)],
  [`${name} with half an end marker`, 'jpeg', jpeg, jpeg.subarray(0, -1)],
]);
for (const [name, png] of [
  ['PNG', await noise().png().toBuffer()],
  ['interlaced PNG', await noise().png({ progressive: true }).toBuffer()],
] as const)
  for (const missing of [1, 4, 11, 12])
    endless.push([`${name} without its last ${missing} bytes`, 'png', png, png.subarray(0, -missing)]);

test.each(endless)('a %s is a picture', async (_, type, whole, cut) => {
  const { width, height, content_type } = await inspect(whole);
  expect(await inspect(cut)).toEqual({
    width,
    height,
    content_type,
    bytes: cut.length,
    sha256: createHash('sha256').update(cut).digest('hex'),
  });
  const bare = Buffer.from((await barePicture(cut, type)).bytes);
  expect(await sharp(bare, { failOn: 'warning' }).raw().toBuffer()).toEqual(
    await sharp(whole).raw().toBuffer(),
  );
});

test.each(endless)(
  'a %s goes upstream whole, and stays without words of this server',
  async (_, type, _whole, cut) => {
    const prepare = createInputPreparer({ gate: createDecodeGate() });
    const picture = { ...(await inspect(cut)), bytes: cut, contentType: `image/${type}` };
    const { picture: sent } = await prepare(
      picture,
      {},
      { name: 'it', signal: new AbortController().signal },
    );
    expect(Buffer.from(sent.bytes).equals((await barePicture(cut, type)).bytes)).toBe(true);
    expect(await labelPicture(cut, { prompt: 'a', model: 'b', taskId: 'c' })).toBe(cut);
  },
);

test.each(jpegs)('a %s that is cut off in its rows is refused', async (_, jpeg) => {
  const scan = jpeg.indexOf(Buffer.from([0xff, 0xda]));
  const places = [scan + 20, Math.floor((scan + jpeg.length) / 2), jpeg.length - 20, jpeg.length - 6];
  for (const place of places.filter((each) => each > scan))
    await expect(inspect(jpeg.subarray(0, place)), `${place} of ${jpeg.length}`).rejects.toThrow(
      'damaged or cut off',
    );
});

test('a PNG that is cut off before its end, or ends in something else, is refused', async () => {
  const png = await noise().png().toBuffer();
  for (const bytes of [
    png.subarray(0, -13),
    png.subarray(0, 33),
    Buffer.concat([png.subarray(0, -12), Buffer.from('\0\0\0\0ABCD')]),
  ])
    await expect(inspect(bytes)).rejects.toThrow('damaged or cut off');
});

test('a WebP whose last byte of padding is missing is a picture', async () => {
  const padded = webpOf([
    (await noise().webp().toBuffer()).subarray(12),
    webpChunk('abcd', Buffer.from('x')),
  ]);
  expect(await inspect(padded.subarray(0, -1))).toMatchObject({ width: 90, height: 51 });
  await expect(inspect(padded.subarray(0, -2))).rejects.toThrow('damaged or cut off');
});
