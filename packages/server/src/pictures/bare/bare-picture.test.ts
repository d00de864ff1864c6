import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import type { Sharp } from 'sharp';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { TaskError } from '../../core/errors.ts';
import { barePicture } from './bare-picture.ts';
import { colourProfileKind } from '../colours/colour-profile.ts';
import { exifOrientation } from '../formats/exif-orientation.ts';
import { exifOf, gifOf, jpegSegment, pngChunk, webpChunk, webpOf } from '../hostile.fixture.ts';
import type { PictureType } from '../formats/picture-type.ts';

const noise = (): Sharp =>
  sharp(createHash('shake256', { outputLength: 90 * 50 * 3 }).digest(), {
    raw: { width: 90, height: 50, channels: 3 },
  });
const secret = 'Where I live: 52.5 N';

const clean: [string, PictureType, Buffer][] = [
  ['JPEG', 'jpeg', await noise().jpeg().toBuffer()],
  ['progressive JPEG', 'jpeg', await noise().jpeg({ progressive: true }).toBuffer()],
  ['grey JPEG', 'jpeg', await noise().greyscale().jpeg().toBuffer()],
  ['PNG', 'png', withoutDensity(await noise().png().toBuffer())],
  ['PNG with palette', 'png', withoutDensity(await noise().png({ palette: true }).toBuffer())],
  ['WebP', 'webp', await noise().webp().toBuffer()],
  ['lossless WebP', 'webp', await noise().webp({ lossless: true }).toBuffer()],
];

/** The encoder always writes how many pixels there are to a metre. */
function withoutDensity(png: Buffer): Buffer {
  const at = png.indexOf('pHYs') - 4;
  return Buffer.concat([png.subarray(0, at), png.subarray(at + 21)]);
}

test.each(clean)('a %s with nothing to take out is the very same object', async (_, type, bytes) => {
  expect(await barePicture(bytes, type)).toMatchObject({ orientation: 1, animated: false, recode: false });
  expect((await barePicture(bytes, type)).bytes).toBe(bytes);
});

/** Adds as cameras, editors and pranksters do, right behind the beginning and right behind the end. */
function dirty(type: PictureType, bytes: Buffer): Buffer {
  const zip = Buffer.from(`PK\x03\x04${secret}`);
  const exif = Buffer.concat([exifOf(6), Buffer.from(secret)]);
  if (type === 'jpeg') {
    const segments: [number, string | Buffer][] = [
      [0xe1, Buffer.concat([Buffer.from('Exif\0\0'), exif])],
      [0xe1, `http://ns.adobe.com/xap/1.0/\0${secret}`],
      [0xed, `Photoshop 3.0\0${secret}`],
      [0xfe, secret],
      [0xe0, `JFXX\0${secret}`],
      [0xe2, `MPF\0${secret}`],
      [0xeb, `JP\0\x01${secret}`],
      [0xe2, `ICC_PROFILE\0\x01\x01${secret}`],
    ];
    const added = segments.map(([marker, payload]) => jpegSegment(marker, Buffer.from(payload)));
    return Buffer.concat([bytes.subarray(0, 2), ...added, bytes.subarray(2), zip]);
  }
  if (type === 'png') {
    const packed = deflateSync(secret);
    const chunks = [
      pngChunk('eXIf', exif),
      pngChunk('tEXt', Buffer.from(`Comment\0${secret}`)),
      pngChunk('zTXt', Buffer.concat([Buffer.from('Comment\0\0'), packed])),
      pngChunk('iTXt', Buffer.from(`XML:com.adobe.xmp\0\0\0\0\0${secret}`)),
      pngChunk('tIME', Buffer.alloc(7)),
      pngChunk('caBX', Buffer.from(secret)),
      pngChunk('gAMA', Buffer.from(secret)),
      pngChunk('iCCP', Buffer.concat([Buffer.from(`${secret}\0\0`), packed])),
    ];
    return Buffer.concat([bytes.subarray(0, 33), ...chunks, bytes.subarray(33), zip]);
  }
  const extended = webpChunk('VP8X', Buffer.from([0x2c, 0, 0, 0, 89, 0, 0, 49, 0, 0]));
  const [profile, xmp] = [webpChunk('ICCP', Buffer.from(secret)), webpChunk('XMP ', Buffer.from(secret))];
  const odd = webpChunk('EXIF', exif);
  return Buffer.concat([webpOf([extended, profile, bytes.subarray(12), odd, xmp]), zip]);
}

test.each(clean)('a %s loses all but its pixels, and these stay as they were', async (_, type, bytes) => {
  const found = await barePicture(dirty(type, bytes), type);
  expect(found).toMatchObject({ orientation: 6, animated: false, recode: false });
  const text = Buffer.from(found.bytes).toString('latin1');
  const traces = [secret, 'PK\x03\x04', 'Exif', 'here', 'Cam\0'];
  expect(traces.filter((trace) => text.includes(trace))).toEqual([]);
  expect(found.bytes.length).toBeLessThanOrEqual(bytes.length + 18);
  const pixels = await sharp(bytes).raw().toBuffer();
  expect(await sharp(found.bytes, { failOn: 'warning' }).raw().toBuffer()).toEqual(pixels);
});

test('the thumbnail in the header of a JPEG goes, and the header stays', async () => {
  const jpeg = await noise().jpeg().toBuffer();
  const header = jpegSegment(0xe0, Buffer.from(`JFIF\0\x01\x01\0\0\x01\0\x01\x02\x02${'t'.repeat(12)}`));
  const { bytes } = await barePicture(
    Buffer.concat([jpeg.subarray(0, 2), header, jpeg.subarray(20)]),
    'jpeg',
  );
  expect(Buffer.from(bytes).toString('latin1')).not.toContain('tttt');
  expect(Buffer.from(bytes).toString('latin1', 6, 10)).toBe('JFIF');
});

test('a profile is left in for the decoder where it changes the colours, and dropped where it says sRGB', async () => {
  for (const type of ['jpeg', 'png', 'webp'] as const) {
    const wide = await noise().withIccProfile('p3').toFormat(type).toBuffer();
    const found = await barePicture(wide, type);
    expect(found.recode).toBe(true);
    expect((await sharp(found.bytes).metadata()).icc?.length).toBeGreaterThan(200);
    const usual = await barePicture(await noise().withIccProfile('srgb').toFormat(type).toBuffer(), type);
    expect(usual.recode).toBe(false);
    expect((await sharp(usual.bytes).metadata()).hasProfile).toBe(false);
  }
});

test('what few decoders read alike has to be written anew', async () => {
  const deep = await noise().toColourspace('rgb16').png().toBuffer();
  expect(await barePicture(deep, 'png')).toMatchObject({ recode: true });
  const cmyk = await noise().toColourspace('cmyk').jpeg().toBuffer();
  expect(await barePicture(cmyk, 'jpeg')).toMatchObject({ recode: true });
});

test('the first EXIF data say which way up a picture is, whatever comes behind them', async () => {
  const [first, second] = [exifOf(6), exifOf(3)];
  const png = await noise().png().toBuffer();
  const chunks = [pngChunk('eXIf', first), pngChunk('eXIf', second)];
  const turned = Buffer.concat([png.subarray(0, 33), ...chunks, png.subarray(33)]);
  expect(await barePicture(turned, 'png')).toMatchObject({ orientation: 6 });
  const head = webpChunk('VP8X', Buffer.from([0x08, 0, 0, 0, 89, 0, 0, 49, 0, 0]));
  const picture = (await noise().webp().toBuffer()).subarray(12);
  const webp = webpOf([head, picture, webpChunk('EXIF', first), webpChunk('EXIF', second)]);
  expect(await barePicture(webp, 'webp')).toMatchObject({ orientation: 6 });
});

test('of an animation the first frame is left', async () => {
  const frames = await Promise.all(
    ['red', 'blue', 'green'].map((background) =>
      sharp({ create: { width: 20, height: 10, channels: 4, background } })
        .png()
        .toBuffer(),
    ),
  );
  const webp = await sharp(frames, { join: { animated: true } })
    .webp({ lossless: true })
    .toBuffer();
  const found = await barePicture(webp, 'webp');
  expect(found).toMatchObject({ animated: true, recode: true });
  expect(found.bytes.length).toBeLessThan(webp.length);
  expect([...(await sharp(found.bytes).raw().toBuffer()).subarray(0, 3)]).toEqual([255, 0, 0]);

  const [still = Buffer.alloc(0)] = frames;
  const control = pngChunk('acTL', Buffer.from([0, 0, 0, 2, 0, 0, 0, 0]));
  const frame = pngChunk('fdAT', Buffer.from(secret));
  const apng = Buffer.concat([
    still.subarray(0, 33),
    control,
    still.subarray(33, -12),
    frame,
    still.subarray(-12),
  ]);
  const bare = await barePicture(apng, 'png');
  expect(bare).toMatchObject({ animated: true, recode: false });
  expect(Buffer.from(bare.bytes).equals(withoutDensity(still))).toBe(true);
});

test('of a GIF the first frame is left, with its transparency and in its place', async () => {
  const frames = ['#f000', '#00f'].map((background) =>
    sharp({ create: { width: 20, height: 10, channels: 4, background } })
      .png()
      .toBuffer(),
  );
  const gif = await sharp(await Promise.all(frames), { join: { animated: true } })
    .gif({ loop: 3, delay: [50, 50] })
    .toBuffer();
  const found = await barePicture(gif, 'gif');
  expect(found).toMatchObject({ animated: true, recode: true });
  expect(Buffer.from(found.bytes).toString('latin1')).not.toContain('NETSCAPE');
  const { pages = 1, hasAlpha } = await sharp(found.bytes).metadata();
  expect({ pages, hasAlpha }).toEqual({ pages: 1, hasAlpha: true });
  expect(await sharp(found.bytes).raw().toBuffer()).toEqual(await sharp(gif).raw().toBuffer());
});

test('a GIF of one picture is no animation, whatever stands behind it, and is the very same object', async () => {
  const gif = gifOf([20, 10], [20, 10]);
  expect((await barePicture(gif, 'gif')).bytes).toBe(gif);
  for (const behind of ['', '!\xfe\x04;,,!\0;', '!', '<p>', ',\0\0'])
    expect(
      await barePicture(Buffer.concat([gif.subarray(0, -1), Buffer.from(behind, 'latin1')]), 'gif'),
    ).toMatchObject({ bytes: gif, animated: false });
});

test('any bytes are walked through or refused', async () => {
  const starts = {
    gif: 'GIF89a\0\0\0\0\0\0\0',
    png: '\x89PNG\r\n\x1a\n',
    jpeg: '\xff\xd8\xff',
    webp: 'RIFF\xf0\0\0\0WEBPVP8X\x0a\0\0\0',
  };
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('png' as const, 'jpeg' as const, 'webp' as const, 'gif' as const),
      fc.uint8Array({ maxLength: 600, size: 'max' }),
      fc.boolean(),
      async (type, garbage, dressed) => {
        const bytes = Buffer.concat([Buffer.from(dressed ? starts[type] : '', 'latin1'), garbage]);
        await barePicture(bytes, type).catch((error: unknown) => expect(error).toBeInstanceOf(TaskError));
      },
    ),
    { numRuns: 2_000 },
  );
});

test('a cut or changed file is walked through or refused, and never grows', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...clean),
      fc.nat(),
      fc.nat(),
      fc.integer({ min: 0, max: 255 }),
      async ([, type, original], cut, at, value) => {
        const bytes = dirty(type, original).subarray(0, -(cut % 40) || undefined);
        bytes[at % bytes.length] = value;
        try {
          expect((await barePicture(bytes, type)).bytes.length).toBeLessThanOrEqual(bytes.length + 18);
        } catch (error) {
          expect(error).toBeInstanceOf(TaskError);
        }
      },
    ),
    { numRuns: 1_000 },
  );
});

test('EXIF data and profiles of any bytes are read without a fault', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 300 }),
      fc.constantFrom('', 'II*\0\x08\0\0\0', 'MM\0*\0\0\0\x08'),
      (tail, head) => {
        const orientation = exifOrientation(Buffer.concat([Buffer.from(head, 'latin1'), tail]));
        expect([1, 2, 3, 4, 5, 6, 7, 8]).toContain(orientation);
        const header = Buffer.alloc(128);
        header.write('acsp', 36);
        expect(['srgb', 'other', 'broken']).toContain(colourProfileKind(Buffer.concat([header, tail])));
      },
    ),
    { numRuns: 1_000 },
  );
  for (const orientation of [1, 2, 3, 4, 5, 6, 7, 8])
    expect(exifOrientation(exifOf(orientation))).toBe(orientation);
});
