import { Buffer } from 'node:buffer';
import { expect, test } from 'vitest';
import { dataOf, readAvifItems } from '../formats/avif-items.ts';
import { pngChunk } from '../hostile.fixture.ts';
import { curves, iccOf, primaries } from './icc.fixture.ts';
import { boxOf } from '../formats/iso-boxes.ts';
import {
  avifOf,
  avifWith,
  expectNear,
  inspect,
  packedProfile,
  plain,
  pngWith,
  sentOf,
} from '../one-colour.fixture.ts';
import { writeAvif } from '../formats/write-avif.ts';

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
    packedProfile(icc),
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
