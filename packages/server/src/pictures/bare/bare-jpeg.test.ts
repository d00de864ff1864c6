import { Buffer } from 'node:buffer';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { exifOfColours, jpegSegment, withSegment } from '../hostile.fixture.ts';
import { curves, iccOf, primaries } from '../colours/icc.fixture.ts';
import { expectNear, sentOf } from '../one-colour.fixture.ts';

const colour = [240, 90, 20];
/** Brightness and two differences of rgb(240,90,20), as a JPEG codes it. */
const coded = [127, 68, 208];
/** Without any marker that says what the numbers are. */
const jpeg = await sharp({ create: { width: 16, height: 16, channels: 3, background: 'rgb(240,90,20)' } })
  .jpeg({ quality: 100, chromaSubsampling: '4:4:4' })
  .toBuffer();
const adobe = (transform: number, behind = '') =>
  Buffer.from(`Adobe\0\x64\0\0\0\0${String.fromCodePoint(transform)}${behind}`, 'latin1');
/** Photoshop writes so much more. */
const behind = 'x'.repeat(19);

test.each<[string, number, Buffer, readonly number[]]>([
  ['an Adobe marker that says RGB', 0xee, adobe(0), coded],
  ['a longer Adobe marker that says RGB', 0xee, adobe(0, behind), coded],
  ['a longer Adobe marker that says YCbCr', 0xee, adobe(1, behind), colour],
  ['an Adobe marker too short for one', 0xee, adobe(0).subarray(0, 11), colour],
  ['a JFIF marker', 0xe0, Buffer.from('JFIF\0\x01\x01\0\0\x01\0\x01\0\0'), colour],
  ['a thumbnail in its JFIF marker', 0xe0, Buffer.from('JFIF\0\x01\x01\0\0\x01\0\x01\x01\x01abc'), colour],
])('a JPEG with %s goes in its colours', async (_, marker, payload, wanted) => {
  const { pixel, contentType } = await sentOf(withSegment(jpeg, marker, payload));
  expectNear(pixel, wanted, 2);
  expect(contentType).toBe('image/jpeg');
});

test('a JFIF marker too short for one does not make of red, green and blue something else', async () => {
  const named = Buffer.from(jpeg);
  const [frame, scan] = [named.indexOf(Buffer.from([0xff, 0xc0])), named.indexOf(Buffer.from([0xff, 0xda]))];
  for (const [index, name] of ['R', 'G', 'B'].entries()) {
    named.write(name, frame + 10 + 3 * index);
    named.write(name, scan + 5 + 2 * index);
  }
  for (const bytes of [named, withSegment(named, 0xe0, Buffer.from('JFIF\0\x01\x01'))])
    expectNear((await sentOf(bytes)).pixel, coded, 2);
});

test('a JPEG in YCCK goes in its colours, however much Photoshop says in its marker', async () => {
  const cmyk = await sharp(jpeg).toColourspace('cmyk').jpeg({ quality: 100 }).toBuffer();
  const at = cmyk.indexOf(jpegSegment(0xee, adobe(0)));
  const bare = Buffer.concat([cmyk.subarray(0, at), cmyk.subarray(at + 16)]);
  const pixels = [];
  for (const payload of [adobe(2), adobe(2, behind), adobe(0)])
    pixels.push((await sentOf(withSegment(bare, 0xee, payload))).pixel);
  expect(pixels[1]).toEqual(pixels[0]);
  expect(pixels[2]).not.toEqual(pixels[0]);
});

test.each<[string, number, string, boolean]>([
  ['uncalibrated and R03', 65_535, 'R03', true],
  ['Adobe RGB as no standard has it', 2, 'R98', true],
  ['uncalibrated', 65_535, 'R98', false],
  ['sRGB', 1, 'R03', false],
])('a JPEG whose EXIF data say %s goes in its colours', async (_, space, mark, isAdobe) => {
  for (const order of ['II', 'MM'] as const) {
    const { pixel } = await sentOf(withSegment(jpeg, 0xe1, exifOfColours(space, mark, order)));
    // By lcms 2.16, from AdobeRGB1998.icc to sRGB.
    expectNear(pixel, isAdobe ? [255, 89, 1] : colour, 4);
  }
});

test('a profile counts more than EXIF data', async () => {
  const srgb = iccOf('sRGB', curves.srgb, { mixed: primaries.srgb });
  const profile = Buffer.concat([Buffer.from('ICC_PROFILE\0\x01\x01'), srgb]);
  const both = withSegment(withSegment(jpeg, 0xe1, exifOfColours(65_535, 'R03', 'II')), 0xe2, profile);
  expectNear((await sentOf(both)).pixel, colour, 2);
});

test('a JPEG of another depth or a rare coding is refused by name', async () => {
  const frame = jpeg.indexOf(Buffer.from([0xff, 0xc0]));
  const deep = Buffer.from(jpeg);
  deep.writeUInt8(12, frame + 4);
  await expect(sentOf(deep)).rejects.toThrow(
    'The JPEG picture is coded with 12 bits, which is not read here',
  );
  for (const marker of [0xc5, 0xcb, 0xf7]) {
    const rare = Buffer.from(jpeg);
    rare.writeUInt8(marker, frame + 1);
    await expect(sentOf(rare)).rejects.toThrow('coded in a rare way, which is not read here');
  }
});
