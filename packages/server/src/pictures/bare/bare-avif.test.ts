import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import sharp from 'sharp';
import type { Sharp } from 'sharp';
import { expect, onTestFinished, test, vi } from 'vitest';
import { TaskError } from '../../core/errors.ts';
import { dataOf, readAvifItems } from '../formats/avif-items.ts';
import { bareAvif } from './bare-avif.ts';
import { boxesOf, boxOf, numberOf } from '../formats/iso-boxes.ts';
import { createInspector } from '../inspect.ts';
import { createInputPreparer } from '../prepare-input.ts';
import { createDecodeGate } from '../decoding.ts';
import { openUpright } from '../upright.ts';
import { type AvifPart, writeAvif } from '../formats/write-avif.ts';

const inspect = createInspector({ maxBytes: 10_000_000, maxPixels: 3_000_000 });
const noise = (width = 96, height = 64): Sharp =>
  sharp(createHash('shake256', { outputLength: width * height * 3 }).digest(), {
    raw: { width, height, channels: 3 },
  });
const pixelsOf = (bytes: Uint8Array) =>
  sharp(bytes, { failOn: 'warning' }).raw().toBuffer({ resolveWithObject: true });

/** Two frames of 20 x 10 pixels, red and green, as libavif 1.3 writes them: a still picture, and a film beside it. */
const animation = Buffer.from(
  'AAAALGZ0eXBhdmlzAAAAAGF2aWZhdmlzbXNmMWlzbzhtaWYxbWlhZk1BMUIAAADrbWV0YQAAAAAAAAAhaGRscgAAAAAAAAAAcGljdAAAAAAAAAAAAAAAAAAAAAAOcGl0bQAAAAAAAQAAAB5pbG9jAAAAAEQAAAEAAQAAAAEAAAPlAAAAJwAAAChpaW5mAAAAAAABAAAAGmluZmUCAAAAAAEAAGF2MDFDb2xvcgAAAABqaXBycAAAAEtpcGNvAAAAFGlzcGUAAAAAAAAAFAAAAAoAAAAQcGl4aQAAAAADCAgIAAAADGF2MUOBAAwAAAAAE2NvbHJuY2x4AAEADQAGgAAAABdpcG1hAAAAAAAAAAEAAQQBAoMEAAACxm1vb3YAAAB4bXZoZAEAAAAAAAAA5zHgegAAAADnMeB6AAAD6P//////////AAEAAAEAAAAAAAAAAAAAAAABAAAAAAAAAAAAAAAAAAAAAQAAAAAAAAAAAAAAAAAAQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAEAAAJGdHJhawAAAGh0a2hkAQAAAQAAAADnMeB6AAAAAOcx4HoAAAABAAAAAP//////////AAAAAAAAAAAAAAAAAAAAAAABAAAAAAAAAAAAAAAAAAAAAQAAAAAAAAAAAAAAAAAAQAAAAAAUAAAACgAAAAAALGVkdHMAAAAkZWxzdAEAAAEAAAABAAAAAAAAAMgAAAAAAAAAAAABAAAAAAGqbWRpYQAAACxtZGhkAQAAAAAAAADnMeB6AAAAAOcx4HoAAAPoAAAAAAAAAMhVxAAAAAAAIWhkbHIAAAAAAAAAAHBpY3QAAAAAAAAAAAAAAAAAAAABVW1pbmYAAAAUdm1oZAAAAAEAAAAAAAAAAAAAACRkaW5mAAAAHGRyZWYAAAAAAAAAAQAAAAx1cmwgAAAAAQAAARVzdGJsAAAAlXN0c2QAAAAAAAAAAQAAAIVhdjAxAAAAAAAAAAEAAAAAAAAAAAAAAAAAAAAAABQACgBIAAAASAAAAAAAAAABCkFPTSBDb2RpbmcAAAAAAAAAAAAAAAAAAAAAAAAAAAAAGP//AAAADGF2MUOBAAwAAAAAE2NvbHJuY2x4AAEADQAGgAAAABBjY3N0AAAAAHwAAAAAAAAYc3R0cwAAAAAAAAABAAAAAgAAAGQAAAAcc3RzYwAAAAAAAAABAAAAAQAAAAIAAAABAAAAHHN0c3oAAAAAAAAAAAAAAAIAAAAnAAAAIgAAABRzdGNvAAAAAAAAAAEAAAPlAAAAFHN0c3MAAAAAAAAAAQAAAAEAAABRbWRhdBIACg0AAAACHOTa+RAQ0GhAMhQQAKAAAAJAAAAAxUbA+uBE9wJchBIAMh4wA8CAAAB6gAAACQAAgAC0+So5EV6iRYiYSM/mWfc=',
  'base64',
);

test.each<[string, Promise<Buffer>]>([
  ['a usual AVIF', noise().avif({ effort: 0 }).toBuffer()],
  ['one without loss', noise().avif({ effort: 0, lossless: true }).toBuffer()],
  ['one of 10 bits', noise().avif({ effort: 0, bitdepth: 10 }).toBuffer()],
  ['one with transparency', noise().ensureAlpha(0.4).avif({ effort: 0 }).toBuffer()],
  ['a grey one', noise().greyscale().avif({ effort: 0 }).toBuffer()],
  ['one with a profile', noise().withIccProfile('p3').avif({ effort: 0 }).toBuffer()],
  [
    'one with metadata',
    noise().withMetadata({ orientation: 6 }).withXmp('<a/>').avif({ effort: 0 }).toBuffer(),
  ],
])('%s keeps its pixels to the bit, and loses its metadata', async (_, made) => {
  const original = await made;
  const { bytes, animated } = await bareAvif(original);
  expect(animated).toBe(false);
  expect(await pixelsOf(bytes)).toEqual(await pixelsOf(original));
  const { exif, xmp } = await sharp(bytes).metadata();
  expect({ exif, xmp }).toEqual({});
});

test('an animation is a picture, which shows its first frame', async () => {
  const details = await inspect(animation);
  expect(details).toMatchObject({
    width: 20,
    height: 10,
    content_type: 'image/avif',
    bytes: animation.length,
  });
  const picture = { ...details, bytes: animation, contentType: details.content_type };
  const context = { name: 'It', signal: new AbortController().signal };
  const { picture: sent, warnings } = await createInputPreparer({ gate: createDecodeGate() })(
    picture,
    {},
    context,
  );
  expect(warnings).toEqual(['It is an animation; only its first frame was sent.']);
  const [red = 0, green = 0] = (await pixelsOf(sent.bytes)).data;
  expect([red > 240, green < 15]).toEqual([true, true]);
});

/** The file without its picture that stands still: all else stays in its place. */
function filmOf(bytes: Buffer): Buffer {
  const film = Buffer.from(bytes);
  film.write('free', film.indexOf('meta'));
  return film;
}

test('of an animation without a picture that stands still the first one is taken', async () => {
  const film = filmOf(animation);
  expect(await inspect(film)).toMatchObject({ width: 20, height: 10, content_type: 'image/avif' });
  const bare = await bareAvif(film);
  expect(bare).toMatchObject({ animated: true });
  expect(await pixelsOf(bare.bytes)).toEqual(await pixelsOf((await bareAvif(animation)).bytes));
});

test('the header of the film may stand in its description alone', async () => {
  const film = filmOf(animation);
  // The first sample begins with an empty delimiter and that header; its place and length stand in `stco` and `stsz`.
  const [place, size] = [film.indexOf('stco') + 12, film.indexOf('stsz') + 16];
  const start = film.readUInt32BE(place);
  const header = film.subarray(start + 2, start + 2 + 2 + (film[start + 3] ?? 0));
  const short = Buffer.from(film);
  short.writeUInt32BE(start + 2 + header.length, place);
  short.writeUInt32BE(film.readUInt32BE(size) - 2 - header.length, size);
  await expect(inspect(short)).rejects.toThrow('damaged or cut off');
  const config = short.lastIndexOf('av1C');
  const grown = Buffer.concat([short.subarray(0, config + 8), header, short.subarray(config + 8)]);
  for (const type of ['moov', 'trak', 'mdia', 'minf', 'stbl', 'stsd', 'av01', 'av1C']) {
    const at = grown.lastIndexOf(type, config + 4) - 4;
    grown.writeUInt32BE(grown.readUInt32BE(at) + header.length, at);
  }
  grown.writeUInt32BE(start + 2 + 2 * header.length, place + header.length);
  expect(await pixelsOf((await bareAvif(grown)).bytes)).toEqual(
    await pixelsOf((await bareAvif(animation)).bytes),
  );
});

test('a film that is coded in another way is refused by name', async () => {
  const film = filmOf(animation);
  film.write('avc1', film.lastIndexOf('av01'));
  await expect(inspect(film)).rejects.toThrow('an animation without a picture that stands still');
});

/** The file with these brands instead of its own, the last as often as there is room. */
function branded(bytes: Buffer, ...brands: string[]): Buffer {
  const file = Buffer.from(bytes);
  const places = [8, ...Array.from({ length: file.readUInt32BE(0) / 4 - 4 }, (_, index) => 16 + 4 * index)];
  for (const [index, place] of places.entries()) file.write(brands[index] ?? brands.at(-1) ?? '', place);
  return file;
}

test('an AVIF is one by what is in it where its brands leave it open', async () => {
  const still = await noise().avif({ effort: 0 }).toBuffer();
  for (const brands of [['mif1', 'avif'], ['mif1', 'mif1', 'miaf'], ['miaf'], ['mif1', 'heic', 'avif']])
    expect(await inspect(branded(still, ...brands))).toMatchObject({
      content_type: 'image/avif',
      width: 96,
      height: 64,
    });
  expect(await inspect(branded(animation, 'msf1', 'iso8'))).toMatchObject({ content_type: 'image/avif' });
  const other = Buffer.from(branded(still, 'mif1', 'miaf'));
  for (let at = other.indexOf('av01'); at !== -1; at = other.indexOf('av01')) other.write('hvc1', at);
  await expect(inspect(other)).rejects.toThrow('The HEIC picture is damaged');
});

const one = async (width: number, height: number): Promise<AvifPart> => {
  const { primary, items } = readAvifItems(
    await noise(width, height).avif({ effort: 0 }).toBuffer(),
    () => {},
  );
  const item = items.get(primary);
  if (!item) throw new Error('The encoder wrote no picture.');
  return { item, properties: item.properties, data: await dataOf(item, () => {}) };
};
const measuresOf = (width: number, height: number) => {
  const whole = boxOf('ispe', numberOf(4, 0), numberOf(4, width), numberOf(4, height));
  return { type: 'ispe', whole, content: whole.subarray(8) };
};
const item = { id: 1, isHidden: false, references: [], extents: [], properties: [] };
/** A picture of tiles side by side. */
const gridOf = (tiles: AvifPart[], [width, height]: [number, number]): Promise<Buffer> =>
  writeAvif([
    {
      main: {
        item: { ...item, type: 'grid' },
        properties: [measuresOf(width, height)],
        data: Buffer.concat([
          Buffer.from([0, 0, 0, tiles.length - 1]),
          numberOf(2, width),
          numberOf(2, height),
        ]),
      },
      tiles,
    },
  ]);

test('a picture of tiles is taken', async () => {
  const tile = await one(64, 64);
  const grid = await gridOf([tile, tile], [128, 64]);
  expect(await inspect(grid)).toMatchObject({ width: 128, height: 64 });
  const bare = await bareAvif(grid);
  expect(await pixelsOf(bare.bytes)).toEqual(await pixelsOf(grid));
  const opened = await openUpright(bare, { maxPixels: 10_000, target: { width: 128, height: 64 } });
  expect(opened.animated).toBe(false);
});

/** The picture with its frame so many times, and whatever is to stand between. */
async function framesOf(times: number, between = Buffer.alloc(0)): Promise<Buffer> {
  const part = await one(600, 400);
  const frame = part.data.subarray(2 + 2 + part.data.readUInt8(3));
  const more = Array.from({ length: times - 1 }, () => [between, frame]).flat();
  return await writeAvif([{ main: { ...part, data: Buffer.concat([part.data, ...more]) }, tiles: [] }]);
}

const usual = await noise().avif({ effort: 0 }).toBuffer();
const metaAt = usual.readUInt32BE(0);
const meta = usual.subarray(metaAt, metaAt + usual.readUInt32BE(metaAt));
const behind = usual.subarray(metaAt + meta.length);
const withMeta = (changed: Buffer) => Buffer.concat([usual.subarray(0, metaAt), changed, behind]);
/** A change of the box of that type, whose bytes begin with its size. */
const changed = (type: string, change: (box: Buffer) => void): Buffer => {
  const bytes = Buffer.from(usual);
  const at = bytes.indexOf(type) - 4;
  change(bytes.subarray(at, at + bytes.readUInt32BE(at)));
  return bytes;
};

test.each<[string, () => Buffer | Promise<Buffer>]>([
  ['of five frames', () => framesOf(5)],
  [
    'of ten thousand frames that are shown again',
    () => framesOf(2, Buffer.alloc(30_000, Buffer.from([0x1a, 0x01, 0x80]))),
  ],
  ['of a million units of nothing', () => framesOf(2, Buffer.alloc(2_000_000, Buffer.from([0x7a, 0])))],
  [
    'whose measures change from frame to frame',
    () => framesOf(2, Buffer.from('0a0a3c2effffffda404341a4', 'hex')),
  ],
  [
    'of tiles that are far larger than it',
    async () => gridOf(Array<AvifPart>(9).fill(await one(300, 300)), [9, 9]),
  ],
  ['of a million boxes', () => Buffer.concat([usual, Buffer.alloc(8_000_000, boxOf('free'))])],
  ['with two lists of items', () => withMeta(Buffer.concat([meta, meta]))],
  ['with a list of items of the short form', () => withMeta(Buffer.concat([boxOf('mini'), meta]))],
  ['without items', () => withMeta(boxOf('free'))],
  [
    'with boxes in boxes without end',
    () =>
      withMeta(
        Array.from({ length: 3_000 }).reduce<Buffer>(
          (inner) => boxOf('meta', numberOf(4, 0), inner),
          Buffer.alloc(0),
        ),
      ),
  ],
  ['of a million pieces', () => changed('iloc', (box) => box.writeUInt16BE(0xffff, 12 + 4 + 4 + 4))],
  [
    'whose data lie behind its end',
    () => changed('iloc', (box) => box.writeUInt32BE(usual.length, 12 + 4 + 4)),
  ],
  ['whose places are numbers of seven bytes', () => changed('iloc', (box) => box.writeUInt8(0x77, 12))],
  ['without measures', () => changed('ispe', (box) => box.write('free', 4))],
])('an AVIF %s is refused before it is decoded', async (_, make) => {
  const bytes = await make();
  await expect(bareAvif(bytes)).rejects.toThrow('damaged or cut off');
});

test('pieces that overlap are put together no longer than the file is', async () => {
  const pieces = Array.from({ length: 32 }, () => [numberOf(4, 0), numberOf(4, usual.length)]).flat();
  const iloc = [numberOf(4, 0), numberOf(2, 0x4400), numberOf(2, 1), numberOf(2, 1), numberOf(2, 0)];
  const places = boxOf('iloc', ...iloc, numberOf(2, 32), ...pieces);
  const others = [...boxesOf(meta.subarray(8), 4, () => {})].filter(({ type }) => type !== 'iloc');
  const file = withMeta(boxOf('meta', numberOf(4, 0), places, ...others.map(({ whole }) => whole)));
  const made = vi.spyOn(Buffer, 'allocUnsafe');
  onTestFinished(() => made.mockRestore());
  await expect(bareAvif(file)).rejects.toThrow('damaged or cut off');
  expect(Math.max(0, ...made.mock.calls.map(([size]) => size))).toBeLessThanOrEqual(file.length);
});

test('what is coded in another way is refused by its name', async () => {
  const other = changed('infe', (box) => box.write('hvc1', 16));
  await expect(inspect(other)).rejects.toThrow('coded as HEVC (H.265), which is not read here');
});

test('any change of an AVIF is walked through or refused', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(usual, animation, filmOf(animation)),
      fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 4 }),
      fc.nat({ max: 300 }),
      async (original, changes, cut) => {
        const bytes = Buffer.from(original.subarray(0, original.length - cut));
        // Nearly all of it that is looked at stands at the beginning.
        for (const [at, value] of changes) bytes[at % Math.min(700, bytes.length)] = value;
        await bareAvif(bytes).catch((error: unknown) => expect(error).toBeInstanceOf(TaskError));
      },
    ),
    { numRuns: 1_000 },
  );
});
