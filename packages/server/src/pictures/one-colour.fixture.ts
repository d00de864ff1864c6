// Test support: pictures of one colour that tell in many ways what it is, and what an upstream gets of them.

import { Buffer } from 'node:buffer';
import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import type { Sharp } from 'sharp';
import { expect } from 'vitest';
import { dataOf, readAvifItems } from './formats/avif-items.ts';
import { createDecodeGate } from './decoding.ts';
import { pngChunk } from './hostile.fixture.ts';
import { createInspector } from './inspect.ts';
import { createInputPreparer } from './prepare-input.ts';
import { writeAvif } from './formats/write-avif.ts';

export const inspect = createInspector({ maxBytes: 1_000_000, maxPixels: 200_000 });
const prepareInput = createInputPreparer({ gate: createDecodeGate() });

/** The picture as an upstream gets it: its first pixel, its type, and what is said of it. */
export async function sentOf(bytes: Buffer) {
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

export function expectNear(
  pixel: readonly (number | undefined)[],
  wanted: readonly number[],
  most = 3,
): void {
  const furthest = Math.max(...wanted.map((value, index) => Math.abs(value - (pixel[index] ?? NaN))));
  expect(furthest, `${pixel.join(',')} instead of ${wanted.join(',')}`).toBeLessThanOrEqual(most);
}

export const plain = ([r = 0, g = 0, b = 0]: readonly number[]) =>
  sharp({ create: { width: 16, height: 16, channels: 3, background: { r, g, b } } });
export const pngWith = (png: Buffer, ...chunks: Buffer[]) =>
  Buffer.concat([png.subarray(0, 33), ...chunks, png.subarray(33)]);
/** A PNG's chunk with a colour profile. */
export const packedProfile = (profile: Buffer) =>
  pngChunk('iCCP', Buffer.concat([Buffer.from('x\0\0'), deflateSync(profile)]));

/** An AVIF of that colour whose item has these `colr` boxes. */
export async function avifWith(colour: readonly number[], ...boxes: Buffer[]): Promise<Buffer> {
  return await avifOf(plain(colour), 8, boxes);
}

export async function avifOf(picture: Sharp, bitdepth: 8 | 10, boxes: readonly Buffer[]): Promise<Buffer> {
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
