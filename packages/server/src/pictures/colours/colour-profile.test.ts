import { Buffer } from 'node:buffer';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import sharp from 'sharp';
import { expect, onTestFinished, test } from 'vitest';
import { createDecodeGate } from '../decoding.ts';
import { createDiskPictureStore } from '../stores/disk.ts';
import { pngChunk, webpChunk, webpOf, withSegment } from '../hostile.fixture.ts';
import { curves, iccOf, primaries } from './icc.fixture.ts';
import { boxOf } from '../formats/iso-boxes.ts';
import {
  avifWith,
  expectNear,
  inspect,
  packedProfile,
  plain,
  pngWith,
  sentOf,
} from '../one-colour.fixture.ts';
import { createRenditions } from '../renditions.ts';

const makers = {
  png: async (colour: readonly number[], icc: Buffer) =>
    pngWith(await plain(colour).png().toBuffer(), packedProfile(icc)),
  jpeg: async (colour: readonly number[], icc: Buffer) =>
    withSegment(
      await plain(colour).jpeg({ quality: 100, chromaSubsampling: '4:4:4' }).toBuffer(),
      0xe2,
      Buffer.concat([Buffer.from('ICC_PROFILE\0\x01\x01', 'latin1'), icc]),
    ),
  webp: async (colour: readonly number[], icc: Buffer) =>
    webpOf([
      webpChunk('VP8X', Buffer.from([0x20, 0, 0, 0, 15, 0, 0, 15, 0, 0])),
      webpChunk('ICCP', icc),
      (await plain(colour).webp({ lossless: true }).toBuffer()).subarray(12),
    ]),
  avif: (colour: readonly number[], icc: Buffer) => avifWith(colour, boxOf('colr', Buffer.from('prof'), icc)),
};
/** As it was, where that is taken upstream and what was lossy was so before. */
const sentTypes = { png: 'image/png', jpeg: 'image/jpeg', webp: 'image/png', avif: 'image/jpeg' };
const types = ['png', 'jpeg', 'webp', 'avif'] as const;

const android = 'Display P3 Gamut with sRGB Transfer';
const profiles: [string, Buffer, number[], number[]][] = [
  [
    'that name, P3 and an exponent',
    iccOf(android, curves.gamma22, { mixed: primaries.p3 }),
    [220, 60, 40],
    [241, 30, 4],
  ],
  [
    'that name and P3',
    iccOf(android, curves.srgb, { mixed: primaries.p3, version: 4 }),
    [220, 60, 40],
    [239, 35, 17],
  ],
  [
    'the name of sRGB, and P3',
    iccOf('sRGB IEC61966-2.1', curves.srgbTable, { mixed: primaries.p3 }),
    [220, 60, 40],
    [239, 35, 17],
  ],
  [
    'the name of sRGB, and light as it is',
    iccOf('sRGB', curves.linear, { mixed: primaries.srgb }),
    [55, 14, 128],
    [128, 66, 188],
  ],
  [
    'a tiny name of sRGB, and P3',
    iccOf('c2', curves.srgb, { mixed: primaries.p3 }),
    [220, 60, 40],
    [239, 35, 17],
  ],
  [
    'Adobe RGB',
    iccOf('Adobe RGB (1998)', curves.gamma22, { mixed: primaries.adobe }),
    [180, 120, 60],
    [199, 121, 53],
  ],
  [
    'Adobe RGB in a formula',
    iccOf('x', curves.gamma22Formula, { mixed: primaries.adobe, version: 4 }),
    [180, 120, 60],
    [199, 121, 53],
  ],
  [
    'sRGB in a table',
    iccOf('x', curves.srgbTable, { mixed: primaries.srgb }),
    [180, 120, 60],
    [180, 120, 60],
  ],
  [
    'sRGB in a formula',
    iccOf('x', curves.srgb, { mixed: primaries.srgb, version: 4 }),
    [180, 120, 60],
    [180, 120, 60],
  ],
  [
    'light as it is, in a formula',
    iccOf('x', curves.linearFormula, { mixed: primaries.srgb, version: 4 }),
    [55, 14, 128],
    [128, 66, 188],
  ],
];
test.each(profiles)(
  'a picture whose profile has %s goes in its colours, in every type',
  async (_, icc, colour, wanted) => {
    const isSrgb = String(colour) === String(wanted);
    for (const type of types) {
      const { pixel, contentType, warnings } = await sentOf(await makers[type](colour, icc));
      expectNear(pixel, wanted, 4);
      // One whose colours are those of sRGB is not even encoded anew.
      expect(contentType).toBe(type === 'webp' && isSrgb ? 'image/webp' : sentTypes[type]);
      expect(warnings).toEqual([]);
    }
  },
);

test('the pieces of a profile count in their order, wherever they stand', async () => {
  const icc = iccOf(android, curves.srgbTable, { mixed: primaries.p3 });
  const pieces = [icc.subarray(0, 500), icc.subarray(500)].map((piece, index) =>
    Buffer.concat([Buffer.from(`ICC_PROFILE\0${String.fromCodePoint(index + 1)}\x02`, 'latin1'), piece]),
  );
  const jpeg = await plain([220, 60, 40]).jpeg({ quality: 100, chromaSubsampling: '4:4:4' }).toBuffer();
  for (const order of [pieces, pieces.toReversed()]) {
    const file = order.reduce<Buffer>((bytes, piece) => withSegment(bytes, 0xe2, piece), jpeg);
    expectNear((await sentOf(file)).pixel, [239, 35, 17], 4);
  }
});

test('a rendition shows the colours of its picture', async () => {
  const root = await mkdtemp(path.join(tmpdir(), 'plantain-colours-'));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  const store = createDiskPictureStore({ directory: root });
  const render = createRenditions({ store, gate: createDecodeGate() });
  const icc = iccOf(android, curves.gamma22, { mixed: primaries.p3 });
  const files = [
    await makers.png([220, 60, 40], icc),
    pngWith(await plain([220, 60, 40]).png().toBuffer(), pngChunk('cICP', Buffer.from([12, 4, 0, 1]))),
  ];
  for (const [index, bytes] of files.entries()) {
    const key = `results/aa/${index}.png`;
    await store.put(key, bytes);
    const source = { ...(await inspect(bytes)), key };
    const { key: made } = await render(source, { width: 8, height: 8, format: 'png' });
    const pixels = await sharp(await buffer(store.read(made)))
      .raw()
      .toBuffer();
    expectNear([...pixels.subarray(0, 3)], [241, 30, 4]);
  }
});

test.each(['png', 'jpeg', 'webp'] as const)(
  'a %s goes without a profile of sRGB, and with the pixels that it had',
  async (type) => {
    for (const curve of [curves.srgb, curves.srgbTable]) {
      const { bytes, contentType } = await sentOf(
        await makers[type]([180, 120, 60], iccOf('x', curve, { mixed: primaries.srgb })),
      );
      expect(contentType).toBe(`image/${type}`);
      expect(await sharp(bytes).raw().toBuffer()).toEqual(
        await sharp(await makers[type]([180, 120, 60], Buffer.alloc(0)))
          .raw()
          .toBuffer(),
      );
    }
  },
);

const greys: [string, Buffer, number][] = [
  ['light as it is', iccOf('Linear', curves.linear), 188],
  ['an exponent', iccOf('Gray Gamma 2.2', curves.gamma22Formula, { version: 4 }), 129],
  ['the curve of sRGB', iccOf('sGray', curves.srgb), 128],
];
test.each(greys)('a grey picture whose profile has %s goes in its shades', async (_, icc, wanted) => {
  const grey = () => plain([128, 128, 128]).toColourspace('b-w');
  const deep = plain([128, 128, 128]).toColourspace('grey16');
  const files = [
    pngWith(await grey().png().toBuffer(), packedProfile(icc)),
    pngWith(await deep.png().toBuffer(), packedProfile(icc)),
    withSegment(
      await grey().jpeg().toBuffer(),
      0xe2,
      Buffer.concat([Buffer.from('ICC_PROFILE\0\x01\x01', 'latin1'), icc]),
    ),
  ];
  for (const file of files) expectNear((await sentOf(file)).pixel, [wanted, wanted, wanted], 1);
});
