import sharp from 'sharp';
import { expect, test } from 'vitest';
import type { OverlayOptions, Sharp } from 'sharp';
import { createResultInspector } from './inspect.ts';

const inspect = createResultInspector({ maxBytes: 1_000_000, maxPixels: 200_000 });
const blankIn = async (picture: Sharp) => (await inspect(await picture.toBuffer())).blank;

const flat = (background: string, overlays: OverlayOptions[] = []) =>
  sharp({ create: { width: 64, height: 48, channels: 4, background } }).composite(overlays);

/** One pixel of a colour at a place. */
const pixel = (left: number, top: number, background: string): OverlayOptions => ({
  input: { create: { width: 1, height: 1, channels: 4, background } },
  left,
  top,
});

test.each<[string, Sharp, string]>([
  ['PNG', flat('#0a141e').png(), '#0a141e'],
  ['PNG without colours', flat('#808080').removeAlpha().toColourspace('b-w').png(), '#808080'],
  ['PNG of 16 bits', flat('#000').toColourspace('rgb16').png(), '#000000'],
  ['PNG of a palette', flat('#00ff00').png({ palette: true }), '#00ff00'],
  ['JPEG', flat('#ffffff').jpeg(), '#ffffff'],
  ['JPEG of four inks', flat('#ffffff').toColourspace('cmyk').jpeg(), '#ffffff'],
  ['WebP', flat('#000').webp({ lossless: true }), '#000000'],
])('every pixel of a %s has one colour', async (_, picture, colour) => {
  expect(await blankIn(picture)).toBe(colour);
});

test.each<[string, Sharp]>([
  ['without a colour', flat('#0000').png()],
  ['whose clear pixels have a colour', flat('#ff000000').webp({ lossless: true, exact: true })],
  ['whose clear pixels have many', clearNoise().png()],
])('a picture %s is transparent', async (_, picture) => {
  expect(await blankIn(picture)).toBe('transparent');
});

function clearNoise(): Sharp {
  const pixels = Uint8Array.from({ length: 64 * 48 * 4 }, (_, at) => (at % 4 === 3 ? 0 : (at * 7919) % 256));
  return sharp(pixels, { raw: { width: 64, height: 48, channels: 4 } });
}

test.each<[string, OverlayOptions[]]>([
  ['of the first row', [pixel(0, 0, '#ffffff')]],
  ['of the last row', [pixel(63, 47, '#ffffff')]],
  ['of the middle column', [pixel(32, 20, '#ffffff')]],
  ['that is one step brighter', [pixel(3, 4, '#010101')]],
])('one other pixel %s is enough to be no blank picture', async (_, overlays) => {
  expect(await blankIn(flat('#000', overlays).png())).toBeUndefined();
  expect(await blankIn(flat('#0000', overlays).png())).toBeUndefined();
});

test('a picture of one colour that shows through in a part is not blank', async () => {
  expect(await blankIn(flat('#000', [{ ...pixel(3, 4, '#000'), blend: 'dest-out' }]).png())).toBeUndefined();
});

test('a damaged picture is refused, whatever is left of it', async () => {
  const bytes = await flat('#000').png({ compressionLevel: 0 }).toBuffer();
  await expect(inspect(bytes.subarray(0, bytes.length >> 1))).rejects.toThrow('damaged or cut off');
});
