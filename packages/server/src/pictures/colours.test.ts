import { Buffer } from 'node:buffer';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import type { Sharp } from 'sharp';
import { expect, onTestFinished, test } from 'vitest';
import { dataOf, readAvifItems } from './avif-items.ts';
import { createDecodeGate } from './decoding.ts';
import { createDiskPictureStore } from './disk.ts';
import { pngChunk, webpChunk, webpOf, withSegment } from './hostile.fixture.ts';
import { curves, iccOf, primaries } from './icc.fixture.ts';
import { createInspector } from './inspect.ts';
import { boxOf } from './iso-boxes.ts';
import { createInputPreparer } from './prepare-input.ts';
import { createRenditions } from './renditions.ts';
import { writeAvif } from './write-avif.ts';

const inspect = createInspector({ maxBytes: 1_000_000, maxPixels: 200_000 });
const prepareInput = createInputPreparer({ gate: createDecodeGate() });

/** What an upstream gets: its first pixel, its type, and what is said of it. */
async function sentOf(bytes: Buffer) {
  const details = await inspect(bytes);
  const { picture, warnings } = await prepareInput(
    { ...details, bytes, contentType: details.content_type },
    {},
    { name: 'It', signal: new AbortController().signal },
  );
  const sent = sharp(picture.bytes, { ignoreIcc: true });
  expect((await sent.metadata()).hasProfile).toBe(false);
  const { data, info } = await sent.raw().toBuffer({ resolveWithObject: true });
  const pixel = [...data.subarray(0, info.channels)];
  return {
    pixel: info.channels < 3 ? [pixel[0], pixel[0], pixel[0]] : pixel,
    bytes: picture.bytes,
    contentType: picture.contentType,
    warnings,
  };
}

function expectNear(pixel: readonly (number | undefined)[], wanted: readonly number[], most = 3): void {
  const furthest = Math.max(...wanted.map((value, index) => Math.abs(value - (pixel[index] ?? NaN))));
  expect(furthest, `${pixel.join(',')} instead of ${wanted.join(',')}`).toBeLessThanOrEqual(most);
}

const plain = ([r = 0, g = 0, b = 0]: readonly number[]) =>
  sharp({ create: { width: 16, height: 16, channels: 3, background: { r, g, b } } });
const pngWith = (png: Buffer, ...chunks: Buffer[]) =>
  Buffer.concat([png.subarray(0, 33), ...chunks, png.subarray(33)]);
const packed = (profile: Buffer) =>
  pngChunk('iCCP', Buffer.concat([Buffer.from('x\0\0'), deflateSync(profile)]));

/** An AVIF of that colour whose item has these `colr` boxes. */
async function avifWith(colour: readonly number[], ...boxes: Buffer[]): Promise<Buffer> {
  return await avifOf(plain(colour), 8, boxes);
}

async function avifOf(picture: Sharp, bitdepth: 8 | 10, boxes: readonly Buffer[]): Promise<Buffer> {
  const made = await picture
    .avif({ quality: 100, effort: 0, bitdepth, chromaSubsampling: '4:4:4' })
    .toBuffer();
  const { primary, items } = readAvifItems(made, () => {});
  const item = items.get(primary);
  if (!item) throw new Error('The encoder wrote no picture.');
  const properties = [
    ...item.properties.filter(({ type }) => type !== 'colr'),
    ...boxes.map((whole) => ({ type: 'colr', whole, content: whole.subarray(8) })),
  ];
  return await writeAvif([{ main: { item, properties, data: await dataOf(item, () => {}) }, tiles: [] }]);
}

const makers = {
  png: async (colour: readonly number[], icc: Buffer) =>
    pngWith(await plain(colour).png().toBuffer(), packed(icc)),
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
    pngWith(await grey().png().toBuffer(), packed(icc)),
    pngWith(await deep.png().toBuffer(), packed(icc)),
    withSegment(
      await grey().jpeg().toBuffer(),
      0xe2,
      Buffer.concat([Buffer.from('ICC_PROFILE\0\x01\x01', 'latin1'), icc]),
    ),
  ];
  for (const file of files) expectNear((await sentOf(file)).pixel, [wanted, wanted, wanted], 1);
});

const short = (value: number) => Buffer.from([value >> 8, value & 0xff]);
const numbered = (mixed: number, transfer: number, matrix: number) =>
  boxOf('colr', Buffer.from('nclx'), short(mixed), short(transfer), short(matrix), Buffer.from([0x80]));
const darker = 'It is HDR; its brightest parts were sent darker than they are.';
const guessed = "It has its colours coded in a rare way, which can't be read here; they may have changed.";
const named: [string, number, number, number[], number[], string[]][] = [
  ['sRGB', 1, 13, [180, 120, 60], [180, 120, 60], []],
  ['nothing', 2, 2, [180, 120, 60], [180, 120, 60], []],
  ['Display P3', 12, 13, [220, 60, 40], [239, 35, 17], []],
  ['BT.2020', 9, 14, [180, 120, 60], [210, 110, 42], []],
  ['light as it is', 1, 8, [55, 14, 128], [128, 66, 188], []],
  ['PQ', 9, 16, [100, 100, 100], [107, 107, 107], [darker]],
  ['PQ in colour', 9, 16, [110, 100, 90], [144, 104, 83], [darker]],
  ['PQ as bright as can be', 9, 16, [255, 255, 255], [255, 255, 255], [darker]],
  ['HLG', 9, 18, [128, 128, 128], [137, 137, 137], [darker]],
  ['what nobody knows', 9, 9, [180, 120, 60], [180, 120, 60], [guessed]],
];
test.each(named)(
  'an AVIF that names %s by number goes in its colours',
  async (_, mixed, transfer, colour, wanted, warnings) => {
    const sent = await sentOf(await avifWith(colour, numbered(mixed, transfer, 6)));
    expectNear(sent.pixel, wanted, 4);
    expect(sent.warnings).toEqual(warnings);
  },
);

test.each(named)(
  'a PNG that names %s by number goes in its colours',
  async (_, mixed, transfer, colour, wanted, warnings) => {
    const chunks = [pngChunk('cICP', Buffer.from([mixed, transfer, 0, 1]))];
    const sent = await sentOf(pngWith(await plain(colour).png().toBuffer(), ...chunks));
    expectNear(sent.pixel, wanted);
    expect([sent.warnings, sent.contentType]).toEqual([warnings, 'image/png']);
  },
);

test('an AVIF whose numbers can not be read as colours is guessed at, or refused by name', async () => {
  expect((await sentOf(await avifWith([9, 9, 9], numbered(9, 16, 10)))).warnings).toEqual([guessed]);
  await expect(inspect(await avifWith([9, 9, 9], numbered(9, 16, 14)))).rejects.toThrow(
    /ICtCp.*Send it as PNG/,
  );
});

test('colours of more than 8 bits are converted too', async () => {
  for (const [mixed, transfer, colour, wanted] of [
    [12, 13, [220, 60, 40], [239, 35, 17]],
    [9, 16, [110, 100, 90], [144, 104, 83]],
  ] as const) {
    expectNear(
      (await sentOf(await avifOf(plain(colour), 10, [numbered(mixed, transfer, 6)]))).pixel,
      wanted,
      4,
    );
    const png = await plain(colour).toColourspace('rgb16').png().toBuffer();
    expectNear(
      (await sentOf(pngWith(png, pngChunk('cICP', Buffer.from([mixed, transfer, 0, 1]))))).pixel,
      wanted,
    );
  }
});

test('a profile counts more than the numbers of an AVIF, and less than those of a PNG', async () => {
  const icc = iccOf('x', curves.srgb, { mixed: primaries.srgb });
  const both = await avifWith([180, 120, 60], numbered(9, 16, 6), boxOf('colr', Buffer.from('prof'), icc));
  expectNear((await sentOf(both)).pixel, [180, 120, 60]);
  const png = pngWith(
    await plain([220, 60, 40]).png().toBuffer(),
    packed(icc),
    pngChunk('cICP', Buffer.from([12, 13, 0, 1])),
  );
  expectNear((await sentOf(png)).pixel, [239, 35, 17]);
});

test('an AVIF whose data alone name the colours goes in them', async () => {
  const made = await avifWith([220, 60, 40]);
  const { primary, items } = readAvifItems(made, () => {});
  const item = items.get(primary);
  if (!item) throw new Error('The encoder wrote no picture.');
  const data = Buffer.from(await dataOf(item, () => {}));
  // Primaries, transfer and matrix, as the encoder writes them: they stand side by side, but not at the beginning of a byte.
  const bits = [...data.subarray(0, 20)].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  const byte = (value: number) => value.toString(2).padStart(8, '0');
  const from = bits.indexOf(byte(1) + byte(13) + byte(6));
  expect(from).toBeGreaterThan(0);
  const changed = bits.slice(0, from) + byte(12) + bits.slice(from + 8);
  for (const [index, eight] of (changed.match(/.{8}/g) ?? []).entries())
    data[index] = Number.parseInt(eight, 2);
  const file = await writeAvif([{ main: { item, properties: item.properties, data }, tiles: [] }]);
  expectNear((await sentOf(file)).pixel, [239, 35, 17], 4);
});

const number = (value: number) =>
  Buffer.from([0, 0, 0, 0].map((_, index) => (value >> (24 - 8 * index)) & 0xff));
const chromaticities = (...pairs: number[]) =>
  pngChunk('cHRM', Buffer.concat(pairs.map((each) => number(each * 100_000))));
const wide = chromaticities(0.3127, 0.329, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06);
const usual = chromaticities(0.3127, 0.329, 0.64, 0.33, 0.3, 0.6, 0.15, 0.06);
const gamma = (value: number) => pngChunk('gAMA', number(value));
test.each<[string, Buffer[], number[], number[]]>([
  ['the primaries of P3', [wide], [220, 60, 40], [239, 35, 17]],
  ['the primaries of P3 and an exponent', [gamma(45_455), wide], [220, 60, 40], [239, 35, 17]],
  ['an exponent of 1', [gamma(100_000)], [55, 14, 128], [128, 66, 188]],
  ['an exponent of 1/1.8', [gamma(55_556), usual], [200, 100, 50], [210, 119, 65]],
  ['the exponent and primaries of sRGB', [gamma(45_455), usual], [220, 60, 40], [220, 60, 40]],
  [
    'sRGB, whatever else it says',
    [pngChunk('sRGB', Buffer.from([0])), gamma(100_000), wide],
    [220, 60, 40],
    [220, 60, 40],
  ],
  [
    'primaries that are all the same',
    [chromaticities(0.3, 0.3, 0.3, 0.3, 0.3, 0.3, 0.3, 0.3)],
    [220, 60, 40],
    [220, 60, 40],
  ],
  ['an exponent of 0', [gamma(0)], [220, 60, 40], [220, 60, 40]],
  [
    'less than all of its numbers',
    [
      pngChunk('sRGB'),
      pngChunk('gAMA', Buffer.alloc(3)),
      pngChunk('cHRM', Buffer.alloc(7)),
      pngChunk('cICP', Buffer.from([9, 16])),
    ],
    [220, 60, 40],
    [220, 60, 40],
  ],
])('a PNG that says %s goes in its colours, and says it no more', async (_, chunks, colour, wanted) => {
  const { pixel, bytes } = await sentOf(pngWith(await plain(colour).png().toBuffer(), ...chunks));
  expectNear(pixel, wanted);
  const text = Buffer.from(bytes).toString('latin1');
  expect(['sRGB', 'gAMA', 'cHRM', 'cICP', 'iCCP'].filter((type) => text.includes(type))).toEqual([]);
});

test('black and white of a PNG for television are black and white', async () => {
  const chunk = pngChunk('cICP', Buffer.from([1, 13, 0, 0]));
  for (const [value, wanted] of [
    [16, 0],
    [235, 255],
    [126, 128],
  ] as const)
    expectNear(
      (await sentOf(pngWith(await plain([value, value, value]).png().toBuffer(), chunk))).pixel,
      [wanted, wanted, wanted],
      1,
    );
});
