import OpenAI, { toFile } from 'openai';
import OpenAI6 from 'openai-6';
import sharp from 'sharp';
import { beforeAll, expect, test } from 'vitest';
import type { Envelope, NewKeyBody, NewKeyData, TaskData } from '@plantain/client';
import { onOneStore } from '../../../store/test-store.fixture.ts';
import {
  adminKey,
  startServer,
  statusPath,
  temporaryDirectory,
  type TestServer,
} from '../../server.fixture.ts';
import { afterThisTest } from '../../../lib/ends.fixture.ts';
import { openAiKey, readFields, startOpenAiLoopback } from '../../../upstreams/openai/openai.fixture.ts';
import { faceColumn } from '../kit/features.fixture.ts';

const column = faceColumn(
  'openai',
  { title: 'OpenAI Images', prefix: '/openai/v1', clients: ['openai 7.59.0', 'openai 6.49.0'] },
  {
    webhook: 'an endpoint of the key is told of each task',
  },
);

/** Both majors have this of their interface in common; each is what its package exports. */
const libraries = [OpenAI, OpenAI6 as unknown as typeof OpenAI];
type Options = NonNullable<ConstructorParameters<typeof OpenAI>[0]>;

let server: TestServer;
let png: Buffer;
beforeAll(async () => {
  server = await startServer(
    { UNPRICED: 'refuse', MAX_TRIES: '2' },
    { file: 'selling_prices: { nano-banana-2.1: 0.05 }\nmodel_names: { our-painter: nano-banana-pro }' },
  );
  png = await sharp({ create: { width: 60, height: 40, channels: 3, background: 'teal' } })
    .png()
    .toBuffer();
});

function clientsOf(options: Options = {}): OpenAI[] {
  const given = { apiKey: adminKey, baseURL: `${server.url}/openai/v1`, maxRetries: 0, ...options };
  return libraries.map((Library) => new Library(given));
}
const first = (options?: Options): OpenAI => clientsOf(options)[0]!;

async function newKey(body: Partial<NewKeyBody>): Promise<NewKeyData> {
  const sent = { method: 'POST', body: JSON.stringify({ name: 'a user', ...body }) };
  return (await server.call<Envelope<NewKeyData>>('/api/admin/keys', sent)).body.data;
}

async function tasksOf(prompt: string, url = server): Promise<TaskData[]> {
  const list = await url.call<{ data: { tasks: TaskData[] } }>(
    `${statusPath}?search=${encodeURIComponent(prompt)}`,
  );
  return list.body.data.tasks;
}

function shapeOf(answer: { data?: { b64_json?: string }[] | undefined }) {
  return sharp(Buffer.from(answer.data?.[0]?.b64_json ?? '', 'base64')).metadata();
}

const pixelsOf = (bytes: Uint8Array) => sharp(bytes).raw().toBuffer();

interface Refused {
  status: number;
  code: string | null;
  type: string;
  param: string | null;
  message: string;
  headers: Headers;
}
async function refusedBy(call: Promise<unknown>): Promise<Refused> {
  const error: unknown = await call.then(
    () => new Error('It was not refused.'),
    (reason: unknown) => reason,
  );
  expect(error).toHaveProperty('status');
  return error as Refused;
}

test('a picture from a prompt: it comes in the answer, in base64, with its true size', async () => {
  for (const openai of clientsOf()) {
    const answer = await openai.images.generate({ model: 'gpt-image-2', prompt: 'a banana' });
    expect(answer).toMatchObject({ output_format: 'png', size: '1024x1024', created: expect.any(Number) });
    expect(await shapeOf(answer)).toMatchObject({ width: 1024, height: 1024, format: 'png' });
  }
  column.shows('generate');
});

test('uploaded pictures are inputs and masks by their ids, for their key alone', async () => {
  const { secret: other } = (
    await server.call<Envelope<NewKeyData>>('/api/admin/keys', { method: 'POST', body: '{"name":"a user"}' })
  ).body.data;
  for (const openai of clientsOf()) {
    const upload = async (purpose: 'vision' | 'user_data') =>
      (await openai.files.create({ file: await toFile(png, 'a.png', { type: 'image/png' }), purpose })).id;
    const [one, another] = [await upload('vision'), await upload('user_data')];
    const images = [{ file_id: one }, { file_id: another }];
    const edit = { prompt: 'a hat', images };
    const answer = await openai.post<OpenAI.ImagesResponse>('/images/edits', { body: edit });
    expect(await shapeOf(answer)).toMatchObject({ format: 'png' });
    const files = await openai.files.list({ purpose: 'vision', limit: 2 });
    expect(files.data).toMatchObject([{ id: another, purpose: 'vision', bytes: png.length }, { id: one }]);
    const content = await openai.files.content(one);
    expect(content.headers.get('content-type')).toBe('image/png');
    expect(Buffer.from(await content.arrayBuffer())).toEqual(png);
    const [stranger] = clientsOf({ apiKey: other });
    expect((await refusedBy(stranger!.post('/images/edits', { body: edit }))).message).toContain(
      'images[0].file_id is no picture of this key',
    );
    await openai.files.delete(one);
    expect(await refusedBy(openai.post('/images/edits', { body: edit }))).toMatchObject({
      status: 400,
      param: 'images[0].file_id',
    });
    const masked = { prompt: 'x', images: [{ file_id: another }], mask: { file_id: one } };
    expect((await refusedBy(openai.post('/images/edits', { body: masked }))).message).toContain(
      'mask.file_id',
    );
    const text = await toFile(Buffer.from('no picture'), 'a.png');
    expect((await refusedBy(openai.files.create({ file: text, purpose: 'vision' }))).status).toBe(400);
  }
  column.shows('upload', 'by `files` with the purpose `vision` or `user_data`; used as `file_id`');
});

onOneStore(
  'an answer has its exact length, and the task, what it cost and a warning in its headers',
  async () => {
    const { data, response } = await first()
      .images.generate({ prompt: 'x', quality: 'high', user: 'u', style: 'vivid' })
      .withResponse();
    const { headers } = response;
    expect(Number(headers.get('content-length'))).toBe(Buffer.byteLength(JSON.stringify(data)));
    expect(headers.get('x-plantain-cost-micro-usd')).toBe('50000');
    expect(await server.task(headers.get('x-plantain-task-id') ?? '')).toMatchObject({ state: 'succeeded' });
    expect(JSON.parse(headers.get('x-plantain-warnings') ?? '')).toEqual(['style: has no effect here']);
    expect(headers.get('access-control-expose-headers')).toContain('X-Plantain-Warnings');
  },
);

onOneStore(
  'an edit of pictures that are sent along: of files, whose fields come before or after them, of one file or many, and of JSON',
  async () => {
    const file = () => toFile(png, 'a.png', { type: 'image/png' });
    for (const openai of clientsOf()) {
      const of = async (image: Parameters<typeof openai.images.edit>[0]['image']) => {
        const call = openai.images.edit({ prompt: 'a hat', model: 'gpt-image-2', image });
        const { data, response } = await call.withResponse();
        expect(await shapeOf(data)).toMatchObject({ format: 'png' });
        return await server.task(response.headers.get('x-plantain-task-id') ?? '');
      };
      expect(await of(await file())).toMatchObject({ action: 'edit' });
      expect(await of([await file(), await file()])).toMatchObject({ action: 'edit' });
      const image_url = `data:image/png;base64,${png.toString('base64')}`;
      const body = { prompt: 'a hat', images: [{ image_url }] };
      const answer = await openai.post<OpenAI.ImagesResponse>('/images/edits', { body });
      expect(await shapeOf(answer)).toMatchObject({ format: 'png' });
    }
    column.shows('edit');
  },
);

onOneStore(
  'a mask, as a file and in JSON: it reaches the upstream as it is, with what is asked of the picture',
  async () => {
    const upstream = await startOpenAiLoopback();
    afterThisTest(() => upstream.close());
    const { baseUrl: OPENAI_BASE_URL } = upstream;
    const selling = await startServer({}, { environment: { OPENAI_BASE_URL, OPENAI_API_KEY: openAiKey } });
    const mask = await sharp(png).ensureAlpha(0.5).png().toBuffer();
    const options = { quality: 'high', background: 'transparent' } as const;
    const asked = { model: 'gpt-image-2', prompt: 'x', ...options };
    const uri = (bytes: Buffer) => ({ image_url: `data:image/png;base64,${bytes.toString('base64')}` });
    for (const openai of clientsOf({ baseURL: `${selling.url}/openai/v1` })) {
      const files = { image: await toFile(png, 'a.png'), mask: await toFile(mask, 'mask.png') };
      await openai.images.edit({ ...asked, ...files });
      const body = { ...asked, images: [uri(png)], mask: uri(mask) };
      await openai.post('/images/edits', { body });
    }
    const seen = await Promise.all(upstream.seenAt('start').map(readFields));
    expect(seen).toHaveLength(4);
    for (const { mask: sent, ...fields } of seen) {
      expect(fields).toMatchObject(options);
      // Without its metadata.
      expect(await pixelsOf(await (sent as File).bytes())).toEqual(await pixelsOf(mask));
    }
    column.shows(
      'mask',
      'for models of which an upstream takes one; else it is refused with 400 and `param` mask',
    );
    column.shows('options', 'to models that can be told so; a warning names what was left out');
  },
);

onOneStore('a mask that no upstream of the model takes is refused by name, and never dropped', async () => {
  const plain = await startServer({}, { upstream: { name: 'u', start: () => Promise.reject(new Error()) } });
  const [image, mask] = await Promise.all([toFile(png, 'a.png'), toFile(png, 'mask.png')]);
  for (const openai of clientsOf({ baseURL: `${plain.url}/openai/v1` })) {
    const refused = await refusedBy(openai.images.edit({ prompt: 'x', image, mask }));
    expect(refused).toMatchObject({ status: 400, param: 'mask' });
  }
});

onOneStore.each([
  ['auto', 1024, 1024],
  ['1024x1024', 1024, 1024],
  ['1536x1024', 1264, 848],
  ['1024x1536', 848, 1264],
  ['2048x1152', 2752, 1536],
] as const)('the size %s gives a picture of %s x %s pixels', async (size, width, height) => {
  const answer = await first().images.generate({ model: 'nano-banana-2.1', prompt: 'x', size });
  expect(await shapeOf(answer)).toMatchObject({ width, height });
  expect(answer.size).toBe(`${width}x${height}`);
});

onOneStore.each([
  [{ image_size: '2K' }, 2048],
  [{ size: '2048x2048' }, 2048],
  [{ size: '4096x4096' }, 4096],
])('%j gives a picture of %s pixels in each direction', async (asked, side) => {
  const body = { model: 'nano-banana-pro', prompt: 'x', ...asked };
  const answer = await first().post<OpenAI.ImagesResponse>('/images/generations', { body });
  expect(await shapeOf(answer)).toMatchObject({ width: side, height: side });
});

onOneStore('ratio and size, true to the pixels: the nearest that the model has', async () => {
  const answer = await first().images.generate({ prompt: 'x', size: '1792x1024' });
  const { width, height } = await shapeOf(answer);
  expect(answer.size).toBe(`${width}x${height}`);
  expect(width / height).toBeCloseTo(16 / 9, 1);
  column.shows(
    'shape',
    'the nearest ratio that the model has, and the size of about as many pixels; `size` of the answer is the true one',
  );
});

onOneStore('the format that is asked for: the picture is converted', async () => {
  for (const output_format of ['jpeg', 'webp', 'png'] as const) {
    const answer = await first().images.generate({ prompt: 'x', output_format, output_compression: 50 });
    expect(answer.output_format).toBe(output_format);
    expect(await shapeOf(answer)).toMatchObject({ format: output_format });
  }
  column.shows('format');
});

onOneStore('a link is given where one is asked for, and leads to the picture in the format', async () => {
  const answer = await first().images.generate({
    prompt: 'x',
    response_format: 'url',
    output_format: 'webp',
  });
  const file = await fetch(answer.data?.[0]?.url ?? '');
  expect(file.headers.get('content-type')).toBe('image/webp');
  expect(await sharp(await file.arrayBuffer()).metadata()).toMatchObject({ format: 'webp' });
});

onOneStore('a stream of events: it ends with the picture, or with the error', async () => {
  for (const openai of clientsOf()) {
    const image = await toFile(png, 'a.png');
    const ask = { prompt: '[[delay 60ms]]', stream: true, partial_images: 2 } as const;
    const made = [];
    for await (const event of await openai.images.generate(ask)) made.push(event);
    const partial = {
      type: 'image_generation.partial_image',
      output_format: 'png',
      size: '1024x1024',
      quality: 'auto',
      background: 'auto',
      created_at: expect.any(Number),
    };
    expect(made).toMatchObject([
      { ...partial, partial_image_index: 0 },
      { ...partial, partial_image_index: 1 },
      { type: 'image_generation.completed', size: '1024x1024' },
    ]);
    for (const each of made)
      expect(await shapeOf({ data: [each] })).toMatchObject({ format: 'png', width: 1024 });
    const edited = [];
    for await (const event of await openai.images.edit({ ...ask, image })) edited.push(event.type);
    const partialEdit = 'image_edit.partial_image';
    expect(edited).toEqual([partialEdit, partialEdit, 'image_edit.completed']);
    const failing = await openai.images.generate({
      ...ask,
      partial_images: 0,
      prompt: '[[fail content_rejected]]',
    });
    await expect(failing[Symbol.asyncIterator]().next()).rejects.toMatchObject({
      code: 'moderation_blocked',
    });
  }
  column.shows('stream', 'with partial images where the upstream gives any');
});

onOneStore('a list of models: those that the key may use', async () => {
  const { secret } = await newKey({ models: ['nano-banana-pro'] });
  for (const openai of clientsOf()) {
    expect((await openai.models.list()).data.map(({ id }) => id)).toContain('gpt-image-2');
    expect(await openai.models.retrieve('gpt-image-2')).toMatchObject({ object: 'model' });
  }
  const [limited] = clientsOf({ apiKey: secret });
  expect((await limited?.models.list())?.data.map(({ id }) => id)).toEqual(['nano-banana-pro']);
  await expect(limited?.models.retrieve('gpt-image-2')).rejects.toMatchObject({ status: 404 });
  column.shows('models');
});

onOneStore(
  'names of models that its clients know: those of OpenAI, of Google, and of the setting model_names',
  async () => {
    const modelOf = async (model: string) => {
      const { response } = await first().images.generate({ model, prompt: 'x' }).withResponse();
      return (await server.task(response.headers.get('x-plantain-task-id') ?? '')).model;
    };
    expect(await modelOf('gemini-3-pro-image')).toBe('nano-banana-pro');
    expect(await modelOf('our-painter')).toBe('nano-banana-pro');
    expect(await modelOf('dall-e-3')).toBe('gpt-image-2');
    column.shows('names');
  },
);

test('several pictures in one call: each is another one, and they are one task', async () => {
  for (const openai of clientsOf()) {
    const call = openai.images.generate({ prompt: 'three bananas', n: 3 });
    const { data, response } = await call.withResponse();
    expect(new Set(data.data?.map(({ b64_json }) => b64_json)).size).toBe(3);
    const task = await server.task(response.headers.get('x-plantain-task-id') ?? '');
    expect(task.image_details).toHaveLength(3);
    expect(Number(response.headers.get('content-length'))).toBe(Buffer.byteLength(JSON.stringify(data)));
  }
  expect(await refusedBy(first().images.generate({ prompt: 'x', n: 11 }))).toMatchObject({ param: 'n' });
  column.shows('several', 'up to 10');
});

onOneStore(
  'of several pictures those come that could be made, and a warning says why others are missing',
  async () => {
    const prompt = '[[fail content_rejected x1]] two bananas';
    const { data, response } = await first().images.generate({ prompt, n: 2 }).withResponse();
    expect(data.data).toHaveLength(1);
    expect(JSON.parse(response.headers.get('x-plantain-warnings') ?? '')).toEqual([
      expect.stringMatching(/1 of 2/),
    ]);
  },
);

onOneStore('an edit of pictures behind links: by image_url', async () => {
  const made = await first().images.generate({ prompt: 'x', response_format: 'url' });
  const body = { prompt: 'a hat', images: [{ image_url: made.data?.[0]?.url }] };
  for (const openai of clientsOf())
    expect(await shapeOf(await openai.post<OpenAI.ImagesResponse>('/images/edits', { body }))).toMatchObject({
      format: 'png',
    });
  column.shows('editLinks');
});

onOneStore('tokens that were used: they stand in the answer where the upstream counts them', async () => {
  const usage = { input_tokens: 30, input_image_tokens: 20, output_tokens: 1_120 };
  const counting = await startServer(
    {},
    {
      upstream: { name: 'u', start: async () => ({ pictures: [png], description: '', warnings: [], usage }) },
    },
  );
  const made = await first({ baseURL: `${counting.url}/openai/v1` }).images.generate({ prompt: 'x' });
  expect(made.usage).toEqual({
    input_tokens: 30,
    input_tokens_details: { text_tokens: 10, image_tokens: 20 },
    output_tokens: 1_120,
    total_tokens: 1_150,
  });
  expect(made.size).toBe('60x40');
  expect((await first().images.generate({ prompt: 'x' })).usage).toBeUndefined();
  column.shows('usage', 'where the upstream counts them');
});

onOneStore('warnings of what was changed or ignored: in a header', async () => {
  const call = first().images.generate({ prompt: 'x', style: 'vivid', quality: 'hd' });
  const { headers } = (await call.withResponse()).response;
  expect(JSON.parse(headers.get('x-plantain-warnings') ?? '')).toEqual([
    'style: has no effect here',
    'quality: is not one of auto, low, medium, high, xhigh, max, so it is ignored',
  ]);
  column.shows('warnings', 'in the header `X-Plantain-Warnings`');
});

onOneStore('a refusal by content rules: it is OpenAI’s own, and is not tried again', async () => {
  for (const openai of clientsOf({ maxRetries: 2 })) {
    const prompt = `[[fail content_rejected]] ${libraries.indexOf(openai.constructor as typeof OpenAI)}`;
    expect(await refusedBy(openai.images.generate({ prompt }))).toMatchObject({
      status: 400,
      type: 'image_generation_user_error',
      code: 'moderation_blocked',
    });
    expect(await tasksOf(prompt)).toHaveLength(1);
  }
  column.shows('refusal');
});

onOneStore.each([
  ['upstream_quota', 502, 'api_error'],
  ['no_image', 400, 'invalid_request_error'],
  ['upstream_bad_request', 400, 'invalid_request_error'],
] as const)('a task that failed with %s is refused with %s', async (failure, status, type) => {
  const refused = await refusedBy(first().images.generate({ prompt: `[[fail ${failure}]]` }));
  expect(refused).toMatchObject({ status, type, code: failure });
});

onOneStore('a failure that may have been paid is not tried again by the library', async () => {
  const prompt = '[[fail upstream_unavailable unknown]] paid';
  const refused = await refusedBy(first({ maxRetries: 2 }).images.generate({ prompt }));
  expect(refused.status).toBe(502);
  expect(refused.headers.get('x-should-retry')).toBe('false');
  expect(await tasksOf('paid')).toHaveLength(1);
});

onOneStore('a task that passes its deadline is refused with 504', async () => {
  const body = { prompt: '[[hang]]', deadline_seconds: 1 };
  const refused = await refusedBy(first().post('/images/generations', { body }));
  expect(refused).toMatchObject({ status: 504, type: 'api_error', code: 'deadline_exceeded' });
});

onOneStore('a request that is off: param names the member, and the message every fault', async () => {
  for (const openai of clientsOf()) {
    const refused = await refusedBy(
      openai.images.generate({ prompt: '', size: 'big', output_format: 'gif', partial_images: 9 }),
    );
    expect(refused).toMatchObject({ status: 400, type: 'invalid_request_error', param: 'output_format' });
    expect(refused.message).toMatch(/output_format must be .* partial_images must be .* prompt is required/);
  }
  const images = [{ image_url: 'data:image/png;base64,?' }, { file_id: 'file-1' }, { image_url: 'no link' }];
  const { message } = await refusedBy(first().post('/images/edits', { body: { prompt: 'x', images } }));
  for (const path of ['images[0].image_url', 'images[1].file_id', 'images[2].image_url'])
    expect(message).toContain(path);
  expect(await refusedBy(first().post('/images/edits', { body: { prompt: 'x' } }))).toMatchObject({
    param: 'image',
  });
  column.shows('invalid');
});

onOneStore('a bad key: the library’s own error for it', async () => {
  for (const [index, openai] of clientsOf({ apiKey: 'wrong' }).entries()) {
    const call = openai.images.generate({ prompt: 'x' });
    await expect(call).rejects.toBeInstanceOf(libraries[index]!.AuthenticationError);
    await expect(call).rejects.toMatchObject({ status: 401, code: 'invalid_api_key' });
  }
  column.shows('badKey');
});

onOneStore('a wrong path: it says what is there', async () => {
  for (const openai of clientsOf()) {
    const refused = await refusedBy(openai.embeddings.create({ model: 'x', input: 'x' }));
    expect(refused).toMatchObject({ status: 404, type: 'invalid_request_error' });
    expect(refused.message).toContain('POST /openai/v1/images/generations');
  }
  expect(await refusedBy(first().get('/images/edits'))).toMatchObject({ status: 405 });
  column.shows('wrongPath');
});

onOneStore('what is refused before anything is read has OpenAI’s form too', async () => {
  const open = await startServer({ AUTH: 'open', MAX_BODY_BYTES: '2000' });
  const at = `${open.url}/openai/v1/images/generations`;
  const post = async (init: RequestInit) => {
    const answer = await fetch(at, { method: 'POST', body: '{}', ...init });
    return [answer.status, await answer.json()];
  };
  const error = (type: string, code: unknown) => ({
    error: { message: expect.any(String), type, param: null, code },
  });
  expect(await post({ headers: { origin: 'https://elsewhere.example' } })).toEqual([
    403,
    error('invalid_request_error', 'insufficient_permissions'),
  ]);
  expect(await post({ body: 'x'.repeat(3_000) })).toEqual([
    413,
    error('invalid_request_error', 'request_too_large'),
  ]);
  expect(await post({ body: '<a/>', headers: { 'content-type': 'text/xml' } })).toEqual([
    415,
    error('invalid_request_error', 'unsupported_media_type'),
  ]);
  expect(await post({ method: 'PUT' })).toEqual([405, error('invalid_request_error', null)]);
});

test('a rate limit, obeyed by the client: the library is told when to come again', async () => {
  for (const Library of libraries) {
    const { secret } = await newKey({ limits: { submits_per_minute: 1 } });
    const openai = new Library({ apiKey: secret, baseURL: `${server.url}/openai/v1`, maxRetries: 0 });
    await openai.images.generate({ prompt: 'x' });
    const call = openai.images.generate({ prompt: 'x' });
    await expect(call).rejects.toBeInstanceOf(Library.RateLimitError);
    const { code, headers } = await refusedBy(call);
    expect(code).toBe('rate_limit_exceeded');
    expect(Number(headers.get('retry-after-ms'))).toBe(Number(headers.get('retry-after')) * 1000);
  }
  column.shows('rateLimit');
});

test('an empty budget: it is not tried again', async () => {
  const { secret } = await newKey({ budget: { period: 'day', amount_micro_usd: 60_000 } });
  for (const openai of clientsOf({ apiKey: secret, maxRetries: 2 }).slice(0, 1)) {
    await openai.images.generate({ prompt: 'x' });
    const refused = await refusedBy(openai.images.generate({ prompt: 'x' }));
    expect(refused).toMatchObject({ status: 429, code: 'insufficient_quota', type: 'insufficient_quota' });
    expect(refused.headers.get('x-should-retry')).toBe('false');
  }
  column.shows('budget');
});

test('a cancel: from the console or the API: the call is answered with 499', async () => {
  const call = refusedBy(first().images.generate({ prompt: '[[hang]] to be cancelled' }));
  await expect.poll(async () => (await tasksOf('to be cancelled'))[0]?.state).toBe('running');
  const [task] = await tasksOf('to be cancelled');
  await server.call(`${statusPath}/${task?.task_id}`, { method: 'DELETE' });
  expect(await call).toMatchObject({ status: 499, code: 'cancelled' });
  column.shows(
    'cancel',
    'by the API or the console, as OpenAI’s has no call for it: the waiting call is answered with 499',
  );
});

test('the task of a client that hangs up goes on: and is found', async () => {
  const stop = new AbortController();
  const prompt = '[[delay 200ms]] hung up';
  const call = first().images.generate({ prompt }, { signal: stop.signal });
  await expect.poll(() => tasksOf('hung up')).toHaveLength(1);
  stop.abort();
  await expect(call).rejects.toThrow('aborted');
  const [task] = await tasksOf('hung up');
  expect(await server.final(task?.task_id ?? '')).toMatchObject({ state: 'succeeded' });
  column.shows('hangUp');
});

test('a client that times out gets its task when it tries again: by the header in which the library counts its tries', async () => {
  for (const [index, openai] of clientsOf({ timeout: 300, maxRetries: 5 }).entries()) {
    const prompt = `[[delay 500ms]] timed out ${index}`;
    const { data, response } = await openai.images.generate({ prompt }).withResponse();
    expect(await shapeOf(data)).toMatchObject({ format: 'png' });
    expect(response.headers.get('idempotent-replayed')).toBe('true');
    expect(await tasksOf(`timed out ${index}`)).toHaveLength(1);
  }
  column.shows('timeOut');
});

test('a repeat with an Idempotency-Key is no second task: and two calls that say nothing are two', async () => {
  const openai = first();
  const ids = async (prompt: string, idempotencyKey?: string) => {
    const call = () =>
      openai.images.generate({ prompt }, { headers: { 'Idempotency-Key': idempotencyKey } }).withResponse();
    const answers = await Promise.all([call(), call()]);
    return new Set(answers.map(({ response }) => response.headers.get('x-plantain-task-id')));
  };
  expect(await ids('x', 'order-1')).toHaveProperty('size', 1);
  expect(await ids('x')).toHaveProperty('size', 2);
  const other = openai.images.generate({ prompt: 'y' }, { headers: { 'Idempotency-Key': 'order-1' } });
  expect(await refusedBy(other)).toMatchObject({ status: 409, code: 'idempotency_conflict' });
  column.shows('idempotency');
});

test('a kill and restart of the server in the middle: the library tries again by itself, and gets the one task', async () => {
  const directory = temporaryDirectory();
  const before = await startServer({}, { directory });
  const { port } = new URL(before.url);
  const calls = libraries.map((Library, index) => {
    const openai = new Library({ apiKey: adminKey, baseURL: `${before.url}/openai/v1`, maxRetries: 9 });
    return openai.images.generate({ prompt: `[[delay 300ms]] restarted ${index}` });
  });
  await expect.poll(() => tasksOf('restarted', before)).toHaveLength(2);
  await before.stop();
  const after = await startServer({ PORT: port }, { directory });
  for (const answer of await Promise.all(calls))
    expect(await shapeOf(answer)).toMatchObject({ format: 'png' });
  expect(await tasksOf('restarted', after)).toHaveLength(2);
  column.shows('restart');
});

onOneStore('its column of docs/faces.md is as shown', () => {
  expect(column.written()).toEqual(column.shown());
});
