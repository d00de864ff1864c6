import { createGoogle } from '@ai-sdk/google';
import { GoogleGenAI } from '@google/genai';
import { uploadFile } from 'ai';
import { GoogleGenAI as GoogleGenAI2 } from 'genai-2';
import { randomBytes } from 'node:crypto';
import sharp from 'sharp';
import { beforeAll, expect, test } from 'vitest';
import type { Envelope, NewKeyData } from '@plantain/client';
import { onOneStore } from '../../../store/test-store.fixture.ts';
import { adminKey, type Answer, startServer, type TestServer } from '../../server.fixture.ts';
import type { GeminiContents, GeminiError, GeminiFiles, GeminiUploaded } from './answers.ts';

const libraries = [GoogleGenAI, GoogleGenAI2 as unknown as typeof GoogleGenAI];
const model = 'gemini-nano-banana-2.1';

let server: TestServer;
let png: Buffer<ArrayBuffer>;
beforeAll(async () => {
  server = await startServer({ MAX_TRIES: '1' });
  png = await draw({ width: 60, height: 40 });
});

async function draw(size: { width: number; height: number }): Promise<Buffer<ArrayBuffer>> {
  const raw = randomBytes(size.width * size.height * 3);
  const bytes = await sharp(raw, { raw: { ...size, channels: 3 } })
    .png({ compressionLevel: 0 })
    .toBuffer();
  return Buffer.from(bytes);
}

const clientsOf = (apiKey = adminKey): GoogleGenAI[] =>
  libraries.map((Library) => new Library({ apiKey, httpOptions: { baseUrl: `${server.url}/gemini` } }));

async function newKey(body: object): Promise<string> {
  const sent = { method: 'POST', body: JSON.stringify({ name: 'a user', ...body }) };
  return (await server.call<Envelope<NewKeyData>>('/api/admin/keys', sent)).body.data.secret;
}

async function begin(size: number, key?: string): Promise<string> {
  const headers = { 'x-goog-upload-command': 'start', 'x-goog-upload-header-content-length': String(size) };
  const sent = { method: 'POST', headers, ...(key === undefined ? {} : { key }) };
  const answer = await server.call('/gemini/upload/v1/files', sent);
  return answer.headers.get('x-goog-upload-url')?.slice(server.url.length) ?? '';
}

/** Sends a piece, without a key. */
function send(path: string, command: string, offset: number, body?: Buffer<ArrayBuffer>) {
  const headers = { 'x-goog-upload-command': command, 'x-goog-upload-offset': String(offset) };
  const sent = { method: 'POST', headers, key: null, ...(body === undefined ? {} : { body }) };
  return server.call<GeminiUploaded & GeminiError>(path, sent);
}

test('an upload by the AI SDK, whose bytes come without a key', async () => {
  const google = createGoogle({ apiKey: adminKey, baseURL: `${server.url}/gemini/v1beta` });
  const { providerReference } = await uploadFile({ api: google.files(), data: png, mediaType: 'image/png' });
  expect(providerReference['google']).toContain('/gemini/v1beta/files/');
});

onOneStore('an upload of a large picture, which the libraries send in pieces', async () => {
  const large = await draw({ width: 2_000, height: 1_500 });
  expect(large.length).toBeGreaterThan(2 ** 23);
  for (const { files } of clientsOf()) {
    const file = await files.upload({ file: new Blob([large]), config: { mimeType: 'image/png' } });
    expect(file.sizeBytes).toBe(String(large.length));
  }
});

onOneStore('a picture that is sent at once, without a session', async () => {
  const { body } = await server.call<GeminiUploaded>('/gemini/upload/v1beta/files', {
    method: 'POST',
    body: png,
  });
  expect(body.file.mimeType).toBe('image/png');
});

onOneStore('pieces come one after the other, and a lost answer is made good by a query', async () => {
  const whole = await draw({ width: 400, height: 400 });
  const path = await begin(whole.length);
  const piece = 2 ** 18;
  const first = whole.subarray(0, piece);
  const refusals: Answer<GeminiError>[] = [
    await send(path, 'upload', 0, whole.subarray(0, 100)),
    await send(path, 'upload', piece, first),
    await send(path, 'upload, finalize', 0, first),
    await send(path, 'dance', 0),
    await send(path.replace('token=', 'token=x'), 'query', 0),
    await send(path, 'upload', 0, Buffer.alloc(4 * piece)),
  ];
  expect(refusals.map(({ status, body }) => [status, body.error.code])).toEqual(
    [400, 400, 400, 400, 403, 413].map((code) => [code, code]),
  );
  expect((await send(path, 'upload', 0, first)).headers.get('x-goog-upload-status')).toBe('active');
  expect((await send(path, 'query', 0)).headers.get('x-goog-upload-size-received')).toBe(String(piece));
  const done = await send(path, 'upload, finalize', piece, whole.subarray(piece));
  expect(done.headers.get('x-goog-upload-status')).toBe('final');
  expect(done.body.file.sizeBytes).toBe(String(whole.length));
  expect((await send(path, 'query', 0)).headers.get('x-goog-upload-size-received')).toBe('0');
  // Its answer may have been lost.
  const again = await send(path, 'upload, finalize', piece, whole.subarray(piece));
  expect(again.body).toEqual(done.body);
});

test('nothing is stored of a key that may store nothing more, in pieces neither', async () => {
  const limits = { stored_bytes: 0 };
  expect(await begin(2 ** 19, await newKey({ limits }))).toBe('');
  const { body } = await server.call<Envelope<NewKeyData>>('/api/admin/keys', {
    method: 'POST',
    body: '{"name":"a user"}',
  });
  const path = await begin(2 ** 19, body.data.secret);
  const edit = { method: 'PATCH', body: JSON.stringify({ limits }) };
  await server.call(`/api/admin/keys/${body.data.key_id}`, edit);
  expect((await send(path, 'upload', 0, Buffer.alloc(2 ** 18))).body.error).toMatchObject({ code: 429 });
  expect((await send(path, 'query', 0)).headers.get('x-goog-upload-size-received')).toBe('0');
});

test('pieces count as stored until they are a picture or given up, in however many uploads', async () => {
  const piece = Buffer.alloc(2 ** 18);
  const key = await newKey({ limits: { stored_bytes: 2 ** 19 } });
  const paths = [await begin(2 ** 20, key), await begin(2 ** 20, key), await begin(2 ** 20, key)];
  const statuses: number[] = [];
  for (const path of paths) statuses.push((await send(path, 'upload', 0, piece)).status);
  expect(statuses).toEqual([200, 200, 429]);
  expect((await server.call<GeminiFiles>('/gemini/v1beta/files', { key })).body.files).toEqual([]);
  await send(paths[0]!, 'cancel', 0);
  expect((await send(paths[2]!, 'upload', 0, piece)).status).toBe(200);
  expect((await send(paths[2]!, 'upload', piece.length, piece)).status).toBe(429);
});

test('a cancelled upload has nothing left', async () => {
  const path = await begin(2 ** 19);
  await send(path, 'upload', 0, Buffer.alloc(2 ** 18));
  expect((await send(path, 'cancel', 0)).headers.get('x-goog-upload-status')).toBe('cancelled');
  expect((await send(path, 'query', 0)).headers.get('x-goog-upload-size-received')).toBe('0');
});

onOneStore('what is no picture, is too large, or is a key’s without the right is refused', async () => {
  const text = await begin(3);
  expect((await send(text, 'upload, finalize', 0, Buffer.from('abc'))).body.error).toMatchObject({
    code: 400,
  });
  const empty = await begin(0);
  expect((await send(empty, 'upload, finalize', 0)).body.error).toMatchObject({ code: 400 });
  expect(await begin(10 ** 11)).toBe('');
  expect(await begin(1, await newKey({ scopes: ['read'] }))).toBe('');
});

onOneStore('the address of an upload ends with its key', async () => {
  const { body } = await server.call<Envelope<NewKeyData>>('/api/admin/keys', {
    method: 'POST',
    body: '{"name":"a user"}',
  });
  const path = await begin(png.length, body.data.secret);
  await server.call(`/api/admin/keys/${body.data.key_id}`, { method: 'DELETE' });
  expect((await send(path, 'upload, finalize', 0, png)).status).toBe(403);
});

onOneStore('pieces count against the limits of their key', async () => {
  const key = await newKey({ limits: { queries_per_minute: 2 } });
  const path = await begin(2 ** 19, key);
  await send(path, 'query', 0);
  expect((await send(path, 'query', 0)).body.error).toMatchObject({ code: 429 });
});

test('a file is its key’s alone: others can neither see nor use nor delete it', async () => {
  const { body } = await server.call<GeminiUploaded>('/gemini/upload/v1/files', {
    method: 'POST',
    body: png,
  });
  const { name, uri } = body.file;
  const key = await newKey({});
  const call = (method: string) => server.call(`/gemini/v1/${name}`, { method, key });
  expect([(await call('GET')).status, (await call('DELETE')).status]).toEqual([404, 404]);
  const listed = await server.call<GeminiFiles>('/gemini/v1/files', { key });
  expect(listed.body.files).toEqual([]);
  const contents = [{ parts: [{ text: 'x' }, { fileData: { fileUri: uri } }] }];
  const sent = { method: 'POST', key, body: JSON.stringify({ contents }) };
  const used = await server.call<GeminiError>(`/gemini/v1/models/${model}:generateContent`, sent);
  expect(used.body.error.message).toContain('contents[0].parts[1].fileData.fileUri is no file of this key');
});

onOneStore.each([
  'files/ID',
  'https://other.example/gemini/v1/files/ID',
  'http://localhost/proxy/gemini/v1beta/files/ID',
])('a file is found by its address, whatever the client calls the server: %s', async (address) => {
  const { body } = await server.call<GeminiUploaded>('/gemini/upload/v1/files', {
    method: 'POST',
    body: png,
  });
  const fileUri = address.replace('files/ID', body.file.name);
  const sent = {
    method: 'POST',
    body: JSON.stringify({ contents: { parts: [{ text: 'x' }, { fileData: { fileUri } }] } }),
  };
  const made = await server.call<GeminiContents>(`/gemini/v1/models/${model}:generateContent`, sent);
  expect(await server.task(made.body.responseId)).toMatchObject({ action: 'edit', state: 'succeeded' });
});
