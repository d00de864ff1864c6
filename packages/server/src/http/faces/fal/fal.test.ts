import { createHash, createPublicKey, hash, type webcrypto, verify } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ApiError, createFalClient, type FalClient, ValidationError } from '@fal-ai/client';
import sharp from 'sharp';
import { beforeAll, expect, test } from 'vitest';
import type { Envelope, NewKeyBody, NewKeyData, TaskData, TaskRequestData } from '@plantain/client';
import { startReceiver } from '../../../webhooks/receiver.fixture.ts';
import { onOneStore } from '../../../store/test-store.fixture.ts';
import {
  adminKey,
  type SentBody,
  startServer,
  statusPath,
  temporaryDirectory,
  type TestServer,
} from '../../server.fixture.ts';
import { faceColumn } from '../kit/features.fixture.ts';
import type { FalOutput, FalStatus } from './answers.ts';

const column = faceColumn(
  'fal',
  { title: 'fal', prefix: '/fal', clients: ['@fal-ai/client 1.10.1'] },
  {
    models: 'its library lists none; `GET /api/models` does',
    usage: 'pictures are counted instead, in `X-Fal-Billable-Units`',
  },
);

let server: TestServer;
let png: Buffer;
beforeAll(async () => {
  server = await startServer(
    {
      UNPRICED: 'refuse',
      MAX_TRIES: '2',
      ALLOWED_PRIVATE_HOSTS: '127.0.0.0/8',
      LINK_PORTS: Array.from({ length: 65_535 }, (_, index) => index + 1).join(','),
    },
    {
      file: 'selling_prices: { nano-banana: 0.05, nano-banana-2: 0.05, nano-banana-2.1: 0.05, nano-banana-pro: 0.2, gpt-image-2: 0.05 }',
    },
  );
  png = await sharp({ create: { width: 60, height: 40, channels: 3, background: 'teal' } })
    .png()
    .toBuffer();
});

/** Places of fal's hosts on this server. */
function placed(address: string, base = server.url): string {
  const { host, pathname, search } = new URL(address);
  const places: Record<string, string> = {
    'queue.fal.run': '/fal',
    'fal.run': '/fal/sync',
    'rest.fal.ai': '/fal/rest',
  };
  const place = places[host];
  return place === undefined ? address : base + place + pathname + search;
}

const byMiddleware = (credentials = adminKey, base?: string) =>
  createFalClient({
    credentials,
    requestMiddleware: async (request) => ({ ...request, url: placed(request.url, base) }),
  });
/** The three ways in which the library is brought to call another host. */
const ways: [way: string, client: () => FalClient][] = [
  ['requestMiddleware', byMiddleware],
  [
    'fetch',
    () =>
      createFalClient({
        credentials: adminKey,
        fetch: (input, init) => fetch(placed(input as string), init),
      }),
  ],
  [
    'proxyUrl',
    () =>
      createFalClient({
        credentials: adminKey,
        proxyUrl: { url: `${server.url}/fal/proxy`, when: 'always' },
      }),
  ],
];

const banana = 'fal-ai/nano-banana';
/** The library has types for apps that it knows; what comes is held by the tests. */
type Input = Record<string, unknown> & { prompt: string };
const subscribe = async (fal: FalClient, app: string, input: Input) =>
  (await fal.subscribe(app, { input, pollInterval: 5 })) as { data: FalOutput; requestId: string };

async function newKey(body: Partial<NewKeyBody>): Promise<NewKeyData> {
  const sent = { method: 'POST', body: JSON.stringify({ name: 'a user', ...body }) };
  return (await server.call<Envelope<NewKeyData>>('/api/admin/keys', sent)).body.data;
}

async function tasksOf(prompt: string, at = server): Promise<TaskData[]> {
  const list = await at.call<{ data: { tasks: TaskData[] } }>(
    `${statusPath}?search=${encodeURIComponent(prompt)}`,
  );
  return list.body.data.tasks;
}

/** Measures and format of a picture behind a link, or in a data: URI. */
async function shapeOf({ data }: { data: FalOutput }, index = 0) {
  const bytes = await (await fetch(data.images[index]?.url ?? '')).arrayBuffer();
  return await sharp(Buffer.from(bytes)).metadata();
}

async function refusedBy(call: Promise<unknown>): Promise<ApiError<{ detail: unknown; status?: string }>> {
  const error: unknown = await call.then(
    () => new Error('It was not refused.'),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ApiError);
  return error as ApiError<{ detail: unknown; status?: string }>;
}

const submitted = async (input: Input, fal = byMiddleware()) =>
  (await fal.queue.submit(banana, { input })).request_id;

async function finished(id: string): Promise<string> {
  await server.final(id);
  return id;
}

test.each(ways)(
  'a picture from a prompt, by %s: subscribe gives its link, and run waits for it',
  async (_, client) => {
    const states: string[] = [];
    const result = await client().subscribe(banana, {
      input: { prompt: 'a banana' },
      pollInterval: 5,
      onQueueUpdate: ({ status }) => void states.push(status),
    });
    const { data, requestId } = result as { data: FalOutput; requestId: string };
    expect(states.at(-1)).toBe('COMPLETED');
    expect(await server.task(requestId)).toMatchObject({ state: 'succeeded', model: 'nano-banana' });
    expect(data.images).toMatchObject([
      { content_type: 'image/png', width: 1024, height: 1024, file_size: expect.any(Number) },
    ]);
    expect(await shapeOf({ data })).toMatchObject({ width: 1024, height: 1024, format: 'png' });
    const run = await client().run(banana, { input: { prompt: 'a banana' } });
    expect(await shapeOf(run as { data: FalOutput })).toMatchObject({ width: 1024 });
    expect(run.requestId).toMatch(/^[\da-f-]{36}$/);
    column.shows('generate');
  },
);

onOneStore.each(ways)(
  'an upload of pictures, by %s: a Blob in the input is uploaded and edited',
  async (_, client) => {
    const picture = new Blob([new Uint8Array(png)], { type: 'image/png' });
    const { requestId } = await subscribe(client(), `${banana}/edit`, {
      prompt: 'a hat',
      image_urls: [picture],
    });
    expect(await server.task(requestId)).toMatchObject({ state: 'succeeded', action: 'edit' });
    const link = await client().storage.upload(picture);
    expect(await (await fetch(link)).bytes()).toHaveLength(png.length);
    column.shows('upload', 'of files up to 90 MB, as the library sends larger ones in parts');
  },
);

onOneStore(
  'an edit of pictures that are sent along, as data: URIs, and of pictures behind links',
  async () => {
    const uri = `data:image/png;base64,${png.toString('base64')}`;
    const link = await byMiddleware().storage.upload(new Blob([new Uint8Array(png)], { type: 'image/png' }));
    for (const input of [{ image_urls: [uri, link] }, { image_url: link }]) {
      const { requestId } = await subscribe(byMiddleware(), 'google/nano-banana-2.1/edit', {
        prompt: 'a hat',
        ...input,
      });
      expect(await server.task(requestId)).toMatchObject({ action: 'edit', model: 'nano-banana-2.1' });
    }
    column.shows('edit', 'as data: URIs or uploads');
    column.shows('editLinks');
  },
);

test('several pictures in one call', async () => {
  const result = await subscribe(byMiddleware(), banana, { prompt: 'x', num_images: 3 });
  expect(result.data.images).toHaveLength(3);
  const { headers } = await server.call(`/fal/${banana}/requests/${result.requestId}`);
  expect(headers.get('x-fal-billable-units')).toBe('3');
  expect(headers.get('x-plantain-cost-micro-usd')).toBe('150000');
  expect(headers.get('access-control-expose-headers')).toContain('X-Fal-Billable-Units');
  column.shows('several');
});

onOneStore.each([
  [{ aspect_ratio: '16:9', resolution: '2K' }, 2752, 1536],
  [{ aspect_ratio: '2:3' }, 848, 1264],
  [{ image_size: 'landscape_4_3' }, 1200, 896],
  [{ image_size: { width: 1024, height: 1536 } }, 848, 1264],
])('ratio and size, true to the pixels: %j gives %d x %d', async (asked, width, height) => {
  const { data } = await subscribe(byMiddleware(), 'google/nano-banana-2.1', { prompt: 'x', ...asked });
  expect(data.images).toMatchObject([{ width, height }]);
  expect(await shapeOf({ data })).toMatchObject({ width, height });
  column.shows('shape', 'also by `image_size` of fal’s other apps');
});

onOneStore('the format that is asked for: behind links, and in data: URIs with sync_mode', async () => {
  for (const sync_mode of [false, true]) {
    const input = { prompt: 'x', output_format: 'webp', sync_mode };
    const { data } = await subscribe(byMiddleware(), banana, input);
    expect(data.images).toMatchObject([
      { content_type: 'image/webp', file_name: expect.stringMatching(/\.webp$/) },
    ]);
    expect(data.images[0]?.url).toMatch(sync_mode ? /^data:image\/webp;base64,/ : /^http/);
    expect(await shapeOf({ data })).toMatchObject({ format: 'webp' });
  }
  column.shows('format');
});

onOneStore(
  'a stream of events: the states of a request until it has ended, with what its log has',
  async () => {
    const fal = byMiddleware();
    const id = await submitted({ prompt: '[[delay 30ms]]' });
    const states: FalStatus[] = [];
    const stream = await fal.queue.streamStatus(banana, { requestId: id, logs: true });
    stream.on('data', (each) => void states.push(each));
    const last = (await stream.done()) as FalStatus;
    expect(last).toMatchObject({ status: 'COMPLETED', request_id: id });
    expect(last.logs.map(({ message }) => message).join()).toMatch(/Call 1 of sandbox.*succeeded/);
    expect(states.at(-1)).toEqual(last);
    const result = await fal.subscribe(banana, { input: { prompt: 'x' }, mode: 'streaming' });
    expect(await shapeOf(result as { data: FalOutput })).toMatchObject({ format: 'png' });
    column.shows('stream', 'of states');
  },
);

onOneStore('the states of a request: IN_QUEUE with its place, IN_PROGRESS and COMPLETED', async () => {
  const limited = await newKey({ limits: { running: 1 } });
  const fal = byMiddleware(limited.secret);
  const first = await submitted({ prompt: '[[hang]]' }, fal);
  const second = await submitted({ prompt: 'x' }, fal);
  const state = (requestId: string) => fal.queue.status(banana, { requestId, logs: true });
  await expect.poll(() => state(first)).toMatchObject({ status: 'IN_PROGRESS', logs: [{ level: 'INFO' }] });
  expect(await state(second)).toMatchObject({ status: 'IN_QUEUE', queue_position: expect.any(Number) });
  const early = await refusedBy(fal.queue.result(banana, { requestId: second }));
  expect(early).toMatchObject({ status: 400, message: 'Request is still in progress', requestId: second });
  await fal.queue.cancel(banana, { requestId: first });
  await expect.poll(() => state(second)).toMatchObject({ status: 'COMPLETED', metrics: {} });
});

onOneStore(
  'links that a submit gives lead to its state and its result, with a path of the app or without',
  async () => {
    const links = await byMiddleware().queue.submit(`${banana}/a/b`, { input: { prompt: 'x' } });
    await finished(links.request_id);
    expect(links.status_url).toBe(`${server.url}/fal/${banana}/requests/${links.request_id}/status`);
    for (const path of [
      links.response_url.slice(server.url.length),
      `/fal/${banana}/edit/requests/${links.request_id}`,
      `/fal/${banana}/a/b/requests/${links.request_id}/response`,
    ])
      expect((await server.call<FalOutput>(path)).body.images).toHaveLength(1);
  },
);

onOneStore('a mask, by each of fal’s names, and quality and background make the task', async () => {
  const uri = `data:image/png;base64,${png.toString('base64')}`;
  const masks = { mask_image_url: new Blob([new Uint8Array(png)], { type: 'image/png' }), mask_url: uri };
  for (const [name, mask] of Object.entries(masks)) {
    const options = { quality: 'high', background: 'transparent' };
    const input = { prompt: 'x', image_urls: [uri], [name]: mask, ...options };
    const { requestId } = await subscribe(byMiddleware(), 'fal-ai/gpt-image-2/edit', input);
    const path = `${statusPath}/${requestId}/request`;
    const { data } = (await server.call<Envelope<TaskRequestData>>(path)).body;
    expect(data).toMatchObject({
      ...options,
      mask: expect.stringMatching(/^http/),
      image_urls: [expect.stringMatching(/^http/)],
    });
  }
  column.shows('mask', 'by `mask_image_url`, `mask_url` or `mask`, to models that take one');
  column.shows('options', 'to models that can be told so; a warning names what was left out');
});

onOneStore('a mask without a picture, and a second one, are refused by name', async () => {
  const mask_url = 'https://pictures.example.com/mask.png';
  const refused = await refusedBy(submitted({ prompt: 'x', mask_url, mask: mask_url }));
  expect((refused as ValidationError).fieldErrors.map(({ loc }) => loc.join('.')).toSorted()).toEqual([
    'body.mask',
    'body.mask_url',
  ]);
});

onOneStore(
  'names of models that its clients know: ids of fal’s apps, and any alias that is a model’s name',
  async () => {
    const modelOf = async (app: string) => {
      const { request_id } = await byMiddleware().queue.submit(app, { input: { prompt: 'x' } });
      return (await server.task(request_id)).model;
    };
    expect(await modelOf('fal-ai/gemini-25-flash-image')).toBe('nano-banana');
    expect(await modelOf('google/nano-banana-2.1')).toBe('nano-banana-2.1');
    expect(await modelOf('fal-ai/nano-banana-pro/any/path')).toBe('nano-banana-pro');
    expect(await modelOf('plantain/gpt-image-2')).toBe('gpt-image-2');
    expect(await refusedBy(modelOf('fal-ai/veo3'))).toMatchObject({ status: 404 });
    column.shows('names');
  },
);

onOneStore('warnings of what was changed or ignored: in a header of the answer to the submit', async () => {
  const answer = await server.call('/fal/google/nano-banana-2.1', {
    method: 'POST',
    body: JSON.stringify({ prompt: 'x', num_inference_steps: 4, limit_generations: true }),
    headers: {
      'x-fal-request-timeout': '5',
      'x-fal-object-lifecycle-preference': '{"expiration_duration_seconds":1}',
    },
  });
  expect(JSON.parse(answer.headers.get('x-plantain-warnings') ?? '')).toEqual([
    expect.stringMatching(/^x-fal-request-timeout: has no effect/),
    expect.stringMatching(/^x-fal-object-lifecycle-preference: .* 60 seconds/),
    'num_inference_steps: has no effect here',
  ]);
  column.shows('warnings', 'in the header `X-Plantain-Warnings`');
});

onOneStore('a refusal by content rules: the result says so, as fal does', async () => {
  const fal = byMiddleware();
  const refused = await refusedBy(subscribe(fal, banana, { prompt: '[[fail content_rejected]]' }));
  expect(refused).toBeInstanceOf(ValidationError);
  expect(refused.body.detail).toMatchObject([
    { loc: ['body', 'prompt'], type: 'content_policy_violation', msg: expect.any(String) },
  ]);
  expect(await fal.queue.status(banana, { requestId: refused.requestId })).toMatchObject({
    status: 'COMPLETED',
    error_type: 'content_rejected',
  });
  const run = await refusedBy(fal.run(banana, { input: { prompt: '[[fail content_rejected]]' } }));
  expect(run).toMatchObject({ status: 422, body: { detail: [{ type: 'content_policy_violation' }] } });
  column.shows('refusal');
});

onOneStore.each([
  ['no_image', 422, 'no_media_generated'],
  ['upstream_bad_request', 422, 'downstream_service_error'],
  ['upstream_quota', 502, 'downstream_service_error'],
])('a task that failed with %s answers its result with %s', async (failure, status, type) => {
  const id = await finished(await submitted({ prompt: `[[fail ${failure}]]` }));
  const answer = await server.call(`/fal/${banana}/requests/${id}`);
  expect(answer).toMatchObject({ status, body: { detail: [{ type }], error_type: failure } });
  expect(answer.headers.get('x-fal-request-id')).toBe(id);
});

onOneStore(
  'a task that passes its deadline answers its result with 504, which the library does not try again',
  async () => {
    const refused = await refusedBy(
      subscribe(byMiddleware(), banana, { prompt: '[[hang]]', deadline_seconds: 1 }),
    );
    expect(refused).toMatchObject({
      status: 504,
      timeoutType: 'user',
      body: { detail: [{ type: 'generation_timeout' }] },
    });
  },
);

onOneStore('a run whose failure may have been paid is not run again by the library', async () => {
  const call = byMiddleware().run(banana, {
    input: { prompt: '[[fail upstream_unavailable unknown]] paid once' },
  });
  expect(await refusedBy(call)).toMatchObject({ status: 500 });
  expect(await tasksOf('paid once')).toHaveLength(1);
});

onOneStore('a request that is off: every fault has its place', async () => {
  const off = { prompt: '', num_images: 99, output_format: 'gif', image_urls: ['no link'], resolution: '9K' };
  const call = byMiddleware().queue.submit('google/nano-banana-2.1', { input: off });
  const refused = await refusedBy(call);
  expect(refused).toBeInstanceOf(ValidationError);
  expect((refused as ValidationError).fieldErrors.map(({ loc }) => loc.join('.')).toSorted()).toEqual([
    'body.image_urls.0',
    'body.num_images',
    'body.output_format',
    'body.prompt',
    'body.resolution',
  ]);
  expect((refused as ValidationError).getFieldErrors('prompt')).toMatchObject([{ type: 'missing' }]);
  const noPicture = await refusedBy(
    byMiddleware().queue.submit('google/nano-banana-2.1/edit', { input: { prompt: 'x' } }),
  );
  expect((noPicture as ValidationError).getFieldErrors('image_urls')).toMatchObject([{ type: 'missing' }]);
  const webhook = byMiddleware().queue.submit(banana, {
    input: { prompt: 'x' },
    webhookUrl: 'ftp://a.example/',
  });
  expect((await refusedBy(webhook)).body.detail).toMatchObject([{ loc: ['query', 'fal_webhook'] }]);
  column.shows('invalid');
});

onOneStore('a bad key', async () => {
  const refused = await refusedBy(submitted({ prompt: 'x' }, byMiddleware('wrong:key')));
  expect(refused).toMatchObject({ status: 401, body: { error_type: 'unauthenticated' } });
  column.shows('badKey');
});

onOneStore('a wrong path: it says what is there, and nothing of it is taken for an app', async () => {
  const refused = async (method: string, path: string, headers = {}) => {
    const { status, body } = await server.call<{ detail: string | object[] }>(path, {
      method,
      headers,
      body: method === 'GET' ? '' : '{"prompt":"x"}',
    });
    return [status, JSON.stringify(body.detail)];
  };
  expect(await refused('POST', '/fal')).toEqual([404, expect.stringContaining('POST /fal/{owner}/{alias}')]);
  expect(await refused('POST', '/fal/rest/tokens')).toEqual([404, expect.stringContaining('/fal/sync/')]);
  expect(await refused('POST', '/fal/proxy')).toEqual([422, expect.stringContaining('x-fal-target-url')]);
  const target = { 'x-fal-target-url': 'https://fal.run.example.com/a/b' };
  expect(await refused('POST', '/fal/proxy', target)).toEqual([
    422,
    expect.stringContaining('x-fal-target-url'),
  ]);
  expect(await refused('POST', '/fal/%zz/b')).toEqual([422, expect.stringContaining('target')]);
  expect(await refused('POST', `/fal/sync/${banana}/stream`)).toEqual([
    404,
    expect.stringContaining('stream'),
  ]);
  expect(await refused('DELETE', `/fal/${banana}`)).toEqual([405, expect.stringContaining('POST')]);
  const parts = '/fal/rest/storage/upload/initiate-multipart?storage_type=fal-cdn-v3';
  expect(await refused('POST', parts)).toEqual([413, expect.stringContaining('90 MB')]);
  column.shows('wrongPath');
});

test('a rate limit, and an empty budget: with fal’s statuses', async () => {
  const post = async (key: string) => {
    const sent = { method: 'POST', key, body: '{"prompt":"x"}' };
    const { status, headers, body } = await server.call(`/fal/${banana}`, sent);
    return { status, wait: headers.get('retry-after'), body };
  };
  const limited = await newKey({ limits: { submits_per_minute: 1 } });
  expect(await post(limited.secret)).toMatchObject({ status: 200 });
  expect(await post(limited.secret)).toMatchObject({
    status: 429,
    wait: expect.stringMatching(/^\d+$/),
    body: { error_type: 'rate_limited' },
  });
  column.shows('rateLimit', 'by times of the library’s own; `Retry-After` is there for others');
  const poor = await newKey({ budget: { period: 'day', amount_micro_usd: 60_000 } });
  expect(await post(poor.secret)).toMatchObject({ status: 200 });
  const refused = await refusedBy(submitted({ prompt: 'x' }, byMiddleware(poor.secret)));
  expect(refused).toMatchObject({ status: 402, body: { error_type: 'budget_exhausted' } });
  column.shows('budget');
});

test('a cancel: who waits hears of it at once, in either mode', async () => {
  const fal = byMiddleware();
  const waiting = (['polling', 'streaming'] as const).map(async (mode) => {
    const asked = Promise.withResolvers<string>();
    const input = { prompt: '[[hang]]' };
    const call = refusedBy(fal.subscribe(banana, { input, mode, pollInterval: 5, onEnqueue: asked.resolve }));
    const requestId = await asked.promise;
    await fal.queue.cancel(banana, { requestId });
    return { refused: await call, requestId };
  });
  for (const { refused, requestId } of await Promise.all(waiting)) {
    expect(refused).toMatchObject({ status: 499, requestId, body: { status: 'CANCELLED' } });
    expect(await server.task(requestId)).toMatchObject({ error: { type: 'cancelled' } });
    expect(await refusedBy(fal.queue.cancel(banana, { requestId }))).toMatchObject({
      status: 400,
      body: { status: 'ALREADY_COMPLETED' },
    });
  }
  const stranger = await newKey({});
  const foreign = byMiddleware(stranger.secret).queue.cancel(banana, {
    requestId: (await waiting[0]!).requestId,
  });
  expect(await refusedBy(foreign)).toMatchObject({ status: 404, body: { status: 'NOT_FOUND' } });
  column.shows(
    'cancel',
    'its state is `CANCELLED`, with status 499, as the library would wait for ever for another state than COMPLETED',
  );
});

test('the task of a client that hangs up goes on: its result is that of the request’s id', async () => {
  const stop = new AbortController();
  const call = byMiddleware().run(banana, {
    input: { prompt: '[[delay 100ms]] hung up' },
    abortSignal: stop.signal,
  });
  await expect.poll(() => tasksOf('hung up')).toHaveLength(1);
  stop.abort();
  await expect(call).rejects.toThrow('aborted');
  const [task] = await tasksOf('hung up');
  const requestId = await finished(task?.task_id ?? '');
  expect((await byMiddleware().queue.result(banana, { requestId })).data).toMatchObject({ images: [{}] });
  column.shows('hangUp');
});

test('a repeat with an Idempotency-Key is no second task: and two calls that say nothing are two', async () => {
  const submit = (headers = {}) => byMiddleware().queue.submit(banana, { input: { prompt: 'x' }, headers });
  const ids = async (headers?: object) =>
    new Set((await Promise.all([submit(headers), submit(headers)])).map(({ request_id }) => request_id)).size;
  expect(await ids({ 'Idempotency-Key': 'fal-order-1' })).toBe(1);
  expect(await ids()).toBe(2);
  column.shows('idempotency', 'which `queue.submit` takes in `headers`');
});

onOneStore(
  'a client that times out: the library cancels its request, so that nothing more is paid for it',
  async () => {
    const asked = Promise.withResolvers<string>();
    const input = { prompt: '[[hang]] timed out' };
    const options = { input, timeout: 100, pollInterval: 5, onEnqueue: asked.resolve };
    await expect(byMiddleware().subscribe(banana, options)).rejects.toThrow('timed out');
    expect(await server.final(await asked.promise)).toMatchObject({ error: { type: 'cancelled' } });
    column.lacks(
      'timeOut',
      'at its own `timeout` the library cancels the request; and it does not say that a `run` is a repeat',
    );
  },
);

test('a kill and restart of the server in the middle: who subscribed has the picture', async () => {
  const directory = temporaryDirectory();
  const before = await startServer({}, { directory });
  const { port } = new URL(before.url);
  const call = subscribe(byMiddleware(adminKey, before.url), banana, { prompt: '[[delay 300ms]] restarted' });
  await expect.poll(() => tasksOf('restarted', before)).toHaveLength(1);
  const running = byMiddleware(adminKey, before.url).run(banana, {
    input: { prompt: '[[delay 300ms]] restarted' },
  });
  const waited = refusedBy(running);
  await expect.poll(() => tasksOf('restarted', before)).toHaveLength(2);
  await before.stop();
  // A run that is tried again would be a second task, so the library is told not to.
  const { status, requestId } = await waited;
  expect(status).toBe(500);
  const after = await startServer({ PORT: port }, { directory });
  expect(await shapeOf(await call)).toMatchObject({ format: 'png' });
  await after.final(requestId);
  const { data } = await byMiddleware(adminKey, after.url).queue.result(banana, { requestId });
  expect(data).toMatchObject({ images: [{}] });
  expect(await tasksOf('restarted', after)).toHaveLength(2);
  column.shows('restart');
});

interface Payload {
  request_id: string;
  status: string;
  payload: FalOutput;
  error: string | null;
}

test('a webhook: signed as fal signs it, with fal’s payload', async () => {
  const receiver = await startReceiver();
  const submit = (prompt: string) =>
    byMiddleware().queue.submit(banana, { input: { prompt }, webhookUrl: receiver.url });
  const { request_id: made } = await submit('a banana');
  await receiver.until(1);
  const { request_id: failed } = await submit('[[fail content_rejected]]');
  const received = await receiver.until(2);
  const { keys } = (
    await server.call<{ keys: webcrypto.JsonWebKey[] }>('/fal/rest/.well-known/jwks.json', { key: null })
  ).body;
  const key = createPublicKey({ key: keys[0]!, format: 'jwk' });
  for (const { headers, body } of received) {
    const [id, user, time, signature] = ['request-id', 'user-id', 'timestamp', 'signature'].map((name) =>
      String(headers[`x-fal-webhook-${name}`]),
    );
    const signed = [id, user, time, createHash('sha256').update(body).digest('hex')].join('\n');
    expect(verify(null, Buffer.from(signed), key, Buffer.from(signature ?? '', 'hex'))).toBe(true);
    expect(Math.abs(Number(time) - Date.now() / 1000)).toBeLessThan(300);
  }
  const [ok, error] = received.map(({ body }) => JSON.parse(body) as Payload);
  expect(ok).toMatchObject({ request_id: made, gateway_request_id: made, status: 'OK', error: null });
  expect(await shapeOf({ data: ok!.payload })).toMatchObject({ format: 'png' });
  expect(error).toMatchObject({
    request_id: failed,
    status: 'ERROR',
    error: 'Invalid status code: 422',
    payload: { detail: [{ type: 'content_policy_violation' }] },
  });
  column.shows('webhook', 'signed by Ed25519; the keys are at `GET /fal/rest/.well-known/jwks.json`');
});

test('a link to upload is for one picture, and ends with the key that asked for it', async () => {
  const asked = await newKey({});
  const initiate = () =>
    server.call<{ upload_url: string; file_url: string }>('/fal/rest/storage/upload/initiate', {
      method: 'POST',
      key: asked.secret,
      body: '{"content_type":"image/png","file_name":"../../x.svg"}',
    });
  const { upload_url, file_url } = (await initiate()).body;
  const put = async (body: SentBody, link = upload_url) =>
    (await fetch(link, { method: 'PUT', body, headers: { 'content-type': 'image/png' } })).status;
  expect(await put('no picture')).toBe(422);
  expect(await put(new Uint8Array(png))).toBe(200);
  expect(await put(new Uint8Array(png))).toBe(200);
  const other = await sharp(png).negate().png().toBuffer();
  expect(await put(new Uint8Array(other))).toBe(409);
  // Bytes that were refused are not stored either.
  const sha256 = hash('sha256', other);
  const stored = join(server.directory, 'pictures', 'inputs', sha256.slice(0, 2), sha256);
  expect(existsSync(stored)).toBe(false);
  expect(await (await fetch(file_url)).bytes()).toHaveLength(png.length);
  expect(await put(new Uint8Array(png), upload_url.replace('/upload/key_', '/upload/key_A'))).toBe(403);
  const late = (await initiate()).body.upload_url;
  await server.call(`/api/admin/keys/${asked.key_id}`, { method: 'DELETE' });
  expect(await put(new Uint8Array(png), late)).toBe(403);
});

onOneStore('its column of docs/faces.md is as shown', () => {
  expect(column.written()).toEqual(column.shown());
});
