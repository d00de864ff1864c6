import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import sharp from 'sharp';
import type { Sharp } from 'sharp';
import { expect, test } from 'vitest';
import { barePicture } from './bare/bare-picture.ts';
import { hasManifest } from './bare/xmp-location.ts';
import { exifOf, pngChunk, webpChunk, webpOf, withSegment } from './hostile.fixture.ts';
import { createInspector } from './inspect.ts';
import { labelPicture, readLabel } from './picture-label.ts';
import { type PictureType, pictureTypeOf } from './formats/picture-type.ts';
import { anyCharacter } from '../lib/any-character.fixture.ts';

const label = { prompt: 'a <banana> & a "plantain"', model: 'nano-banana-2.1', taskId: '0198-7c' };
const inspect = createInspector({ maxBytes: 1e7, maxPixels: 1e6 });

function noise(width = 61, height = 43, channels: 3 | 4 = 3): Sharp {
  const raw = createHash('shake256', { outputLength: width * height * channels }).digest();
  return sharp(raw, { raw: { width, height, channels } });
}

const files: [string, Buffer][] = [
  ['a PNG', await noise().png().toBuffer()],
  ['an interlaced PNG with a palette', await noise().png({ palette: true, progressive: true }).toBuffer()],
  ['a transparent PNG', await noise(40, 30, 4).png().toBuffer()],
  ['a JPEG', await noise().jpeg().toBuffer()],
  ['a progressive grey JPEG', await noise().greyscale().jpeg({ progressive: true }).toBuffer()],
  ['a JPEG with EXIF', await noise().jpeg().withMetadata({ orientation: 6 }).toBuffer()],
  ['a JPEG with bytes behind it', Buffer.concat([await noise().jpeg().toBuffer(), Buffer.from('more')])],
  ['a WebP', await noise().webp().toBuffer()],
  [
    'a WebP with a chunk of an odd length',
    webpOf([(await noise().webp().toBuffer()).subarray(12), webpChunk('ABCD', Buffer.from('x'))]),
  ],
  ['a lossless WebP', await noise().webp({ lossless: true }).toBuffer()],
  ['a transparent lossless WebP', await noise(50, 30, 4).webp({ lossless: true }).toBuffer()],
  ['a transparent WebP', await noise(50, 30, 4).webp().toBuffer()],
  ['a WebP with a profile', await noise().webp().withIccProfile('p3').toBuffer()],
  ['a WebP with bytes behind it', Buffer.concat([await noise().webp().toBuffer(), Buffer.from('more')])],
];

const pixelsOf = async (bytes: Uint8Array) => await sharp(bytes).raw().toBuffer();

/** The texts of the packet's fields, as an XML parser would give them. */
function fieldsOf(xmp: string) {
  const text = (pattern: RegExp) =>
    (pattern.exec(xmp)?.[1] ?? 'missing')
      .replaceAll('&lt;', '<')
      .replaceAll('&gt;', '>')
      .replaceAll('&#13;', '\r')
      .replaceAll('&amp;', '&');
  return {
    prompt: text(/<dc:description><rdf:Alt><rdf:li xml:lang="x-default">([^<]*)<\/rdf:li>/),
    model: text(/<Iptc4xmpExt:AISystemUsed>([^<]*)</),
    taskId: text(/<dc:identifier>([^<]*)</),
  };
}

const xmpOf = async (bytes: Uint8Array) => (await sharp(bytes).metadata()).xmpAsString ?? '';

test.each(files)('%s is labelled without a change of its pixels', async (_, bytes) => {
  const labelled = await labelPicture(bytes, label);
  expect(fieldsOf(await xmpOf(labelled))).toEqual(label);
  expect(await pixelsOf(labelled)).toEqual(await pixelsOf(bytes));
  const { xmp: _xmp, xmpAsString: _text, ...header } = await sharp(labelled).metadata();
  expect({ ...header, size: 0 }).toEqual({ ...(await sharp(bytes).metadata()), size: 0 });
  expect(await inspect(labelled)).toMatchObject({
    width: (await inspect(bytes)).width,
    bytes: labelled.length,
  });
  const type = pictureTypeOf(bytes);
  expect(fieldsOf((await readLabel(labelled, type)) ?? '')).toEqual(label);
  // Without its metadata it is the picture that it was, byte for byte; but for a WebP, which now says that it may have some.
  if (type !== 'webp')
    expect((await barePicture(labelled, type)).bytes).toEqual((await barePicture(bytes, type)).bytes);
});

test('whatever a prompt holds is read as it was, as far as XML can hold it', async () => {
  const characters = fc.oneof(
    fc.string({ unit: anyCharacter, maxLength: 40 }),
    fc.constantFrom(
      '<',
      '&amp;',
      ']]>',
      '\r\n',
      '\n',
      '\t',
      '  ',
      '\0',
      '\ud800',
      '\ufffe',
      '🍌',
      '<?xpacket',
    ),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(characters, { maxLength: 20 }).map((parts) => parts.join('')),
      fc.constantFrom(...files.map(([, bytes]) => bytes)),
      async (prompt, bytes) => {
        const labelled = await labelPicture(bytes, { ...label, prompt });
        const xmp = await xmpOf(labelled);
        const held = prompt
          .toWellFormed()
          .replaceAll(/(?![\t\n\r\x7f-\x9f])\p{Cc}|[\ufffe\uffff]/gu, '\ufffd');
        expect(fieldsOf(xmp)).toEqual({ ...label, prompt: held });
        expect(await pixelsOf(labelled)).toEqual(await pixelsOf(bytes));
        await expectWellFormed(xmp);
      },
    ),
    { numRuns: 100 },
  );
});

/** A drawing is read by a real XML parser, which refuses all that is not well-formed. */
async function expectWellFormed(xmp: string): Promise<void> {
  const inside = xmp.replaceAll(/^<\?xpacket begin[^>]*>|<\?xpacket end[^>]*>$/g, '');
  const drawing = `<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"><metadata>${inside}</metadata></svg>`;
  expect((await sharp(Buffer.from(drawing)).metadata()).format).toBe('svg');
}

test.each(['x', '&', '🍌', '蕉'])(
  'a prompt of too many "%s" is cut to what a JPEG can hold',
  async (character) => {
    const labelled = await labelPicture(jpeg, { ...label, prompt: character.repeat(1_000_000) });
    const { prompt } = fieldsOf(await xmpOf(labelled));
    expect(prompt).toMatch(new RegExp(`^(?:${character})+…$`, 'u'));
    expect(labelled.length - jpeg.length).toBeLessThan(65_600);
    expect(labelled.length - jpeg.length).toBeGreaterThan(60_000);
    expect(await pixelsOf(labelled)).toEqual(await pixelsOf(jpeg));
  },
);

const [png, jpeg, webp] = [
  await noise().png().toBuffer(),
  await noise().jpeg().toBuffer(),
  await noise().webp().toBuffer(),
];
const withXmp = (image: Sharp) => image.withXmp('<x:xmpmeta xmlns:x="adobe:ns:meta/"/>').toBuffer();

const untouched: [string, Buffer][] = [
  [
    'a PNG with a C2PA manifest',
    Buffer.concat([png.subarray(0, 33), pngChunk('caBX', Buffer.from('jumb')), png.subarray(33)]),
  ],
  ['a JPEG with a C2PA manifest', withSegment(jpeg, 0xeb, Buffer.from('JP\0\x01\0\0\0\x01jumb'))],
  ['a WebP with a C2PA manifest', webpOf([webp.subarray(12), webpChunk('C2PA', Buffer.from('jumb'))])],
  ['a PNG with XMP', await withXmp(noise().png())],
  ['a JPEG with XMP', await withXmp(noise().jpeg())],
  ['a WebP with XMP', await withXmp(noise().webp())],
  ['a picture that has its label', Buffer.from(await labelPicture(webp, label))],
  ['a GIF', await noise().gif().toBuffer()],
  ['an AVIF', await noise().avif({ effort: 0 }).toBuffer()],
  ['a cut PNG', png.subarray(0, -20)],
  ['a cut JPEG', jpeg.subarray(0, -200)],
  ['a WebP of no picture', webpOf([webpChunk('ABCD', exifOf(1))])],
  ['a WebP with an empty picture', webpOf([webpChunk('VP8 ', Buffer.alloc(0))])],
  ['a WebP whose picture has no measures', webpOf([webpChunk('VP8 ', Buffer.alloc(10))])],
  ['text', Buffer.from('no picture')],
];

test.each(untouched)('%s stays the very same object', async (_, bytes) => {
  expect((await labelPicture(bytes, label)) === bytes).toBe(true);
});

test.each(untouched.slice(0, -1))('of %s it is known whether a manifest is in it', async (name, bytes) => {
  expect(await hasManifest(bytes, pictureTypeOf(bytes))).toBe(name.includes('C2PA'));
});

test('only a label of this server is read as one', async () => {
  const foreign = await withXmp(noise().png());
  expect(await readLabel(foreign, 'png')).toBeUndefined();
  for (const [bytes, type] of [
    [png, 'png'],
    [jpeg, 'jpeg'],
    [webp, 'webp'],
  ] as [Buffer, PictureType][])
    expect(await readLabel(bytes, type)).toBeUndefined();
});
