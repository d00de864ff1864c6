import { createServer } from 'node:http';
import { hash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, expect, test } from 'vitest';
import { editPath, refusalOf, startServer, type TestServer } from '../../server.fixture.ts';

const png = await sharp({ create: { width: 90, height: 60, channels: 3, background: 'gold' } })
  .png()
  .toBuffer();
const pictures = createServer((_request, response) => response.end(png)).listen(0, '127.0.0.1');
await once(pictures, 'listening');
afterAll(() => void pictures.close());
const port = String((pictures.address() as AddressInfo).port);
const server: TestServer = await startServer({ ALLOWED_PRIVATE_HOSTS: `127.0.0.1:${port}` });

interface Shown {
  data: {
    file_id: string;
    file: string;
    bytes: number;
    width: number;
    create_time: string;
    expires_at: string;
  };
}
const path = '/api/files';
const post = (body: Parameters<TestServer['call']>[1] & object) =>
  server.call<Shown>(path, { method: 'POST', ...body });
function form(fields: Record<string, string>, files = 1): FormData {
  const data = new FormData();
  for (const [name, value] of Object.entries(fields)) data.append(name, value);
  for (let file = 0; file < files; file += 1) data.append('file', new Blob([new Uint8Array(png)]), 'a.png');
  return data;
}
const formType = 'application/x-www-form-urlencoded';
const raw = (type = 'image/png') => post({ body: new Uint8Array(png), headers: { 'content-type': type } });

test.each([
  ['multipart', () => post({ body: form({}) })],
  ['the body itself', () => raw()],
  ['the body itself, whose type is the one that curl gives to any file', () => raw(formType)],
  ['a link', () => post({ body: JSON.stringify({ url: `http://127.0.0.1:${port}/a.png` }) })],
])('a picture uploaded as %s is an input as often as one likes, and its link shows it', async (_, upload) => {
  const { status, body } = await upload();
  expect(status).toBe(200);
  expect(body.data).toMatchObject({ width: 90, height: 60, content_type: 'image/png', bytes: png.length });
  expect(Number(body.data.expires_at) - Number(body.data.create_time)).toBe(5 * 86_400);
  const shown = await fetch(body.data.file);
  expect(Buffer.from(await shown.arrayBuffer()).equals(png)).toBe(true);
  for (let time = 0; time < 2; time += 1) {
    const edit = { prompt: 'at night', image_urls: [body.data.file] };
    expect((await server.final(await server.submit(edit, editPath))).state).toBe('succeeded');
  }
});

test('a task that uses an upload has a copy of its own, which outlives the file', async () => {
  const picture = await sharp({ create: { width: 30, height: 60, channels: 3, background: 'navy' } })
    .png()
    .toBuffer();
  const sha256 = hash('sha256', picture);
  const isIn = (folder: string) =>
    existsSync(join(server.directory, 'pictures', folder, sha256.slice(0, 2), sha256));
  const { data } = (await post({ body: new Uint8Array(picture), headers: { 'content-type': 'image/png' } }))
    .body;
  expect([isIn('uploads'), isIn('inputs')]).toEqual([true, false]);
  await server.final(await server.submit({ prompt: 'x', image_urls: [data.file] }, editPath));
  expect([isIn('uploads'), isIn('inputs')]).toEqual([true, true]);
});

test('a link of this server itself is taken from the store, while it works', async () => {
  const { data } = (await raw()).body;
  const result = await server.final(await server.submit({ prompt: 'x' }));
  for (const url of [data.file, result.data.images[0]!.url]) {
    const { status, body } = await post({ body: JSON.stringify({ url }) });
    expect(status).toBe(200);
    const [given, kept] = await Promise.all([url, body.data.file].map(bytesAt));
    expect(kept).toEqual(given);
  }
  const broken = await post({ body: JSON.stringify({ url: data.file.replace(/token=.*/, 'token=x') }) });
  expect(refusalOf(broken, 422).error.details).toMatchObject([{ path: 'url' }]);
});

async function bytesAt(url: string): Promise<Buffer> {
  const answer = await fetch(url);
  expect(answer.status).toBe(200);
  return Buffer.from(await answer.arrayBuffer());
}

test('its owner finds it, alone and in the list, and deletes it; nobody else does', async () => {
  const { data } = (await raw()).body;
  const other = await server.newKey('another-key-of-the-same-server-for-files');
  const own = `${path}/${data.file_id}`;
  expect((await server.call<Shown>(own)).body.data).toEqual(data);
  const list = await server.call<{ data: { files: Shown['data'][] } }>(path);
  expect(list.body.data.files[0]).toEqual(data);
  const others = await server.call<{ data: { files: unknown[] } }>(path, { key: other });
  expect(others.body.data.files).toEqual([]);
  for (const method of ['GET', 'DELETE'])
    expect((await server.call(own, { method, key: other })).status).toBe(404);
  expect((await server.call(own, { method: 'DELETE' })).status).toBe(200);
  expect((await server.call(own)).status).toBe(404);
  expect((await fetch(data.file)).status).toBe(404);
  const refused = await server.post({ prompt: 'at night', image_urls: [data.file] }, editPath);
  expect(refused.status).toBe(422);
});

test('every fault of a request is named at once', async () => {
  const paths = async (body: FormData | string) =>
    refusalOf(await post({ body }), 400).error.details?.map((fault) => fault.path);
  expect(await paths('{}')).toEqual(['file']);
  expect(await paths(form({}, 2))).toEqual(['file']);
  expect(await paths(form({ url: 'http://a.example/', expires_in_seconds: '5' }))).toEqual([
    'file',
    'expires_in_seconds',
  ]);
  expect(await paths(JSON.stringify({ url: 'file:///etc/passwd', expires_in_seconds: 1e12 }))).toEqual([
    'url',
    'expires_in_seconds',
  ]);
});

test('what is no picture, can’t be fetched or may not be fetched is refused with the reason', async () => {
  const text = await post({ body: 'no picture', headers: { 'content-type': 'image/png' } });
  expect(refusalOf(text, 422).error.type).toBe('input_unreachable');
  refusalOf(await post({ body: JSON.stringify({ url: 'http://127.0.0.1:1/a.png' }) }), 422);
  refusalOf(await post({ body: JSON.stringify({ url: 'http://169.254.169.254/latest' }) }), 422);
  refusalOf(await server.call(path, { method: 'POST', key: null, body: new Uint8Array(png) }), 401);
});

test('a picture over the limit is too large', async () => {
  const small = await startServer({ MAX_PICTURE_BYTES: '1024' });
  const body = new Uint8Array(2_000);
  const answer = await small.call(path, { method: 'POST', body, headers: { 'content-type': 'image/png' } });
  expect(refusalOf(answer, 413).error.type).toBe('too_large');
});
