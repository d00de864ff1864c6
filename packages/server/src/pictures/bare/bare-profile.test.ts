import { Buffer } from 'node:buffer';
import { deflateSync, inflateSync } from 'node:zlib';
import * as fc from 'fast-check';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { barePicture } from './bare-picture.ts';
import { bareProfile } from './bare-profile.ts';
import { jpegSegment, pngChunk, webpChunk, webpOf } from '../hostile.fixture.ts';
import type { PictureType } from '../formats/picture-type.ts';

const latin1 = (text: string) => Buffer.from(text, 'latin1');
function uint32(...values: number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [index, value] of values.entries()) bytes.writeUInt32BE(value, 4 * index);
  return bytes;
}

/** A profile of these tags, one behind the other; a tag without content lies where the one before it does. */
function profileOf(tags: [name: string, content?: Buffer | undefined][]): Buffer {
  let at = 132 + 12 * tags.length;
  let last = [0, 0];
  const entries = tags.map(([name, content]) => {
    if (content) {
      last = [at, content.length];
      at += content.length;
    }
    return Buffer.concat([latin1(name), uint32(...last)]);
  });
  const head = Buffer.alloc(128);
  head.write('acsp', 36);
  return Buffer.concat([
    head,
    uint32(tags.length),
    ...entries,
    ...tags.flatMap(([, content]) => content ?? []),
  ]);
}

const curve = Buffer.concat([latin1('curv'), uint32(0, 0)]);
const primary = Buffer.concat([latin1('XYZ '), uint32(0, 1, 2, 3)]);
const name = Buffer.concat([latin1('desc'), uint32(0, 5), latin1('Wide\0\0\0\0')]);
/** As many steps as are named, all of which lie at the same place. */
const steps = (count: number) =>
  Buffer.concat([latin1('mpet'), uint32(0, 0x00030003, count), Buffer.alloc(8 * count)]);

test('primaries and curves are kept, also those that share a place, and steps without end are not', () => {
  const [plain, more]: Parameters<typeof profileOf>[0][] = [
    [['desc', name], ['rXYZ', primary], ['rTRC', curve], ['gTRC']],
    [['D2B0', steps(1_000)], ['D2B1'], ['A2B0', steps(1_000)], ['priv', Buffer.alloc(1_000)]],
  ];
  const expected = profileOf(plain ?? []);
  const bare = bareProfile(profileOf([...(plain ?? []), ...(more ?? [])]));
  expect(bare?.subarray(128)).toEqual(expected.subarray(128));
  expect(bare?.readUInt32BE(0)).toBe(expected.length);
});

test('a profile whose table of tags is cut off goes', () => {
  const head = Buffer.alloc(128);
  head.write('acsp', 36);
  expect(bareProfile(Buffer.concat([head, uint32(90), latin1('desc'), uint32(0, 20)]))).toBeUndefined();
});

test('a profile that says nothing new, is none, or would grow, goes', () => {
  const nested = Array.from({ length: 90 }, (_, index): [string, Buffer?] => [index === 0 ? 'A2B0' : 'A2B1']);
  const overlapping = profileOf([
    ['desc', name],
    ['A2B0', Buffer.concat([latin1('mft2'), Buffer.alloc(90_000)])],
    ...nested,
  ]);
  // Each begins four bytes behind the one before, and goes on to the end.
  for (let index = 0; index < 90; index += 1) {
    const at = 132 + 12 * (2 + index);
    overlapping.write('mft2', overlapping.length - 90_000 + index * 4, 'latin1');
    overlapping.writeUInt32BE(overlapping.length - 90_000 + index * 4, at + 4);
    overlapping.writeUInt32BE(90_000 - index * 4, at + 8);
  }
  for (const profile of [
    Buffer.alloc(0),
    Buffer.alloc(500),
    Buffer.alloc(5_000_000, profileOf([['desc', name]])),
    profileOf([['desc', Buffer.concat([latin1('desc'), uint32(0, 5), latin1('sRGB\0')])]]),
    overlapping,
  ])
    expect(bareProfile(profile)).toBeUndefined();
});

const plain = sharp({ create: { width: 8, height: 8, channels: 3, background: '#c83' } });
const wide = profileOf([
  ['desc', name],
  ['rXYZ', primary],
  ['D2B0', steps(1_000)],
]);
test.each<[PictureType, (profile: Buffer) => Promise<Buffer>]>([
  [
    'jpeg',
    async (profile) => {
      const jpeg = await plain.jpeg().toBuffer();
      const segment = jpegSegment(0xe2, Buffer.concat([latin1('ICC_PROFILE\0\x01\x01'), profile]));
      return Buffer.concat([jpeg.subarray(0, 2), segment, jpeg.subarray(2)]);
    },
  ],
  [
    'png',
    async (profile) => {
      const png = await plain.png().toBuffer();
      const chunk = pngChunk('iCCP', Buffer.concat([latin1('x\0\0'), deflateSync(profile)]));
      return Buffer.concat([png.subarray(0, 33), chunk, png.subarray(33)]);
    },
  ],
  [
    'webp',
    async (profile) => {
      const head = webpChunk('VP8X', Buffer.from([0x20, 0, 0, 0, 7, 0, 0, 7, 0, 0]));
      // Two of them: a decoder may take either.
      const chunks = [webpChunk('ICCP', profile), webpChunk('ICCP', profile)];
      return webpOf([head, ...chunks, (await plain.webp().toBuffer()).subarray(12)]);
    },
  ],
])('what can not be computed in a moment stays in no %s', async (type, make) => {
  const { bytes, recode } = await barePicture(await make(wide), type);
  expect(recode).toBe(true);
  const file = Buffer.from(bytes);
  const packed = file.indexOf('iCCP');
  // The decoder of PNG takes no profile without measures, so it is read by hand.
  const icc =
    packed === -1
      ? (await sharp(file).metadata()).icc
      : inflateSync(file.subarray(packed + 4 + 'icc\0\0'.length));
  expect(icc).toEqual(bareProfile(wide));
  expect(file.toString('latin1')).not.toContain('mpet');
});

test.each(['p3', 'cmyk'])('the colours of %s are the same to the bit with what is kept', async (space) => {
  const pixels = Buffer.from(
    Array.from(
      { length: 3 * 27 },
      (_, index) => [0, 127, 255][Math.floor(index / 3 ** (2 + (index % 3))) % 3] ?? 0,
    ),
  );
  const image = sharp(pixels, { raw: { width: 9, height: 3, channels: 3 } });
  const made = await (space === 'cmyk' ? image.toColourspace('cmyk') : image)
    .withIccProfile(space)
    .jpeg()
    .toBuffer();
  const { bytes } = await barePicture(made, 'jpeg');
  const { icc = Buffer.alloc(0) } = await sharp(bytes).metadata();
  expect(icc.length).toBeGreaterThan(200);
  expect(await sharp(bytes).raw().toBuffer()).toEqual(await sharp(made).raw().toBuffer());
});

test('any bytes are read or dropped, and never grow', () => {
  const tag = fc.tuple(
    fc.constantFrom('desc', 'rXYZ', 'A2B0', 'D2B0', 'xxxx'),
    fc.option(fc.constantFrom(curve, primary, name, steps(3)), { nil: undefined }),
  );
  fc.assert(
    fc.property(
      fc.array(tag, { maxLength: 8 }),
      fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 6 }),
      (tags, changes) => {
        const profile = profileOf(tags);
        for (const [at, value] of changes) profile[at % profile.length] = value;
        expect(bareProfile(profile)?.length ?? 0).toBeLessThanOrEqual(profile.length + 4 * tags.length);
      },
    ),
  );
});
