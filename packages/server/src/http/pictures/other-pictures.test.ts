// HEIC, TIFF and BMP on every way that a picture takes through the server.

import { Buffer } from 'node:buffer';
import sharp from 'sharp';
import { afterEach, expect, test } from 'vitest';
import { restrictDecoder } from '../../pictures/decoding.ts';
import { plain, two } from '../../pictures/formats/heic.fixture.ts';
import { adminKey, refusalOf, startServer } from '../server.fixture.ts';

const editPath = '/api/gemini/nano-banana-edit';
const headers = { authorization: adminKey };
const server = await startServer();
const tiff = await sharp({ create: { width: 60, height: 40, channels: 3, background: '#dc3c28' } })
  .tiff({ compression: 'lzw' })
  .toBuffer();
/** A blue pixel. */
const bmp = Buffer.from(
  '424d3a0000000000000036000000280000000100000001000000010018000000000000000000130b0000130b00000000000000000000ff000000',
  'hex',
);

async function upload(
  bytes: Buffer,
  url = server.url,
): Promise<{ status: number; file: string; text: string }> {
  const answer = await fetch(`${url}/api/files`, { method: 'POST', headers, body: new Uint8Array(bytes) });
  const text = await answer.text();
  const { data } = JSON.parse(text) as { data?: { file?: string } };
  return { status: answer.status, file: data?.file ?? '', text };
}

test.each([
  ['HEIC', plain, 'image/heic'],
  ['TIFF', tiff, 'image/tiff'],
  ['BMP', bmp, 'image/bmp'],
])('a %s is kept as it came, and shown as what browsers can', async (_, bytes, type) => {
  const { status, file, text } = await upload(bytes);
  expect(status, text).toBe(200);
  const kept = await fetch(file);
  expect([kept.status, kept.headers.get('content-type')]).toEqual([200, type]);
  expect(Buffer.from(await kept.arrayBuffer())).toEqual(bytes);
  const shown = await fetch(`${file}&w=48&h=48&format=webp`);
  expect([shown.status, shown.headers.get('content-type')]).toEqual([200, 'image/webp']);
  expect((await sharp(await shown.arrayBuffer()).metadata()).format).toBe('webp');
});

test('an edit takes them as links, as data: URIs and as files', async () => {
  const { file } = await upload(plain);
  const id = await server.submit(
    {
      prompt: 'at night',
      image_urls: [
        file,
        `data:image/tiff;base64,${tiff.toString('base64')}`,
        `data:;base64,${bmp.toString('base64')}`,
      ],
    },
    editPath,
  );
  const { state, warnings } = await server.final(id);
  expect([state, warnings]).toEqual(['succeeded', undefined]);
  const form = new FormData();
  form.append('prompt', 'at night');
  form.append('image', new Blob([new Uint8Array(two)], { type: 'image/heic' }), 'IMG_0001.HEIC');
  const answer = await fetch(server.url + editPath, { method: 'POST', headers, body: form });
  const { data } = (await answer.json()) as { data: { task_id: string } };
  expect(await server.final(data.task_id)).toMatchObject({
    state: 'succeeded',
    warnings: ['Input picture 1 has more pictures than one in its file; only the main one was sent.'],
  });
});

afterEach(() => restrictDecoder());
test('a server with heic: false refuses it in words, and says so of one that it kept before', async () => {
  const { file } = await upload(two);
  const other = await startServer({ HEIC: 'false' });
  const { status, text } = await upload(plain, other.url);
  expect(status).toBe(422);
  expect(text).toContain('switched off');
  const shown = await server.call(`${file.slice(server.url.length)}&w=32&format=webp`);
  expect(refusalOf(shown, 422).msg).toContain('switched off');
});
