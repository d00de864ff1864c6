import { Buffer } from 'node:buffer';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import type { Picture } from '../../core/upstreams/upstream.ts';
import { expectNear } from '../../pictures/one-colour.fixture.ts';
import { phonePictures, secret } from '../../pictures/phone-pictures.fixture.ts';
import { adminKey, editPath, startServer } from '../server.fixture.ts';

const made = await sharp({ create: { width: 8, height: 8, channels: 3, background: '#fff' } })
  .png()
  .toBuffer();
const left: Picture[] = [];
const server = await startServer(
  {},
  {
    upstream: {
      name: 'camera-shop',
      async start({ inputs }) {
        left.push(...inputs);
        return { pictures: [made], description: '', warnings: [] };
      },
    },
  },
);

async function upload(bytes: Buffer): Promise<string> {
  const headers = { authorization: adminKey };
  const sent = await fetch(`${server.url}/api/files`, {
    method: 'POST',
    headers,
    body: new Uint8Array(bytes),
  });
  const { data } = (await sent.json()) as { data: { file: string } };
  return data.file;
}

/** Red, green and blue near each corner, row by row. */
async function cornersOf({ bytes }: Picture): Promise<number[]> {
  const { data, info } = await sharp(bytes, { ignoreIcc: true }).raw().toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  const pixelAt = (x: number, y: number) => {
    const at = (Math.floor(y * height) * width + Math.floor(x * width)) * channels;
    return data.subarray(at, at + 3);
  };
  const corners = [pixelAt(0.1, 0.1), pixelAt(0.9, 0.1), pixelAt(0.1, 0.9), pixelAt(0.9, 0.9)];
  return Array.from(Buffer.concat(corners));
}

test('pictures of phones, cameras and scanners leave upright, in their colours, and say nothing of who took them', async () => {
  const pictures = await phonePictures();
  const links = await Promise.all(
    pictures.map(async ([, bytes], index) =>
      index % 2 === 0 ? await upload(bytes) : `data:image/jpeg;base64,${bytes.toString('base64')}`,
    ),
  );
  const task = await server.final(await server.submit({ prompt: 'at night', image_urls: links }, editPath));
  const ofTheAnswer = [expect.stringContaining('8x8 pixels'), expect.stringContaining('is blank')];
  expect([task.state, task.msg, task.warnings]).toEqual(['succeeded', '', ofTheAnswer]);
  expect(left).toHaveLength(pictures.length);
  for (const [index, picture] of left.entries()) {
    const name = pictures[index]?.[0];
    expect([name, picture.width, picture.height]).toEqual([name, 96, 64]);
    const { exif, icc, xmp, iptc } = await sharp(picture.bytes).metadata();
    expect([name, exif, icc, xmp, iptc]).toEqual([name, undefined, undefined, undefined, undefined]);
    expect([name, Buffer.from(picture.bytes).includes(secret)]).toEqual([name, false]);
    const corners = await cornersOf(picture);
    expectNear(corners, [220, 60, 40, 40, 200, 60, 30, 60, 220, 240, 240, 240], 7);
  }
});
