import { GoogleGenAI } from '@google/genai';
import { GoogleGenAI as GoogleGenAI2 } from 'genai-2';
import sharp from 'sharp';
import { beforeAll, expect, test } from 'vitest';
import type { Envelope, NewKeyData, TaskRequestData } from '@plantain/client';
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

const column = faceColumn('gemini-interactions', {
  title: 'Gemini Interactions',
  prefix: '/gemini/v1/interactions',
  clients: ['@google/genai 3.3.0', '@google/genai 2.32.0'],
});

const libraries = [GoogleGenAI, GoogleGenAI2 as unknown as typeof GoogleGenAI];
const model = 'gemini-nano-banana-2.1';

let server: TestServer;
let data: string;
beforeAll(async () => {
  server = await startServer({ MAX_TRIES: '1' });
  const png = await sharp({ create: { width: 60, height: 40, channels: 3, background: 'teal' } })
    .png()
    .toBuffer();
  data = png.toString('base64');
});

const clientsOf = (apiKey = adminKey, at = server) =>
  libraries.map(
    (Library) => new Library({ apiKey, httpOptions: { baseUrl: `${at.url}/gemini` } }).interactions,
  );
const first = (apiKey?: string) => clientsOf(apiKey)[0]!;

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
      stream: true,
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
    column.lacks('stream', 'refused by name: `background`, or `streamGenerateContent`');
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
  const sent = { method: 'POST', body: '{"name":"a user"}' };
  const { secret } = (await server.call<Envelope<NewKeyData>>('/api/admin/keys', sent)).body.data;
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
