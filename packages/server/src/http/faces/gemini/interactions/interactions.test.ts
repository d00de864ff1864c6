import { Readable } from 'node:stream';
import { GoogleGenAI } from '@google/genai';
import { GoogleGenAI as GoogleGenAI2 } from 'genai-2';
import sharp from 'sharp';
import { beforeAll, expect, test } from 'vitest';
import type { Envelope, NewKeyBody, NewKeyData, TaskData, TaskRequestData } from '@plantain/client';
import { onOneStore } from '../../../../store/test-store.fixture.ts';
import {
  adminKey,
  startServer,
  statusPath,
  temporaryDirectory,
  type TestServer,
} from '../../../server.fixture.ts';
import { faceColumn } from '../../kit/features.fixture.ts';
import type { Interaction, InteractionError } from './answers.ts';

const column = faceColumn(
  'gemini-interactions',
  {
    title: 'Gemini Interactions',
    prefix: '/gemini/v1/interactions',
    clients: ['@google/genai 3.3.0', '@google/genai 2.32.0'],
  },
  {
    several: 'an interaction has no member for a number: make several',
    mask: 'the prompt says which part is to change',
    options: 'an interaction has no members for them',
  },
);

const libraries = [GoogleGenAI, GoogleGenAI2 as unknown as typeof GoogleGenAI];
const model = 'gemini-nano-banana-2.1';

let server: TestServer;
let data: string;
beforeAll(async () => {
  server = await startServer(
    { UNPRICED: 'refuse', MAX_TRIES: '1' },
    { file: 'selling_prices: { nano-banana-2.1: 0.05 }' },
  );
  const png = await sharp({ create: { width: 60, height: 40, channels: 3, background: 'teal' } })
    .png()
    .toBuffer();
  data = png.toString('base64');
});

const googlesOf = (apiKey = adminKey, at = server, options: object = {}) =>
  libraries.map(
    (Library) => new Library({ apiKey, httpOptions: { baseUrl: `${at.url}/gemini`, ...options } }),
  );
const clientsOf = (...given: Parameters<typeof googlesOf>) =>
  googlesOf(...given).map(({ interactions }) => interactions);
const first = (apiKey?: string) => clientsOf(apiKey)[0]!;
/** The library tries again by itself. */
const once = { retries: { strategy: 'none' } } as const;

async function newKey(body: Partial<NewKeyBody>): Promise<string> {
  const sent = { method: 'POST', body: JSON.stringify({ name: 'a user', ...body }) };
  return (await server.call<Envelope<NewKeyData>>('/api/admin/keys', sent)).body.data.secret;
}

async function tasksOf(prompt: string): Promise<TaskData[]> {
  const path = `${statusPath}?search=${encodeURIComponent(prompt)}`;
  return (await server.call<Envelope<{ tasks: TaskData[] }>>(path)).body.data.tasks;
}

function post(body: object, path = '', key?: string) {
  const sent = { method: 'POST', body: JSON.stringify(body), ...(key === undefined ? {} : { key }) };
  return server.call<Interaction & InteractionError>(`/gemini/v1beta/interactions${path}`, sent);
}
const shapeOf = ({ output_image }: { output_image?: { data?: string | undefined } | undefined }) =>
  sharp(Buffer.from(output_image?.data ?? '', 'base64')).metadata();
async function requestOf(id: string): Promise<TaskRequestData> {
  return (await server.call<Envelope<TaskRequestData>>(`${statusPath}/${id}/request`)).body.data;
}

test('a picture from a prompt: by a call that waits, and in the background', async () => {
  for (const interactions of clientsOf()) {
    const made = await interactions.create({ model, input: 'a banana [[text Here it is]]' });
    expect(made).toMatchObject({ status: 'completed', output_text: 'Here it is', model: 'nano-banana-2.1' });
    expect(await shapeOf(made)).toMatchObject({ format: 'png', width: 1024 });
    const { id, status } = await interactions.create({ model, input: '[[delay 100ms]]', background: true });
    expect(status).toBe('in_progress');
    await server.final(id);
    const shown = await interactions.get(id);
    expect(shown.status).toBe('completed');
    expect(await shapeOf(shown)).toMatchObject({ format: 'png' });
  }
  column.shows('generate', 'waiting for it, or with `background: true`');
});

onOneStore(
  'an edit of pictures that are sent along: as contents, as steps, and of the interaction before',
  async () => {
    const image = { type: 'image', data, mime_type: 'image/png' } as const;
    const text = { type: 'text', text: 'a hat' } as const;
    for (const interactions of clientsOf()) {
      const made = await interactions.create({ model, input: [text, image] });
      expect(await server.task(made.id)).toMatchObject({ action: 'edit', state: 'succeeded' });
      const stepped = await interactions.create({
        model,
        input: [{ type: 'user_input', content: [text, image] }],
      });
      expect((await requestOf(stepped.id)).image_urls).toHaveLength(1);
      const { id } = await interactions.create({ model, input: 'in red', previous_interaction_id: made.id });
      expect(await requestOf(id)).toMatchObject({ prompt: 'in red', action: 'edit' });
    }
    column.shows('edit', 'also of the pictures of `previous_interaction_id`');
  },
);

onOneStore('an edit of pictures behind links, and of uploads: by uri', async () => {
  const response_format = { type: 'image', delivery: 'uri' } as const;
  const made = await post({ model, input: 'x', response_format });
  const link = made.body.steps[0]?.content.at(-1)?.uri ?? '';
  const blob = new Blob([new Uint8Array(Buffer.from(data, 'base64'))]);
  for (const google of googlesOf()) {
    const file = await google.files.upload({ file: blob, config: { mimeType: 'image/png' } });
    const images = [link, file.uri ?? ''].map(
      (uri) => ({ type: 'image', uri, mime_type: 'image/png' }) as const,
    );
    const { id } = await google.interactions.create({
      model,
      input: [{ type: 'text', text: 'a hat' }, ...images],
    });
    expect(await requestOf(id)).toMatchObject({ action: 'edit', image_urls: { length: 2 } });
  }
  column.shows('editLinks', 'by `uri`, but for files at Google');
  column.shows('upload', 'as for Gemini; a file is used as `uri`');
});

onOneStore(
  'names of models that its clients know, their list, and warnings of what was ignored',
  async () => {
    for (const google of googlesOf()) {
      const made = await google.interactions.create({ model: 'gemini-nano-banana-2.1', input: 'x' });
      expect((await server.task(made.id)).model).toBe('nano-banana-2.1');
      const { page } = await google.models.list();
      expect(page.map(({ name }) => name)).toContain(`models/${model}`);
    }
    const { headers } = await post({ model, input: 'x', tools: [{ type: 'google_search' }] });
    expect(JSON.parse(headers.get('x-plantain-warnings') ?? '')).toEqual(['tools: has no effect here']);
    column.shows('names');
    column.shows('models', 'that of Gemini');
    column.shows('warnings', 'in the header `X-Plantain-Warnings`');
  },
);

onOneStore('tokens that were used: they stand in usage where the upstream counts them', async () => {
  const usage = { input_tokens: 30, output_tokens: 1_120 };
  const start = async () => ({
    pictures: [Buffer.from(data, 'base64')],
    description: '',
    warnings: [],
    usage,
  });
  const counting = await startServer({}, { upstream: { name: 'u', start } });
  const made = await clientsOf(adminKey, counting)[0]!.create({ model, input: 'x' });
  expect(made.usage).toMatchObject({
    total_input_tokens: 30,
    total_output_tokens: 1_120,
    total_tokens: 1_150,
  });
  expect((await first().create({ model, input: 'x' })).usage).toBeUndefined();
  column.shows('usage', 'where the upstream counts them');
});

onOneStore('a rate limit, obeyed by the client, and an empty budget', async () => {
  const limited = first(await newKey({ limits: { submits_per_minute: 1 } }));
  await limited.create({ model, input: 'x' });
  await expect(limited.create({ model, input: 'x' }, once)).rejects.toMatchObject({ status: 429 });
  const key = await newKey({ limits: { submits_per_minute: 1 } });
  await post({ model, input: 'x' }, '', key);
  const { status, headers, body } = await post({ model, input: 'x' }, '', key);
  expect({ status, code: body.error.code }).toEqual({ status: 429, code: 'rate_limited' });
  expect(headers.get('retry-after')).toMatch(/^\d+$/);
  column.shows('rateLimit', 'by `Retry-After`, of which the library waits for 8 seconds at most');
  const poor = first(await newKey({ budget: { period: 'day', amount_micro_usd: 60_000 } }));
  await poor.create({ model, input: 'x' });
  await expect(poor.create({ model, input: 'x' }, once)).rejects.toThrow('budget');
  column.shows('budget');
});

onOneStore('the task of a client that hangs up goes on: and is found', async () => {
  const stop = new AbortController();
  const input = '[[delay 600ms]] hung up';
  const call = first().create({ model, input }, { ...once, signal: stop.signal });
  await expect.poll(() => tasksOf('hung up')).toHaveLength(1);
  stop.abort();
  await expect(call).rejects.toThrow(/abort/i);
  const [task] = await tasksOf('hung up');
  expect(await server.final(task?.task_id ?? '')).toMatchObject({ state: 'succeeded' });
  expect(await first().get(task?.task_id ?? '')).toMatchObject({ status: 'completed' });
  column.shows('hangUp');
});

onOneStore(
  'a client that times out tries again by itself, and gets its task where it sends an Idempotency-Key',
  async () => {
    const headers = { 'Idempotency-Key': 'order-of-interactions' };
    const [interactions] = clientsOf(adminKey, server, { headers, timeout: 250 });
    const made = await interactions!.create({ model, input: '[[delay 400ms]] timed out' });
    expect(made.status).toBe('completed');
    expect(await tasksOf('timed out')).toMatchObject([{ task_id: made.id }]);
    column.shows(
      'timeOut',
      'where it sends an `Idempotency-Key`: Google’s library tries again by itself, and does not say that it does',
    );
  },
);

onOneStore('ratio and size, true to the pixels, and the format that is asked for', async () => {
  const response_format = {
    type: 'image',
    aspect_ratio: '16:9',
    image_size: '2K',
    mime_type: 'image/jpeg',
  } as const;
  for (const interactions of clientsOf()) {
    const made = await interactions.create({ model, input: 'x', response_format });
    expect(await shapeOf(made)).toMatchObject({ width: 2752, height: 1536, format: 'jpeg' });
  }
  const { body } = await post({
    model,
    input: 'x',
    response_format: { ...response_format, delivery: 'uri' },
  });
  const file = await fetch(body.steps[0]?.content.at(-1)?.uri ?? '');
  expect(file.headers.get('content-type')).toBe('image/jpeg');
  column.shows('shape');
  column.shows('format', 'in the answer of the call that waits; `GET` has the picture as it was made');
});

type Event = Record<string, unknown>;
const eventsOf = async (stream: unknown) =>
  (await Readable.from(stream as AsyncIterable<unknown>).toArray()) as Event[];
const typesOf = (events: readonly Event[]) => events.map((event) => event['event_type']);
const whole = [
  'interaction.created',
  'interaction.status_update',
  'step.start',
  'step.delta',
  'step.delta',
  'step.stop',
  'interaction.completed',
];

test('a stream: that it was made while it runs, the pictures, and the end', async () => {
  for (const interactions of clientsOf()) {
    const stream = await interactions.create({
      model,
      input: '[[delay 50ms]] x [[text Here]]',
      stream: true,
    });
    const events = await eventsOf(stream);
    expect(typesOf(events)).toEqual(whole);
    const [created, , , text, picture, , completed] = events;
    expect(created).toMatchObject({ interaction: { status: 'in_progress', model }, event_id: '1' });
    expect(text).toMatchObject({ delta: { type: 'text', text: 'Here' } });
    const { delta } = picture as unknown as { delta: { data: string; mime_type: string } };
    expect(delta.mime_type).toBe('image/png');
    expect(await sharp(Buffer.from(delta.data, 'base64')).metadata()).toMatchObject({ format: 'png' });
    expect(completed).toMatchObject({ interaction: { status: 'completed' } });
    const { id } = (completed as unknown as { interaction: { id: string } }).interaction;
    expect(created).toMatchObject({ interaction: { id } });
    const rest = await interactions.get(id, { stream: true, last_event_id: '4' });
    expect(typesOf(await eventsOf(rest))).toEqual(whole.slice(4));
    const asked = { model, input: 'x', response_modalities: ['image' as const], stream: true as const };
    const wordless = await eventsOf(await interactions.create(asked));
    expect(typesOf(wordless)).toEqual(whole.toSpliced(3, 1));
    const { interaction } = wordless[0] as unknown as { interaction: { id: string } };
    const last_event_id = String(wordless[3]?.['event_id']);
    const behind = await interactions.get(interaction.id, { stream: true, last_event_id });
    expect(typesOf(await eventsOf(behind))).toEqual(whole.slice(5));
  }
  column.shows('stream', 'the picture as one event; `get` with `stream` goes on after `last_event_id`');
});

test('a stream of what runs in the background is followed to its end, and one that fails says why', async () => {
  for (const interactions of clientsOf()) {
    const { id } = await interactions.create({
      model,
      input: '[[delay 50ms]] [[text Here]]',
      background: true,
    });
    const followed = await eventsOf(await interactions.get(id, { stream: true }));
    expect(typesOf(followed)).toEqual(whole);
    const stream = await interactions.create({ model, input: '[[fail content_rejected]]', stream: true });
    const events = await eventsOf(stream);
    expect(typesOf(events)).toEqual([...whole.slice(0, 2), 'error', 'interaction.completed']);
    expect(events[2]).toMatchObject({ error: { code: 'content_rejected', message: expect.any(String) } });
    expect(events[3]).toMatchObject({ interaction: { status: 'failed' } });
    await expect(interactions.create({ model, input: '', stream: true })).rejects.toMatchObject({
      status: 400,
    });
  }
  expect((await server.call('/gemini/v1/interactions/x?stream=true')).status).toBe(404);
});

test('a stream that a stop of the server ends goes on after its last event, and none is begun for one wait too many', async () => {
  const directory = temporaryDirectory();
  const before = await startServer({ MAX_WAITING_PER_KEY: '1' }, { directory });
  const { id } = await clientsOf(adminKey, before)[0]!.create({
    model,
    input: '[[delay 300ms]]',
    background: true,
  });
  const stream = (await clientsOf(adminKey, before)[0]!.get(id, { stream: true })) as AsyncIterable<Event>;
  const refused = await before.call(`/gemini/v1/interactions/${id}?stream=true`);
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, expect.stringMatching(/^\d+$/)]);
  const [events] = await Promise.all([eventsOf(stream), before.stop()]);
  expect(typesOf(events)).toEqual([...whole.slice(0, 2), 'error']);
  const after = await startServer({}, { directory });
  const last_event_id = String(events.at(-1)?.['event_id']);
  const rest = await clientsOf(adminKey, after)[0]!.get(id, { stream: true, last_event_id });
  expect(typesOf(await eventsOf(rest))).toEqual(whole.slice(2));
});

onOneStore('a refusal by content rules: the interaction failed, and says why', async () => {
  for (const interactions of clientsOf()) {
    const made = await interactions.create({ model, input: '[[fail content_rejected]]' });
    expect(made).toMatchObject({ status: 'failed', errors: [{ code: 'content_rejected' }], steps: [] });
  }
  column.shows('refusal', 'the status `failed`, as of every task that fails');
});

onOneStore(
  'a request that is off, a bad key and a wrong path are refused with a word for a code',
  async () => {
    for (const interactions of clientsOf())
      await expect(interactions.create({ model, input: '' })).rejects.toMatchObject({ status: 400 });
    const { body } = await post({
      model,
      input: [{ type: 'audio' }, { type: 'image' }],
      stream: 'yes',
      webhook_config: {},
      previous_interaction_id: '',
    });
    expect(body.error.code).toBe('invalid_request');
    for (const path of ['webhook_config', 'stream', 'input[0]']) expect(body.error.message).toContain(path);
    expect((await post({ model: 'none', input: 'x' })).body.error.code).toBe('not_found');
    expect((await post({ model, input: 'x', previous_interaction_id: 'x' })).body.error.message).toContain(
      'previous_interaction_id',
    );
    await expect(first('wrong').create({ model, input: 'x' })).rejects.toThrow('This API key is not known');
    expect((await server.call('/gemini/v1/interactions/x/y')).status).toBe(404);
    for (const feature of ['invalid', 'badKey', 'wrongPath'] as const) column.shows(feature);
    column.lacks('webhook', '`webhook_config` is refused by name: the endpoints of the key are told');
  },
);

test('a cancel: the call for it is answered once the task has ended', async () => {
  for (const interactions of clientsOf()) {
    const { id } = await interactions.create({ model, input: '[[hang]]', background: true });
    expect(await interactions.cancel(id)).toMatchObject({ id, status: 'cancelled' });
    expect(await interactions.cancel(id)).toMatchObject({ status: 'cancelled' });
    await interactions.delete(id);
    await expect(interactions.get(id)).rejects.toMatchObject({ status: 404 });
  }
  column.shows('cancel');
});

test('another key’s interaction is as if it were not there', async () => {
  const { id } = await first().create({ model, input: '[[hang]]', background: true });
  const secret = await newKey({});
  const path = `/gemini/v1/interactions/${id}`;
  const answers = await Promise.all([
    server.call(path, { key: secret }),
    server.call(path, { key: secret, method: 'DELETE' }),
    server.call(`${path}/cancel`, { key: secret, method: 'POST' }),
  ]);
  expect(answers.map(({ status }) => status)).toEqual([404, 404, 404]);
  expect((await post({ model, input: 'x', previous_interaction_id: id }, '', secret)).status).toBe(400);
  expect((await server.call(path, { method: 'DELETE' })).status).toBe(400);
  await server.call(`${path}/cancel`, { method: 'POST' });
});

test('labels are the metadata of the task, and a repeat with an Idempotency-Key is no second task', async () => {
  const body = JSON.stringify({ model, input: 'x', labels: { order: '7' } });
  const call = () =>
    server.call<Interaction>('/gemini/v1/interactions', {
      method: 'POST',
      body,
      headers: { 'idempotency-key': 'i-1' },
    });
  const [one, other] = [await call(), await call()];
  expect(one.body).toMatchObject({ labels: { order: '7' } });
  expect(other.body.id).toBe(one.body.id);
  column.shows('idempotency');
});

test('a kill and restart of the server in the middle: what runs in the background is completed', async () => {
  const directory = temporaryDirectory();
  const before = await startServer({}, { directory });
  const { port } = new URL(before.url);
  const input = '[[delay 300ms]] restarted';
  const { id } = await clientsOf(adminKey, before)[0]!.create({ model, input, background: true });
  await before.stop();
  const after = await startServer({ PORT: port }, { directory });
  await after.final(id);
  expect(await clientsOf(adminKey, after)[0]!.get(id)).toMatchObject({ status: 'completed' });
  column.shows('restart');
});

onOneStore('its column of docs/faces.md is as shown', () => {
  expect(column.written()).toEqual(column.shown());
});
