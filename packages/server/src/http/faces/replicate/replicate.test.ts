import { createRequire } from 'node:module';
import Replicate, { validateWebhook } from 'replicate';
import sharp from 'sharp';
import { beforeAll, expect, test } from 'vitest';
import type { Envelope, NewKeyBody, NewKeyData, TaskData, TaskRequestData } from '@plantain/client';
import { newTaskId } from '../../../lib/ids.ts';
import { startReceiver } from '../../../webhooks/receiver.fixture.ts';
import { onOneStore } from '../../../store/test-store.fixture.ts';
import {
  adminKey,
  startServer,
  statusPath,
  temporaryDirectory,
  type TestServer,
} from '../../server.fixture.ts';
import { faceColumn } from '../kit/features.fixture.ts';

const column = faceColumn(
  'replicate',
  { title: 'Replicate', prefix: '/replicate/v1', clients: ['replicate 1.4.0', 'replicate 0.34.1'] },
  { usage: 'times are told instead, in `metrics`' },
);

const require = createRequire(import.meta.url);
/** Its types declare the module of the newest, so they are not loaded. */
const Replicate0 = require('replicate-0') as typeof Replicate;

const everyPort = Array.from({ length: 65_535 }, (_, index) => index + 1).join(',');
const model = 'google/nano-banana-2.1';
/** The library sends this alone of `owner/name:version`. */
const version = '5c7d5dc6dd8bf75c1acaa8565735e7986bc5b66206b55cca93cb72c9bf15ccaa';
let server: TestServer;
let png: Buffer;
beforeAll(async () => {
  server = await startServer(
    { UNPRICED: 'refuse', MAX_TRIES: '1', ALLOWED_PRIVATE_HOSTS: '127.0.0.0/8', LINK_PORTS: everyPort },
    {
      file: `selling_prices: { nano-banana-2.1: 0.05, gpt-image-2: 0.05 }\nmodel_names: { "${version}": nano-banana-2.1 }`,
    },
  );
  png = await sharp({ create: { width: 60, height: 40, channels: 3, background: 'teal' } })
    .png()
    .toBuffer();
});

const clientOf = ({ auth = adminKey, at = server }: { auth?: string; at?: TestServer } = {}) =>
  new Replicate({ auth, baseUrl: `${at.url}/replicate/v1` });

const shapeOf = async (output: unknown) => {
  const file = await fetch(String(output));
  return sharp(await file.arrayBuffer()).metadata();
};

async function newKey(body: Partial<NewKeyBody>): Promise<string> {
  const sent = { method: 'POST', body: JSON.stringify({ name: 'a user', ...body }) };
  return (await server.call<Envelope<NewKeyData>>('/api/admin/keys', sent)).body.data.secret;
}

interface Refused {
  response: Response;
  message: string;
}
const refusedBy = (call: Promise<unknown>): Promise<Refused> =>
  call.then(
    () => Promise.reject(new Error('was not refused')),
    (error: Refused) => (error.response === undefined ? Promise.reject(error) : error),
  );

async function tasksOf(search: string): Promise<TaskData[]> {
  const path = `${statusPath}?search=${encodeURIComponent(search)}`;
  return (await server.call<Envelope<{ tasks: TaskData[] }>>(path)).body.data.tasks;
}

test('a picture from a prompt: by run, which waits in the call, of the shape and in the format that it asks for', async () => {
  const seen: string[] = [];
  const input = { prompt: 'x', aspect_ratio: '16:9', output_format: 'jpg' };
  const output = await clientOf().run(model, { input }, ({ status }) => void seen.push(status));
  expect(await shapeOf(output)).toMatchObject({ width: 1376, height: 768, format: 'jpeg' });
  expect(seen).toEqual(['succeeded', 'succeeded']);
  for (const feature of ['generate', 'format'] as const) column.shows(feature);
  column.shows('shape');
});

onOneStore('a run that polls, and one of a version, have their picture too', async () => {
  const polled = await clientOf().run(model, {
    input: { prompt: 'x' },
    wait: { mode: 'poll', interval: 10 },
  });
  expect(await shapeOf(polled)).toMatchObject({ format: 'png' });
  const byVersion = await clientOf().run(`${model}:${version}`, {
    input: { prompt: 'x' },
  });
  expect(await shapeOf(byVersion)).toMatchObject({ format: 'png' });
  const unknown = clientOf().run(`${model}:${'0'.repeat(64)}`, { input: { prompt: 'x' } });
  expect((await refusedBy(unknown)).message).toMatch(/version must be .* model_names/);
});

onOneStore('names of models that its clients know: a version and a path without the owner', async () => {
  const made = await clientOf().predictions.create({
    model: 'google/nano-banana-pro',
    input: { prompt: 'x' },
  });
  expect((await server.task(made.id)).model).toBe('nano-banana-pro');
  expect(await refusedBy(clientOf().run('stability-ai/video', { input: { prompt: 'x' } }))).toMatchObject({
    response: { status: 404 },
  });
  column.shows('names', 'a model that is not known is refused with 404');
});

onOneStore(
  'a wait that is over before its prediction says starting, so that the library polls on',
  async () => {
    const made = await clientOf().predictions.create({ model, input: { prompt: '[[hang]] waits' }, wait: 1 });
    expect(made).toMatchObject({ status: 'starting', output: null, input: { prompt: '[[hang]] waits' } });
    await server.until(made.id, ({ state }) => state === 'running');
    expect((await clientOf().predictions.get(made.id)).status).toBe('processing');
    expect((await clientOf().predictions.cancel(made.id)).status).toBe('canceled');
    expect((await clientOf().predictions.cancel(made.id)).status).toBe('canceled');
    column.shows('cancel');
    column.shows(
      'timeOut',
      'the library waits for a minute at most, and then asks on by the id; a submit whose answer was lost is not known for a repeat',
    );
  },
);

onOneStore('the major before it makes, edits, cancels and is refused as the newest does', async () => {
  const replicate = new Replicate0({ auth: adminKey, baseUrl: `${server.url}/replicate/v1` });
  const input = { prompt: 'a hat', image_input: [png], aspect_ratio: '16:9' };
  expect(
    await shapeOf(await replicate.run(model, { input, wait: { mode: 'poll', interval: 10 } })),
  ).toMatchObject({
    width: 1376,
  });
  const made = await replicate.predictions.create({ model, input: { prompt: '[[hang]]' } });
  expect((await replicate.predictions.cancel(made.id)).status).toBe('canceled');
  const failed = replicate.run(model, { input: { prompt: '[[fail content_rejected]]' } });
  await expect(failed).rejects.toThrow(/^Prediction failed: \S/);
  const off = await refusedBy(replicate.predictions.create({ model, input: { prompt: '' } }));
  expect(off.response.status).toBe(422);
});

onOneStore('a mask, quality and background make the task', async () => {
  const options = { quality: 'high', background: 'transparent' };
  const input = { prompt: 'x', input_images: [png], mask: png, ...options };
  const made = await clientOf().predictions.create({ model: 'openai/gpt-image-2', input, wait: true });
  expect(made.status).toBe('succeeded');
  const asked = await server.call<Envelope<TaskRequestData>>(`${statusPath}/${made.id}/request`);
  expect(asked.body.data).toMatchObject({ ...options, mask: expect.stringMatching(/^http/) });
  expect(asked.body.data.image_urls).toHaveLength(1);
  column.shows('mask', 'by `mask`, to models that take one');
  column.shows('options', 'to models that can be told so; a warning names what was left out');
});

onOneStore('a stream and a list of models are not there: the library says so', async () => {
  const events = clientOf().stream(model, { input: { prompt: 'x' } });
  await expect(events.next()).rejects.toThrow('does not support streaming');
  expect((await refusedBy(clientOf().models.list())).response.status).toBe(404);
  column.lacks('stream', 'predictions have no `urls.stream`, which the library says itself');
  column.lacks('models', 'they are at `GET /api/models`');
});

onOneStore('several pictures in one call: the output is a list', async () => {
  const output = await clientOf().run(model, { input: { prompt: 'x', num_outputs: 2 } });
  expect(new Set(output as unknown as string[]).size).toBe(2);
  column.shows('several', 'by `num_outputs`, up to 10: the output is a list then');
});

onOneStore('an edit: of buffers, which the library uploads, of files and of links', async () => {
  const replicate = clientOf();
  const file = await replicate.files.create(png, { order: '7' });
  expect(file).toMatchObject({ content_type: 'image/png', size: png.byteLength });
  expect((await replicate.files.list()).results.map(({ id }) => id)).toContain(file.id);
  const uri = `data:image/png;base64,${png.toString('base64')}`;
  const input = { prompt: 'a hat', image_input: [file.urls.get, png, uri] };
  const made = await replicate.predictions.create({ model, input, wait: true });
  expect(await server.task(made.id)).toMatchObject({ action: 'edit', state: 'succeeded' });
  expect(await replicate.files.get(file.id)).toMatchObject({ id: file.id });
  expect(await replicate.files.delete(file.id)).toBe(true);
  expect(await refusedBy(replicate.files.get(file.id))).toMatchObject({ response: { status: 404 } });
  column.shows('edit');
  column.shows('editLinks');
  column.shows('upload');
});

test('a list of predictions: newest first', async () => {
  const made = await clientOf().predictions.create({ model, input: { prompt: 'x' }, wait: true });
  const page = await clientOf().predictions.list();
  expect(page.results[0]).toMatchObject({ id: made.id, status: 'succeeded', source: 'api' });
  const older = await server.call<{ results: { id: string }[] }>(
    `/replicate/v1/predictions?cursor=${made.id}`,
  );
  expect(older.body.results.map(({ id }) => id)).not.toContain(made.id);
});

onOneStore('a failure: run rejects with the reason', async () => {
  await expect(clientOf().run(model, { input: { prompt: '[[fail content_rejected]]' } })).rejects.toThrow(
    /^Prediction failed: \S/,
  );
  column.shows('refusal');
});

test('what is refused is in Replicate’s form: a request that is off, a bad key, a wrong path, a rate, an empty budget', async () => {
  const off = await refusedBy(
    clientOf().run(model, { input: { prompt: '', mask: 'x', output_format: 'gif' } }),
  );
  expect(off.response.status).toBe(422);
  for (const path of ['input.prompt', 'input.mask', 'input.output_format'])
    expect(off.message).toContain(path);
  expect((await refusedBy(clientOf({ auth: 'wrong' }).predictions.list())).response.status).toBe(401);
  expect((await refusedBy(clientOf().predictions.get(newTaskId()))).response.status).toBe(404);
  const wrong = await refusedBy(clientOf().trainings.list());
  expect(wrong).toMatchObject({ response: { status: 404 } });
  expect(wrong.message).toContain('POST /replicate/v1/predictions');
  const create = { model, input: { prompt: 'x' } } as const;
  const limited = clientOf({ auth: await newKey({ limits: { submits_per_minute: 1 } }) });
  await limited.predictions.create(create);
  const throttled = await refusedBy(limited.predictions.create(create));
  expect(throttled.response.status).toBe(429);
  expect(throttled.message).toMatch(/"title":"Request was throttled".*"retry_after":\d+/);
  const poor = clientOf({ auth: await newKey({ budget: { period: 'day', amount_micro_usd: 60_000 } }) });
  await poor.predictions.create(create);
  expect((await refusedBy(poor.predictions.create(create))).response.status).toBe(402);
  for (const feature of ['invalid', 'badKey', 'wrongPath', 'budget'] as const) column.shows(feature);
  column.shows('rateLimit', 'the library tries again by itself, without heed of when');
});

onOneStore('warnings of what was ignored: in a header', async () => {
  const answer = await server.post<{ id: string }>(
    { input: { prompt: 'x', google_search: true } },
    `/replicate/v1/models/${model}/predictions`,
  );
  expect(JSON.parse(answer.headers.get('x-plantain-warnings') ?? '')).toEqual([
    'input.google_search: has no effect here',
  ]);
  column.shows('warnings', 'in the header `X-Plantain-Warnings`');
});

test('a webhook: the prediction at its start and at its end, verified by the library', async () => {
  const receiver = await startReceiver();
  const replicate = clientOf();
  const made = await replicate.predictions.create({
    model,
    input: { prompt: 'x' },
    webhook: receiver.url,
    webhook_events_filter: ['start', 'completed'],
  });
  const { key } = await replicate.webhooks.default.secret.get();
  const statuses = new Set<string>();
  for (const { headers, body } of await receiver.until(2)) {
    const id = String(headers['webhook-id']);
    const timestamp = String(headers['webhook-timestamp']);
    const signature = String(headers['webhook-signature']);
    expect(await validateWebhook({ id, timestamp, signature, body, secret: key })).toBe(true);
    const told = JSON.parse(body) as { id: string; status: string };
    expect(told.id).toBe(made.id);
    statuses.add(told.status);
  }
  expect(statuses).toContain('succeeded');
  column.shows('webhook', 'signed by Standard Webhooks, with `webhook_events_filter`');
});

test('the task of a client that hangs up goes on, and one that aborts run is cancelled', async () => {
  const stop = new AbortController();
  const call = clientOf().predictions.create({
    model,
    input: { prompt: '[[delay 200ms]] hung up' },
    wait: true,
    signal: stop.signal,
  });
  await expect.poll(() => tasksOf('hung up')).toHaveLength(1);
  stop.abort();
  await call.catch(() => {});
  const [task] = await tasksOf('hung up');
  expect(await server.final(task?.task_id ?? '')).toMatchObject({ state: 'succeeded' });
  column.shows('hangUp');
});

test('a repeat with an Idempotency-Key is no second prediction', async () => {
  const send = () =>
    server.call<{ id: string }>(`/replicate/v1/models/${model}/predictions`, {
      method: 'POST',
      headers: { 'idempotency-key': 'order-7' },
      body: JSON.stringify({ input: { prompt: 'x' } }),
    });
  expect((await send()).body.id).toBe((await send()).body.id);
  column.shows('idempotency', 'where the program sends one: the library does not');
});

test('a kill and restart of the server in the middle: a prediction is asked for again by its id', async () => {
  const directory = temporaryDirectory();
  const before = await startServer({}, { directory });
  const { port } = new URL(before.url);
  const made = await clientOf({ at: before }).predictions.create({
    model,
    input: { prompt: '[[delay 300ms]] restarted' },
  });
  await before.stop();
  const after = await startServer({ PORT: port }, { directory });
  const ended = await clientOf({ at: after }).wait(made, { interval: 10 });
  expect(await shapeOf(ended.output)).toMatchObject({ format: 'png' });
  column.shows(
    'restart',
    'asked for again by its id: while nothing listens, the library tries five times at once and gives up',
  );
});

onOneStore('its column of docs/faces.md is as shown', () => {
  expect(column.written()).toEqual(column.shown());
});
