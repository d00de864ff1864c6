import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { FastifyInstance } from 'fastify';
import { beforeAll, expect, test } from 'vitest';
import type { RequestErrorType } from '@plantain/client';
import openapi from '../../../../../docs/openapi.json' with { type: 'json' };
import type { GeminiUploaded } from '../faces/gemini/answers.ts';
import { onOneStore } from '../../store/test-store.fixture.ts';
import { startReceiver } from '../../webhooks/receiver.fixture.ts';
import {
  adminKey,
  type Answer,
  type Call,
  editPath,
  startServer,
  statusPath,
  type TestServer,
} from '../server.fixture.ts';
import { type Contract, createContract } from './contract.fixture.ts';
import { statusOf } from '../refusals/envelope.ts';
import { shownPath } from '../route/router-path.ts';
import { type createOpenApiDocument, operations } from './document.ts';
import { type Operation, refusalTypesOf } from './operation.ts';

let server: TestServer;
let contract: Contract;
let routes: string[];
let undeclared: string[];
let userKey: string;
const png = await drawPng();

beforeAll(async () => {
  ({ server, routes, undeclared } = await startedWithRoutes());
  userKey = await server.newKey('plantain_test_key_of_a_user_who_is_no_admin');
  contract = createContract(
    (await server.call<ReturnType<typeof createOpenApiDocument>>('/openapi.json')).body,
  );
});

/** A server, the routes that its application has, and the paths of those that no declaration made. */
async function startedWithRoutes() {
  const found: string[] = [];
  const plain: string[] = [];
  const watchRoutes = (message: unknown) =>
    (message as { fastify: FastifyInstance }).fastify.addHook('onRoute', ({ method, url, config }) => {
      for (const name of [method].flat()) found.push(`${name} ${shownPath(url)}`);
      if (config === undefined || !('operation' in config)) plain.push(url);
    });
  subscribe('fastify.initialization', watchRoutes);
  const started = await startServer({
    ALLOWED_PRIVATE_HOSTS: '127.0.0.0/8',
    LINK_PORTS: Array.from({ length: 65_535 }, (_, index) => index + 1).join(','),
    MAX_TRIES: '1',
    OPERATOR_SEES: 'everything',
  });
  unsubscribe('fastify.initialization', watchRoutes);
  return { server: started, routes: found, undeclared: plain };
}

async function drawPng(): Promise<Blob> {
  const { default: sharp } = await import('sharp');
  const bytes = await sharp({ create: { width: 32, height: 32, channels: 3, background: 'teal' } })
    .png()
    .toBuffer();
  return new Blob([new Uint8Array(bytes)], { type: 'image/png' });
}

/** Calls, and holds the answer against the document. Gives `data`. */
async function expectCall<Data = Record<string, string>>(
  method: string,
  path: string,
  { status = 200, json, ...options }: Call & { status?: number; json?: unknown } = {},
): Promise<Data> {
  const answer: Answer = await server.call(path, {
    method,
    ...(json === undefined
      ? {}
      : { body: JSON.stringify(json), headers: { 'content-type': 'application/json' } }),
    ...options,
  });
  expect(answer.status, `${method} ${path}: ${answer.text.slice(0, 300)}`).toBe(status);
  contract.hold(method, path, answer);
  return (answer.body as { data: Data } | undefined)?.data as Data;
}

onOneStore('every route is described, and everything that is described is a route', () => {
  // Files of pages; and what MCP answers 405 itself, because it keeps no sessions.
  const notOfTheApi =
    /^(HEAD|OPTIONS) |\.(js|css|svg|html|png|ico|webmanifest|tgz)$|\/client\.json$|^(GET|DELETE) \/mcp$/;
  const described = operations.map(({ method, path }) => `${method.toUpperCase()} ${path}`);
  const there = routes.filter((route) => !notOfTheApi.test(route));
  expect(there.toSorted()).toEqual(described.toSorted());
});

onOneStore('a route that no declaration made is a file of a page or of the client', () => {
  const files =
    /^\/((assets|docs)\/[\w-]+\.(js|css)|[\w-]+\.(svg|html|png|ico|webmanifest)|client\.(tgz|json))$/;
  expect(undeclared.filter((path) => !files.test(path))).toEqual([]);
});

test('the document is the one of the project, which a test of its own holds against the sources', async () => {
  const { body } = await server.call('/openapi.json', { key: null });
  expect(body).toEqual(openapi);
});

test('tasks are submitted, asked for, listed, cancelled and tried again as described', async () => {
  const { task_id: id } = await expectCall('POST', statusPath, {
    json: { prompt: 'a banana', metadata: { order: '7' } },
  });
  const form = new FormData();
  form.set('prompt', 'make it night');
  form.set('image', png, 'picture.png');
  await expectCall('POST', editPath, { body: form });
  await server.final(id ?? '');
  await expectCall('GET', `${statusPath}/${id}`);
  const { headers } = await server.call(`${statusPath}/${id}`);
  await expectCall('GET', `${statusPath}/${id}`, {
    status: 304,
    headers: { 'if-none-match': headers.get('etag') ?? '' },
  });
  await expectCall('GET', `${statusPath}?ids=${id},${id?.replace('0', '1')}`);
  await expectCall('GET', `${statusPath}?state=succeeded&metadata[order]=7&limit=1`);
  await expectCall('POST', `${statusPath}/${id}/cancel`, { status: 409 });
  const failed = await server.submit({ prompt: '[[fail content_rejected]]' });
  await server.final(failed);
  await expectCall('GET', `${statusPath}/${failed}`);
  await expectCall('POST', `${statusPath}/${failed}/retry`);
  await expectCall('POST', `${statusPath}/${id}/retry`, { status: 409 });
  await expectCall('GET', `${statusPath}?include=prompt&search=banana`);
  await expectCall('GET', `${statusPath}/${id}/request`);
  await expectCall('POST', `${statusPath}/${id}/delete`);
  await expectCall('POST', `${statusPath}/${id}/delete`, { status: 404 });
  for (const [method, path] of [
    ['POST', '/cancel'],
    ['DELETE', ''],
  ] as const) {
    const hanging = await server.submit({ prompt: '[[hang]]' });
    await server.until(hanging, ({ attempts }) => attempts.length === 1);
    await expectCall('GET', `${statusPath}/${hanging}?wait=1`);
    await expectCall('POST', `${statusPath}/${hanging}/delete`, { status: 409 });
    await expectCall(method, `${statusPath}/${hanging}${path}`);
  }
});

test('the status query is answered in the forms of older programs as described', async () => {
  const id = await server.submit({ prompt: 'a banana' }, statusPath);
  await server.final(id);
  for (const path of [`${statusPath}/result?id=${id}`, `${statusPath}-result?task_id=${id}`]) {
    await expectCall('GET', path);
    const { headers } = await server.call(path);
    await expectCall('GET', path, { status: 304, headers: { 'if-none-match': headers.get('etag') ?? '' } });
    await expectCall('GET', path.replace(/[?].*/, ''), { status: 400 });
    await expectCall('GET', `${path}&key=${adminKey}`, { status: 401, key: null });
  }
  await expectCall('GET', `${statusPath}/status?id=${id}`);
  for (const path of ['/status', '/result', '-result'])
    await expectCall('POST', statusPath + path, { json: { id } });
  await expectCall('POST', `${statusPath}/status`, { status: 404, json: { id: noTask } });
});

test('a submit that is sent again is answered again, or refused with another body', async () => {
  const headers = { 'idempotency-key': 'contract-1', 'content-type': 'application/json' };
  const send = (prompt: string, status: number) =>
    expectCall('POST', statusPath, { status, headers, body: JSON.stringify({ prompt }) });
  expect(await send('a banana', 200)).toEqual(await send('a banana', 200));
  await send('two bananas', 409);
});

test('batches are as described', async () => {
  const { batch_id: id } = await expectCall('POST', `${statusPath}/batch`, {
    json: { tasks: [{ prompt: 'a banana' }, { prompt: '[[hang]]' }] },
  });
  await expectCall('GET', `${statusPath}/batch/${id}`);
  await expectCall('POST', `${statusPath}/batch/${id}/cancel`);
  await expectCall('DELETE', `${statusPath}/batch/${id}`);
});

test('streams of events are as described', async () => {
  const hanging = await server.submit({ prompt: '[[hang]]' });
  const headers = { authorization: adminKey };
  for (const path of [`${statusPath}/${hanging}/events`, `${statusPath}/events`]) {
    const stop = new AbortController();
    const { status, headers: answered } = await fetch(server.url + path, { headers, signal: stop.signal });
    contract.hold('GET', path, { status, headers: answered, text: '', body: undefined });
    stop.abort();
  }
  const { task_id: id, events_url: link } = await expectCall('POST', statusPath, {
    json: { prompt: 'a banana' },
  });
  await server.final(id ?? '');
  const { pathname, search } = new URL(link ?? '');
  const events = await server.call(pathname + search, { key: null });
  contract.hold('GET', pathname, events);
  const [, last = ''] = /^id: (.+)$/m.exec(events.text) ?? [];
  await expectCall('GET', pathname, { status: 204, headers: { 'last-event-id': last } });
  await expectCall('GET', `${pathname}?e=1&token=x`, { status: 403, key: null });
  await expectCall('DELETE', `${statusPath}/${hanging}`);
});

test('pictures and files are as described', async () => {
  const id = await server.submit({ prompt: 'a banana' });
  const { data } = await server.final(id);
  const { pathname, search } = new URL(data.images[0]?.url ?? '');
  for (const path of [`${statusPath}/${id}/images/1?w=64&format=webp`, `${pathname}${search}`]) {
    await expectCall('GET', path);
    await expectCall('GET', path, { status: 206, headers: { range: 'bytes=0-9' } });
    await expectCall('GET', path, { status: 416, headers: { range: 'bytes=99999999-' } });
    const { headers } = await server.call(path);
    await expectCall('GET', path, { status: 304, headers: { 'if-none-match': headers.get('etag') ?? '' } });
    await expectCall(
      'GET',
      path.replace(/[?].*/, (query) => `${query}&w=none`.replace('?w=64', '?')),
      { status: 400 },
    );
  }
  await expectCall('GET', pathname, { status: 403, key: null });
  await expectCall('GET', `${statusPath}/${id}/images.zip`);

  const { file_id: file } = await expectCall('POST', '/api/files', { body: png });
  await expectCall('GET', '/api/files');
  await expectCall('GET', `/api/files/${file}`);
  await expectCall('DELETE', `/api/files/${file}`);
  await expectCall('POST', '/api/files', {
    status: 422,
    body: new Blob(['no picture'], { type: 'image/png' }),
  });
});

test('webhooks and their deliveries are as described, and so is what receivers get', async () => {
  const receiver = await startReceiver();
  const root = '/api/webhooks';
  const { webhook_id: id } = await expectCall('POST', root, {
    json: { url: receiver.url, events: ['task.running', 'task.succeeded', 'task.failed', 'task.cancelled'] },
  });
  await expectCall('GET', root);
  await expectCall('GET', `${root}/${id}`);
  await expectCall('PATCH', `${root}/${id}`, { json: { description: 'a receiver' } });
  await expectCall('POST', `${root}/${id}/test`);
  await expectCall('POST', `${root}/${id}/rotate`);
  await expectCall('GET', `${root}/secret`);
  await expectCall('POST', `${root}/secret/rotate`);
  await server.final(await server.submit({ prompt: 'a banana' }));
  await server.final(await server.submit({ prompt: '[[fail content_rejected]]' }));
  const hanging = await server.submit({ prompt: '[[hang]]' });
  await server.until(hanging, ({ state }) => state === 'running');
  await expectCall('DELETE', `${statusPath}/${hanging}`);
  const received = await receiver.until(7);
  for (const { message, headers } of received) {
    contract.holdMessage(message.type, message);
    expect(headers).toMatchObject({
      'webhook-id': expect.stringMatching(/^msg_/),
      'webhook-timestamp': expect.stringMatching(/^\d{10}$/),
      'webhook-signature': expect.stringMatching(/^v1,/),
    });
  }
  expect(new Set(received.map(({ message }) => message.type)).size).toBe(5);
  await expect
    .poll(async () => (await server.call(`${root}/deliveries?state=pending`)).text, { timeout: 10_000 })
    .toContain('"deliveries":[]');
  const { deliveries } = await expectCall<{ deliveries: { delivery_id: string }[] }>(
    'GET',
    `${root}/deliveries`,
  );
  const delivery = deliveries[0]?.delivery_id;
  await expectCall('GET', `${root}/deliveries/${delivery}`);
  await expectCall('POST', `${root}/deliveries/${delivery}/replay`);
  await expectCall('POST', `${root}/replay`, { json: { from: 1, webhook_id: id } });
  await expectCall('DELETE', `${root}/${id}`);
  await expectCall('POST', `${root}/deliveries/${delivery}/replay`, { status: 409 });
});

test('faces for clients of other APIs are as described', async () => {
  const root = '/openai/v1';
  const made = `${root}/images/generations`;
  await expectBare('POST', made, { json: { prompt: 'a banana' } });
  await expectBare('POST', made, { json: { prompt: '' }, status: 400 });
  await expectBare('POST', made, { json: { prompt: '[[fail upstream_quota]]' }, status: 502 });
  const image_url = `data:image/png;base64,${Buffer.from(await png.arrayBuffer()).toString('base64')}`;
  await expectBare('POST', `${root}/images/edits`, { json: { prompt: 'x', images: [{ image_url }] } });
  await expectBare('GET', `${root}/models`);
  await expectBare('GET', `${root}/models/gpt-image-2`);
  await expectBare('GET', `${root}/models/none`, { status: 404 });
  const chat = (content: string, status = 200) =>
    expectBare('POST', `${root}/chat/completions`, {
      json: { messages: [{ role: 'user', content }] },
      status,
    });
  await chat('a banana');
  await chat('', 400);
  await chat('[[fail upstream_quota]]', 502);
});

test('files and batches of OpenAI’s clients are as described', async () => {
  const root = '/openai/v1';
  const request = { prompt: '[[hang]]' };
  const endpoint = '/v1/images/generations';
  const form = new FormData();
  form.append('purpose', 'batch');
  const line = JSON.stringify({ custom_id: 'a', method: 'POST', url: endpoint, body: request });
  form.append('file', new Blob([line]), 'batch.jsonl');
  const uploaded: Answer = await server.call(`${root}/files`, { method: 'POST', body: form });
  contract.hold('POST', `${root}/files`, uploaded);
  const { id } = uploaded.body as { id: string };
  await expectBare('POST', `${root}/files`, { json: {}, status: 400 });
  await expectBare('GET', `${root}/files`);
  await expectBare('GET', `${root}/files?limit=0`, { status: 400 });
  await expectBare('GET', `${root}/files/${id}`);
  await expectBare('GET', `${root}/files/${id}/content`);
  const asked = { input_file_id: id, endpoint, completion_window: '1h' };
  await expectBare('POST', `${root}/batches`, { json: asked });
  await expectBare('POST', `${root}/batches`, { json: { ...asked, endpoint: '' }, status: 400 });
  const { first_id } = await expectBare('GET', `${root}/batches`);
  const batch = `${root}/batches/${String(first_id)}`;
  await expectBare('GET', batch);
  await expectBare('GET', `${root}/batches/none`, { status: 404 });
  await expectBare('POST', `${batch}/cancel`);
  await expectBare('DELETE', `${root}/files/${id}`);
  await expectBare('DELETE', `${root}/files/${id}`, { status: 404 });
});

test('the face for clients of Gemini is as described', async () => {
  const root = '/gemini/v1beta/models';
  const make = (contents: unknown, status = 200) =>
    expectBare('POST', `${root}/nano-banana:generateContent`, { json: { contents }, status });
  await make('a banana');
  await make('[[fail no_image]]');
  await make('', 400);
  await make('[[fail upstream_quota]]', 503);
  await expectBare('POST', `${root}/nano-banana:streamGenerateContent`, { json: { contents: 'x' } });
  await expectBare('GET', root);
  await expectBare('GET', `${root}/nano-banana`);
});

test('the queue, the runs and the storage of fal’s face are as described', async () => {
  const app = '/fal/fal-ai/nano-banana';
  const submitBare = async (prompt: string) =>
    String((await expectBare('POST', app, { json: { prompt } }))['request_id']);
  const id = await submitBare('a banana');
  await server.final(id);
  const request = `${app}/requests/${id}`;
  for (const path of [request, `${request}/status?logs=1`, `${request}/status/stream`])
    await expectBare('GET', path);
  await expectBare('PUT', `${request}/cancel`, { status: 400 });
  const hanging = await submitBare('[[hang]]');
  const cancelled = `${app}/requests/${hanging}`;
  await expectBare('GET', `${cancelled}/status`, { status: 202 });
  await expectBare('GET', cancelled, { status: 400 });
  await expectBare('PUT', `${cancelled}/cancel`, { status: 202 });
  await server.final(hanging);
  for (const path of [cancelled, `${cancelled}/status`]) await expectBare('GET', path, { status: 499 });
  await expectBare('POST', '/fal/sync/fal-ai/nano-banana', { json: { prompt: 'a banana' } });
  await expectBare('POST', '/fal/sync/fal-ai/nano-banana', { json: { prompt: '' }, status: 422 });
  await expectBare('GET', '/fal/rest/.well-known/jwks.json');
  const { upload_url } = await expectBare('POST', '/fal/rest/storage/upload/initiate', { json: {} });
  const place = String(upload_url).slice(server.url.length);
  const answer = await server.call(place, {
    method: 'PUT',
    body: png,
    headers: { 'content-type': 'image/png' },
  });
  expect(answer.status, answer.text).toBe(200);
  contract.hold('PUT', place, answer);
});

test('interactions of the face for clients of Gemini are as described', async () => {
  const root = '/gemini/v1/interactions';
  const create = (json: object, status = 200) =>
    expectBare('POST', root, { json: { model: 'nano-banana', ...json }, status });
  await create({ input: '' }, 400);
  await create({ input: '[[fail no_image]]' });
  const { id } = await create({ input: 'x', labels: { order: '7' } });
  const path = `${root}/${String(id)}`;
  await expectBare('GET', path);
  await expectBare('GET', `${path}?stream=true&last_event_id=x`, { status: 400 });
  await expectBare('POST', `${path}/cancel`);
  await expectBare('DELETE', path);
});

test('batches of the face for clients of Gemini are as described', async () => {
  const root = '/gemini/v1/batches';
  const create = '/gemini/v1/models/nano-banana:batchGenerateContent';
  const inline = (requests: object[]) => ({ batch: { inputConfig: { requests: { requests } } } });
  const requests = ['a banana', '[[fail no_image]]', '[[fail upstream_quota]]'].map((contents) => ({
    request: { contents },
    metadata: { key: contents },
  }));
  await expectBare('POST', create, { json: inline([]), status: 400 });
  const path = `/gemini/v1/${String((await expectBare('POST', create, { json: inline(requests) }))['name'])}`;
  await expect.poll(async () => (await expectBare('GET', path))['done']).toBe(true);
  await expectBare('GET', root);
  await expectBare('GET', `${root}?pageSize=0`, { status: 400 });
  await expectBare('POST', `${path}:cancel`);
  const file = path.replace('batches/', 'files/batch-');
  for (const place of [file, file.replace('/gemini/', '/gemini/download/')]) {
    const answer: Answer = await server.call(`${place}:download`);
    contract.hold('GET', `${place}:download`, answer);
    expect(answer.text.trimEnd().split('\n')).toHaveLength(3);
  }
  await expectBare('DELETE', path);
  await expectBare('GET', path, { status: 404 });
});

test('files of the face for clients of Gemini are as described', async () => {
  const begin = '/gemini/upload/v1/files';
  const hold = async (method: string, path: string, sent: Call = {}) => {
    const answer = await server.call<GeminiUploaded>(path, { method, ...sent });
    expect(answer.status, answer.text).toBe(200);
    contract.hold(method, path, answer);
    return answer;
  };
  const bytes = await png.arrayBuffer();
  const { body } = await hold('POST', begin, { body: bytes });
  const started = await hold('POST', begin, {
    headers: {
      'x-goog-upload-command': 'start',
      'x-goog-upload-header-content-length': `${bytes.byteLength}`,
    },
  });
  const headers = { 'x-goog-upload-command': 'upload, finalize', 'x-goog-upload-offset': '0' };
  const url = started.headers.get('x-goog-upload-url') ?? '';
  await hold('POST', url.slice(server.url.length), { key: null, headers, body: bytes });
  await hold('GET', '/gemini/v1/files');
  await hold('GET', `/gemini/v1/${body.file.name}`);
  await hold('DELETE', `/gemini/v1/${body.file.name}`);
});

/** Holds a call of a face, whose answers have no envelope. Gives the body. */
async function expectBare(
  method: string,
  path: string,
  { json, status = 200 }: { json?: unknown; status?: number } = {},
): Promise<Record<string, unknown>> {
  const body = json === undefined ? {} : { body: JSON.stringify(json) };
  const answer = await server.call<Record<string, unknown>>(path, { method, ...body });
  expect(answer.status, answer.text).toBe(status);
  contract.hold(method, path, answer);
  return answer.body;
}

test('the dialects of asynchronous pictures are as described', async () => {
  const of = {
    '/v1': ['/images/tasks', '/images/generations'],
    '/apimart/v1': ['/tasks'],
    '/evolink/v1': ['/tasks', '/images/generations'],
    '/sub2api/v1': ['/images/tasks'],
  };
  const image_urls = [`data:image/png;base64,${Buffer.from(await png.arrayBuffer()).toString('base64')}`];
  const failed = await server.submit({ prompt: '[[fail no_image]]' });
  const hanging = await server.submit({ prompt: '[[hang]]' });
  await server.final(failed);
  for (const [root, asked] of Object.entries(of)) {
    const submits = operations.filter(
      ({ method, path }) => method === 'post' && path.startsWith(`${root}/images/`),
    );
    for (const { path } of submits) {
      const status = path.endsWith('/async') ? 202 : 200;
      await expectBare('POST', path, { json: { prompt: 'a banana', image_urls }, status });
      await expectBare('POST', path, { json: { prompt: '' }, status: 400 });
    }
    for (const path of asked) {
      for (const id of [failed, hanging]) await expectBare('GET', `${root}${path}/${id}`);
      await expectBare('GET', `${root}${path}/${noTask}`, { status: 404 });
    }
    await expectBare('GET', `${root}/models`);
    if (root === '/sub2api/v1') continue;
    const form = new FormData();
    form.set('file', png, 'picture.png');
    const upload = await server.call(`${root}/uploads/images`, { method: 'POST', body: form });
    contract.hold('POST', `${root}/uploads/images`, upload);
    await expectBare('POST', `${root}/uploads/images`, { json: {}, status: 400 });
  }
  await server.call(`${statusPath}/${hanging}`, { method: 'DELETE' });
});

test('the face of Replicate is as described', async () => {
  const root = '/replicate/v1';
  const made = `${root}/models/google/nano-banana-2.1/predictions`;
  const input = { prompt: 'a banana' };
  await expectBare('POST', made, { json: { input }, status: 201 });
  await expectBare('POST', made, { json: {}, status: 422 });
  await expectBare('POST', `${root}/models/none/none/predictions`, { json: { input }, status: 404 });
  await expectBare('POST', `${root}/predictions`, { json: { version: 'nano-banana', input }, status: 201 });
  await expectBare('GET', `${root}/predictions`);
  await expectBare('GET', `${root}/predictions?cursor=x`, { status: 422 });
  const id = await server.submit({ prompt: '[[hang]]' });
  await expectBare('GET', `${root}/predictions/${id}`);
  await expectBare('POST', `${root}/predictions/${id}/cancel`);
  await expectBare('POST', `${root}/predictions/${noTask}/cancel`, { status: 404 });
  const body = new FormData();
  body.set('content', png, 'picture.png');
  const upload = await server.call<{ id: string }>(`${root}/files`, { method: 'POST', body });
  contract.hold('POST', `${root}/files`, upload);
  await expectBare('POST', `${root}/files`, { json: {}, status: 422 });
  await expectBare('GET', `${root}/files`);
  await expectBare('GET', `${root}/files/${upload.body.id}`);
  await expectBare('DELETE', `${root}/files/${upload.body.id}`, { status: 204 });
  await expectBare('GET', `${root}/files/${noTask}`, { status: 404 });
  await expectBare('GET', `${root}/webhooks/default/secret`);
});

test('the v1 family, and what is for operators, are as described', async () => {
  const answer: Answer = await server.call('/v1/images/generations?async=true', {
    method: 'POST',
    body: JSON.stringify({ prompt: 'a banana' }),
  });
  contract.hold('POST', '/v1/images/generations', answer);
  await expectCall('GET', `/v1/tasks/${(answer.body as { id: string }).id}`);
  const failed = await server.submit({ prompt: '[[fail content_rejected]]' });
  await server.final(failed);
  await expectCall('GET', `/v1/tasks/${failed}`);
  for (const path of [
    '/api/models',
    '/api/me',
    '/api/usage?by=day,model',
    '/healthz',
    '/readyz',
    '/metrics',
    '/',
    '/docs',
    '/openapi.json',
  ])
    await expectCall('GET', path);
  const origin = { origin: server.url };
  const sent = { 'content-type': 'application/json', ...origin };
  const signedIn = await server.call('/api/session', {
    method: 'POST',
    key: null,
    headers: sent,
    body: JSON.stringify({ key: userKey }),
  });
  contract.hold('POST', '/api/session', signedIn);
  const session = { key: null, headers: { ...origin, cookie: signedIn.headers.get('set-cookie') ?? '' } };
  for (const path of ['/api/session', '/api/sessions']) await expectCall('GET', path, session);
  await expectCall('GET', '/api/session', { status: 404 });
  await expectCall('DELETE', '/api/session', session);
  await expectCall('DELETE', '/api/sessions');
  const admin = '/api/admin';
  const { key_id: id } = await expectCall('POST', `${admin}/keys`, { json: { name: 'a program' } });
  await expectCall('GET', `${admin}/keys/${id}`);
  const limited = { limits: { running: 1 }, budget: { period: 'day', amount_micro_usd: 5 } };
  await expectCall('PATCH', `${admin}/keys/${id}`, { json: { name: 'the program', ...limited } });
  await expectCall('POST', `${admin}/keys/${id}/roll`, { json: { overlap_seconds: 5 } });
  await expectCall('POST', `${admin}/keys/${id}/revoke`);
  await expectCall('DELETE', `${admin}/keys/${id}`);
  for (const path of [
    '/keys',
    '/overview?step=3600',
    '/settings',
    '/upstreams',
    '/audit',
    '/usage?by=owner,day',
  ])
    await expectCall('GET', admin + path);
  const { owner_id: owner } = await expectCall('POST', `${admin}/owners`, {
    json: { name: 'Acme', ...limited },
  });
  await expectCall('GET', `${admin}/owners?limit=1`);
  await expectCall('GET', `${admin}/owners/${owner}`);
  await expectCall('PATCH', `${admin}/owners/${owner}`, { json: { shared: true, budget: null } });
  await expectCall('DELETE', `${admin}/owners/${owner}`);
  await expectCall('POST', `${admin}/upstreams/sandbox/resume`);
  const hanging = await server.submit({ prompt: '[[hang]]' });
  for (const path of [`/tasks/${hanging}`, `/tasks/${failed}`, '/tasks?limit=5'])
    await expectCall('GET', admin + path);
  await expectCall('DELETE', `${admin}/tasks/${hanging}`, { status: 409 });
  await expectCall('POST', `${admin}/tasks/${hanging}/cancel`);
  await expectCall('DELETE', `${admin}/tasks/${failed}`);
  const unusable = await server.submit({ prompt: 'a banana [[web_page]] [[delay 0ms]]' });
  await server.final(unusable);
  await expectCall('GET', `${admin}/tasks/${unusable}/attempts/1/answer`);
  const accept = { accept: 'application/json, text/event-stream', 'content-type': 'application/json' };
  const tell = (status: number, message: object) =>
    expectCall('POST', '/mcp', { status, headers: accept, body: JSON.stringify(message) });
  await tell(200, { jsonrpc: '2.0', id: 1, method: 'tools/list' });
  await tell(202, { jsonrpc: '2.0', method: 'notifications/initialized' });
  await tell(400, {});
});

const noTask = '01a2056a-2a83-72c6-972a-2013e9fd9af3';
const inPlace = (path: string) =>
  path
    .replace('{version}', 'v1beta')
    .replace('{id}', noTask)
    .replaceAll(/\{\w+\}/g, '1')
    .replace(/(?<=nano-banana.)(?:result|status)$/, `$&?id=${noTask}`);
const keyed = operations.filter(({ security }) => security?.length !== 0);
const refusedWith = (type: ReturnType<typeof refusalTypesOf>[number]) =>
  operations.filter((operation) => refusalTypesOf(operation).includes(type));
/** Status of a refusal, which a face may have its own for. */
function statusFor({ family }: Operation, type: RequestErrorType): number {
  const status = statusOf[type];
  return family?.refuse({ status, type, message: '', requestId: '', details: undefined }).status ?? status;
}
const withBody = operations.filter(({ body }) => body !== undefined);

onOneStore.each(keyed)('$id asks whoever has no key for one', async (operation) => {
  const { method, path } = operation;
  const status = statusFor(operation, 'unauthenticated');
  await expectCall(method.toUpperCase(), inPlace(path), { status, key: null });
});

test.each(
  refusedWith('not_found').filter(({ security, body }) => security?.length !== 0 && body === undefined),
)('$id says that there is no such thing', async ({ method, path }) => {
  await expectCall(method.toUpperCase(), inPlace(path), { status: 404 });
});

onOneStore.each(operations.filter(({ path }) => path.startsWith('/api/admin/')))(
  '$id is for admins only',
  async ({ method, path }) => {
    await expectCall(method.toUpperCase(), inPlace(path), { status: 403, key: userKey });
  },
);

const isReadFirst = ({ id, path, security }: (typeof operations)[number]) =>
  path !== '/mcp' && id !== 'geminiBeginUpload' && !id.startsWith('change') && security?.length !== 0;

onOneStore.each(withBody.filter(isReadFirst))('$id refuses bodies that it can’t read', async (operation) => {
  const { method, path } = operation;
  const name = method.toUpperCase();
  await expectCall(name, inPlace(path), { status: statusFor(operation, 'invalid_request'), body: '{' });
  await expectCall(name, inPlace(path), {
    status: statusFor(operation, 'unsupported_media'),
    body: '<a/>',
    headers: { 'content-type': 'text/xml' },
  });
});

test('each call was answered as it is meant to be at least once', () => {
  const answered = [...contract.held].filter((call) => Number(call.split(' ')[2]) < 300);
  const missing = operations
    .map(({ method, path }) => `${method.toUpperCase()} ${path}`)
    .filter((operation) => !answered.some((call) => call.startsWith(`${operation} `)));
  expect(missing).toEqual([]);
});
