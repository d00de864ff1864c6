import { createGoogle } from '@ai-sdk/google';
import { ApiError, GoogleGenAI } from '@google/genai';
import { generateImage, generateText, NoImageGeneratedError } from 'ai';
import { GoogleGenAI as GoogleGenAI2 } from 'genai-2';
import sharp from 'sharp';
import { beforeAll, expect, test } from 'vitest';
import type { Envelope, NewKeyBody, NewKeyData, TaskData, TaskRequestData } from '@plantain/client';
import { onOneStore } from '../../../store/test-store.fixture.ts';
import {
  adminKey,
  startServer,
  statusPath,
  temporaryDirectory,
  type TestServer,
} from '../../server.fixture.ts';
import { faceColumn } from '../kit/features.fixture.ts';
import type { GeminiContents, GeminiError, GeminiPart } from './answers.ts';

const column = faceColumn(
  'gemini',
  {
    title: 'Gemini',
    prefix: '/gemini',
    clients: [
      '@google/genai 3.3.0',
      '@google/genai 2.32.0',
      'ai 7.0.173 with @ai-sdk/google 4.0.121',
      'ai 6.0.325 with @ai-sdk/google 3.0.141',
    ],
  },
  {
    mask: 'the prompt says which part is to change',
    options: 'a request has no members for them',
    webhook: 'an endpoint of the key is told of each task',
  },
);

const libraries = [GoogleGenAI, GoogleGenAI2 as unknown as typeof GoogleGenAI];
type HttpOptions = NonNullable<NonNullable<ConstructorParameters<typeof GoogleGenAI>[0]>['httpOptions']>;
const model = 'gemini-nano-banana-2.1';

let server: TestServer;
let png: Buffer;
let data: string;
beforeAll(async () => {
  server = await startServer(
    { UNPRICED: 'refuse', MAX_TRIES: '2' },
    {
      file: 'selling_prices: { nano-banana-2.1: 0.05, nano-banana-pro: 0.05 }\nmodel_names: { our-painter: nano-banana-pro }',
    },
  );
  png = await draw('teal');
  data = png.toString('base64');
});

function draw(background: string): Promise<Buffer> {
  return sharp({ create: { width: 60, height: 40, channels: 3, background } })
    .png()
    .toBuffer();
}

function clientsOf(options: HttpOptions = {}, apiKey = adminKey): GoogleGenAI[] {
  const httpOptions = { baseUrl: `${server.url}/gemini`, ...options };
  return libraries.map((Library) => new Library({ apiKey, httpOptions }));
}
const first = (options?: HttpOptions, apiKey?: string): GoogleGenAI => clientsOf(options, apiKey)[0]!;
const google = (apiKey = adminKey) => createGoogle({ apiKey, baseURL: `${server.url}/gemini/v1beta` });

type Answer = Awaited<ReturnType<GoogleGenAI['models']['generateContent']>>;
const partsOf = ({ candidates }: Answer | GeminiContents) => candidates?.[0]?.content?.parts ?? [];
function pictureOf(answer: Answer | GeminiContents): Buffer {
  return Buffer.from(partsOf(answer).find((part) => part.inlineData)?.inlineData?.data ?? '', 'base64');
}
const taskOf = ({ responseId }: Answer | GeminiContents) => server.task(responseId ?? '');

/** Call without a library. */
function post<Body = GeminiContents & GeminiError>(path: string, body: unknown, headers = {}) {
  return server.call<Body>(`/gemini/v1beta/models/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
}

async function newKey(body: Partial<NewKeyBody>): Promise<NewKeyData> {
  const sent = { method: 'POST', body: JSON.stringify({ name: 'a user', ...body }) };
  return (await server.call<Envelope<NewKeyData>>('/api/admin/keys', sent)).body.data;
}

async function tasksOf(prompt: string, at = server): Promise<TaskData[]> {
  const path = `${statusPath}?search=${encodeURIComponent(prompt)}`;
  return (await at.call<{ data: { tasks: TaskData[] } }>(path)).body.data.tasks;
}

/** Error of Google's that a library made of an answer. */
async function refusedBy(call: Promise<unknown>): Promise<GeminiError['error']> {
  const error: unknown = await call.then(
    () => new Error('It was not refused.'),
    (reason: unknown) => reason,
  );
  expect(error).toHaveProperty('status');
  const { error: body } = JSON.parse((error as ApiError).message) as GeminiError;
  expect(body.code).toBe((error as ApiError).status);
  return body;
}
const reasonOf = ({ details }: GeminiError['error']) => details[0]?.['reason'];

test('a picture from a prompt: it comes in the answer, in base64, with words and tokens beside it', async () => {
  for (const { models } of clientsOf()) {
    const answer = await models.generateContent({ model, contents: 'a banana [[text Here it is]]' });
    expect(await sharp(pictureOf(answer)).metadata()).toMatchObject({ format: 'png', width: 1024 });
    expect(partsOf(answer)[0]).toEqual({ text: 'Here it is' });
    expect(answer).toMatchObject({
      candidates: [{ finishReason: 'STOP' }],
      modelVersion: 'nano-banana-2.1',
    });
    expect(await taskOf(answer)).toMatchObject({ state: 'succeeded', action: 'generate' });
  }
  const { image } = await generateImage({ model: google().image(model), prompt: 'a banana' });
  expect(await sharp(image.uint8Array).metadata()).toMatchObject({ format: 'png' });
  column.shows('generate');
});

onOneStore('an answer has its exact length, and the task and what it cost in its headers', async () => {
  const { headers, text, body } = await post(`${model}:generateContent`, {
    contents: { parts: [{ text: 'x' }] },
  });
  expect(Number(headers.get('content-length'))).toBe(Buffer.byteLength(text));
  expect(headers.get('x-plantain-cost-micro-usd')).toBe('50000');
  expect(headers.get('x-plantain-task-id')).toBe(body.responseId);
});

onOneStore(
  'an edit of pictures that are sent along: those of the turn, and of an earlier turn the model’s own',
  async () => {
    for (const { models } of clientsOf()) {
      const inlineData = { mimeType: 'image/png', data };
      const answer = await models.generateContent({ model, contents: [{ text: 'a hat' }, { inlineData }] });
      expect(await taskOf(answer)).toMatchObject({ action: 'edit' });
    }
    const { images } = await generateImage({
      model: google().image(model),
      prompt: { text: 'a hat', images: [png, await draw('red')] },
    });
    expect(images).toHaveLength(1);
    column.shows('edit');
  },
);

onOneStore('an edit of pictures behind links: by fileData', async () => {
  const image = { delivery: 'URI' };
  const made = await post(`${model}:generateContent`, {
    contents: 'x',
    generationConfig: { responseFormat: { image } },
  });
  const { fileData } = partsOf(made.body).at(-1) as GeminiPart;
  for (const { models } of clientsOf()) {
    const contents = [{ text: 'a hat' }, { fileData: { fileUri: fileData?.fileUri ?? '' } }];
    const { responseId } = await models.generateContent({ model, contents });
    expect(await server.task(responseId ?? '')).toMatchObject({ action: 'edit', state: 'succeeded' });
  }
  column.shows('editLinks', 'by `fileData.fileUri`, but for files at Google');
});

onOneStore(
  'a conversation: the last turn is the prompt, and the pictures of the user and the last of the model go with it',
  async () => {
    const chat = first().chats.create({ model, config: { systemInstruction: 'in oil' } });
    const begun = await chat.sendMessage({
      message: ['a cat', { inlineData: { mimeType: 'image/png', data } }],
    });
    const edited = await chat.sendMessage({ message: 'with a hat' });
    const ask = async (id = '') => {
      const path = `${statusPath}/${id}/request`;
      const { prompt, image_urls } = (await server.call<Envelope<TaskRequestData>>(path)).body.data;
      return [prompt, image_urls.length];
    };
    expect(await ask(begun.responseId)).toEqual(['in oil\n\na cat', 1]);
    expect(await ask(edited.responseId)).toEqual(['in oil\n\nwith a hat', 2]);
  },
);

onOneStore('several pictures in one call: a candidate for each', async () => {
  for (const { models } of clientsOf()) {
    const { candidates } = await models.generateContent({
      model,
      contents: 'x',
      config: { candidateCount: 3 },
    });
    expect(
      candidates?.map(({ index, content }) => [
        index,
        content?.parts?.filter((part) => part.inlineData).length,
      ]),
    ).toEqual([
      [0, 1],
      [1, 1],
      [2, 1],
    ]);
  }
  const { images } = await generateImage({ model: google().image(model), prompt: 'x', n: 2 });
  expect(images).toHaveLength(2);
  column.shows('several', 'a candidate for each; the AI SDK makes a call for each');
});

onOneStore.each([
  [{ imageConfig: { aspectRatio: '16:9', imageSize: '2K' } }, 2752, 1536],
  [{ image_config: { aspect_ratio: '9:16', image_size: '1K' } }, 768, 1376],
  [
    {
      responseFormat: {
        image: { aspectRatio: 'ASPECT_RATIO_SIXTEEN_BY_NINE', imageSize: 'IMAGE_SIZE_TWO_K' },
      },
    },
    2752,
    1536,
  ],
  [{ response_format: { image: { aspect_ratio: '3:2' } } }, 1264, 848],
])('%o gives a picture of %s x %s pixels', async (generationConfig, width, height) => {
  const { body } = await post(`${model}:generateContent`, {
    contents: [{ parts: [{ text: 'x' }] }],
    generationConfig,
  });
  expect(await sharp(pictureOf(body)).metadata()).toMatchObject({ width, height });
});

onOneStore(
  'ratio and size, true to the pixels: by imageConfig and by responseFormat, and by the AI SDK',
  async () => {
    for (const { models } of clientsOf()) {
      const config = { imageConfig: { aspectRatio: '16:9', imageSize: '2K' } };
      const answer = await models.generateContent({ model, contents: 'x', config });
      expect(await sharp(pictureOf(answer)).metadata()).toMatchObject({ width: 2752, height: 1536 });
    }
    const { image } = await generateImage({ model: google().image(model), prompt: 'x', aspectRatio: '16:9' });
    expect(await sharp(image.uint8Array).metadata()).toMatchObject({ width: 1376, height: 768 });
    column.shows(
      'shape',
      'by `imageConfig` and by `responseFormat.image`; of two that differ the first counts',
    );
  },
);

onOneStore(
  'the format that is asked for: the picture is converted, and a link is given where delivery is uri',
  async () => {
    const image = { mimeType: 'image/jpeg' };
    const ask = (more: object) =>
      post(`${model}:generateContent`, {
        contents: 'x',
        generationConfig: { responseFormat: { image: { ...image, ...more } } },
      });
    const { body } = await ask({});
    expect(partsOf(body).at(-1)?.inlineData?.mimeType).toBe('image/jpeg');
    expect(await sharp(pictureOf(body)).metadata()).toMatchObject({ format: 'jpeg' });
    const linked = partsOf((await ask({ delivery: 'URI' })).body).at(-1) as GeminiPart;
    const file = await fetch(linked.fileData?.fileUri ?? '');
    expect(file.headers.get('content-type')).toBe('image/jpeg');
    column.shows('format', 'png, jpeg and webp, by `responseFormat.image.mimeType`');
  },
);

onOneStore(
  'a stream of events: it ends with the picture, with the reason why there is none, or with the error',
  async () => {
    for (const { models } of clientsOf()) {
      const stream = async (contents: string) => {
        const chunks: Answer[] = [];
        for await (const chunk of await models.generateContentStream({ model, contents })) chunks.push(chunk);
        return chunks;
      };
      const [made] = await stream('x');
      expect(await sharp(pictureOf(made!)).metadata()).toMatchObject({ format: 'png' });
      expect(await stream('[[fail content_rejected]]')).toMatchObject([
        { candidates: [{ finishReason: 'IMAGE_SAFETY' }] },
      ]);
      await expect(stream('[[fail upstream_quota]]')).rejects.toMatchObject({ status: 503 });
    }
    const { body } = await post<GeminiContents[]>(`${model}:streamGenerateContent`, { contents: 'x' });
    expect(await sharp(pictureOf(body[0]!)).metadata()).toMatchObject({ format: 'png' });
    const { files } = await generateText({ model: google()(model), prompt: 'x' });
    expect(files).toMatchObject([{ mediaType: 'image/png' }]);
    column.shows('stream', 'one event with all of the picture; without `alt=sse` a list');
  },
);

test('an upload of pictures: by the libraries, used as fileData, listed, shown and deleted', async () => {
  for (const { files, models } of clientsOf()) {
    const file = await files.upload({
      file: new Blob([new Uint8Array(png)]),
      config: { mimeType: 'image/png' },
    });
    expect(file).toMatchObject({ mimeType: 'image/png', sizeBytes: String(png.length), state: 'ACTIVE' });
    expect(file.uri).toBe(`${server.url}/gemini/v1beta/${file.name}`);
    const { responseId } = await models.generateContent({
      model,
      contents: ['a hat', { fileData: { fileUri: file.uri ?? '', mimeType: 'image/png' } }],
    });
    expect(await server.task(responseId ?? '')).toMatchObject({ action: 'edit', state: 'succeeded' });
    const name = file.name ?? '';
    expect(await files.get({ name })).toEqual(file);
    const names = [];
    for await (const each of await files.list({ config: { pageSize: 1 } })) names.push(each.name);
    expect(names).toContain(name);
    await files.delete({ name });
    await expect(files.get({ name })).rejects.toMatchObject({ status: 404 });
  }
  column.shows('upload', 'the resumable upload of the libraries; a file is used as `fileData.fileUri`');
});

onOneStore('a list of models: those that the key may use, in pages', async () => {
  const { secret } = await newKey({ models: ['nano-banana-pro'] });
  for (const { models } of clientsOf()) {
    const names = [];
    for await (const { name } of await models.list({ config: { pageSize: 3 } })) names.push(name);
    expect(names).toEqual(expect.arrayContaining(['models/nano-banana-2.1', `models/${model}`]));
    expect(await models.get({ model })).toMatchObject({ name: `models/${model}` });
  }
  const { models } = first({}, secret);
  const { page } = await models.list();
  expect(page.map(({ name }) => name)).toEqual(['models/nano-banana-pro', 'models/gemini-3-pro-image']);
  expect(await refusedBy(models.get({ model }))).toMatchObject({ code: 404, status: 'NOT_FOUND' });
  expect((await server.call('/gemini/v1/models?pageToken=x')).status).toBe(400);
  column.shows('models');
});

onOneStore(
  'names of models that its clients know: those of Google, and of the setting model_names',
  async () => {
    const modelOf = async (name: string) =>
      (await taskOf((await post(`${name}:generateContent`, { contents: 'x' })).body)).model;
    expect(await modelOf('gemini-3-pro-image')).toBe('nano-banana-pro');
    expect(await modelOf('our-painter')).toBe('nano-banana-pro');
    expect(await modelOf('google%2Fnano-banana-pro')).toBe('nano-banana-pro');
    const { body } = await post('gemini-3-pro:generateContent', { contents: 'x' });
    expect(body.error).toMatchObject({ code: 404, status: 'NOT_FOUND' });
    column.shows('names');
  },
);

onOneStore('tokens that were used: they stand in usageMetadata where the upstream counts them', async () => {
  const usage = { input_tokens: 30, input_image_tokens: 20, output_tokens: 1_120 };
  const start = async () => ({ pictures: [png], description: '', warnings: [], usage });
  const counting = await startServer({}, { upstream: { name: 'u', start } });
  const { models } = first({ baseUrl: `${counting.url}/gemini` });
  expect((await models.generateContent({ model, contents: 'x' })).usageMetadata).toMatchObject({
    promptTokenCount: 30,
    candidatesTokenCount: 1_120,
    totalTokenCount: 1_150,
    promptTokensDetails: [
      { modality: 'TEXT', tokenCount: 10 },
      { modality: 'IMAGE', tokenCount: 20 },
    ],
  });
  const plain = await first().models.generateContent({ model, contents: 'x' });
  expect(plain.usageMetadata).toBeUndefined();
  column.shows('usage', 'where the upstream counts them');
});

onOneStore('warnings of what was changed or ignored: in a header', async () => {
  const config = {
    temperature: 1,
    imageConfig: { aspectRatio: '1:1', personGeneration: 'x' },
    responseFormat: { image: { aspectRatio: '3:2' } },
  };
  const { headers } = await post(`${model}:generateContent`, {
    contents: 'x',
    tools: [],
    generation_config: config,
  });
  expect(JSON.parse(headers.get('x-plantain-warnings') ?? '')).toEqual([
    'generation_config.imageConfig.personGeneration: has no effect here',
    'generation_config.responseFormat.image.aspectRatio: is ignored, as generation_config.imageConfig.aspectRatio says something else',
    'tools: has no effect here',
    'generation_config.temperature: has no effect here',
  ]);
  column.shows('warnings', 'in the header `X-Plantain-Warnings`');
});

onOneStore(
  'a refusal by content rules: it is Google’s own answer, of status 200 and without a picture',
  async () => {
    for (const { models } of clientsOf()) {
      const { candidates } = await models.generateContent({ model, contents: '[[fail content_rejected]]' });
      expect(candidates).toMatchObject([{ finishReason: 'IMAGE_SAFETY' }]);
      expect(candidates?.[0]?.content).toBeUndefined();
    }
    const prompt = '[[fail content_rejected]] by the AI SDK';
    const call = generateImage({ model: google().image(model), prompt });
    await expect(call).rejects.toSatisfy((error) => NoImageGeneratedError.isInstance(error));
    expect(await tasksOf('by the AI SDK')).toHaveLength(1);
    column.shows(
      'refusal',
      '200 with `finishReason`, or with `promptFeedback.blockReason` where an upstream says so',
    );
  },
);

onOneStore.each([
  ['upstream_quota', 503, 'UNAVAILABLE'],
  ['upstream_auth', 503, 'UNAVAILABLE'],
  ['upstream_bad_request', 400, 'INVALID_ARGUMENT'],
] as const)('a task that failed with %s is refused with %s %s', async (failure, code, status) => {
  const refused = await refusedBy(first().models.generateContent({ model, contents: `[[fail ${failure}]]` }));
  expect(refused).toMatchObject({ code, status });
  expect(reasonOf(refused)).toBe(failure.toUpperCase());
});

onOneStore('a task without a picture is answered with NO_IMAGE', async () => {
  const { candidates } = await first().models.generateContent({ model, contents: '[[fail no_image]]' });
  expect(candidates).toMatchObject([{ finishReason: 'NO_IMAGE' }]);
});

onOneStore('a request that is off: its faults name the members as the client spells them', async () => {
  const { models } = first();
  const refused = await refusedBy(
    models.generateContent({
      model,
      contents: [{ inlineData: { mimeType: 'image/png', data: '?' } }, { fileData: { fileUri: 'gs://x/y' } }],
      config: { imageConfig: { aspectRatio: '5:7' }, candidateCount: 99, responseModalities: ['TEXT'] },
    }),
  );
  expect(refused).toMatchObject({ code: 400, status: 'INVALID_ARGUMENT' });
  const { fieldViolations } = refused.details[1] as unknown as { fieldViolations: { field: string }[] };
  expect(fieldViolations.map(({ field }) => field).toSorted()).toEqual([
    'contents',
    'contents[0].parts[0].inlineData.data',
    'contents[0].parts[1].fileData.fileUri',
    'generationConfig.candidateCount',
    'generationConfig.imageConfig.aspectRatio',
    'generationConfig.responseModalities',
  ]);
  const { body } = await post(`${model}:generateContent`, '{');
  expect(body.error).toMatchObject({ code: 400, status: 'INVALID_ARGUMENT' });
  column.shows('invalid');
});

onOneStore('a bad key: Google’s own error for it, by a header and in the address', async () => {
  for (const { models } of clientsOf({}, 'wrong')) {
    const refused = await refusedBy(models.generateContent({ model, contents: 'x' }));
    expect(refused).toMatchObject({ code: 400, status: 'INVALID_ARGUMENT' });
    expect(refused.details[0]).toMatchObject({ reason: 'API_KEY_INVALID', domain: 'googleapis.com' });
  }
  column.shows('badKey');
});

onOneStore(
  'a key in the address is taken, where it is no admin’s, and stands in no line of the log',
  async () => {
    const { secret } = await newKey({});
    const ask = (key: string) => server.call<GeminiError>(`/gemini/v1beta/models?key=${key}`, { key: null });
    const answer = await ask(secret);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('referrer-policy')).toBe('no-referrer');
    const made = await server.call<GeminiContents>(
      `/gemini/v1/models/${model}:generateContent?key=${secret}`,
      {
        key: null,
        method: 'POST',
        body: '{"contents": "x"}',
      },
    );
    expect(made.body.candidates).toHaveLength(1);
    expect((await ask(adminKey)).body.error.message).toContain('admin key');
    expect((await ask('')).body.error.code).toBe(400);
    expect(JSON.stringify(server.log)).not.toContain(secret);
  },
);

onOneStore('a wrong path: it says what is there', async () => {
  for (const { models } of clientsOf()) {
    const refused = await refusedBy(models.embedContent({ model, contents: 'x' }));
    expect(refused).toMatchObject({ code: 404, status: 'NOT_FOUND' });
    expect(refused.message).toContain('POST /gemini/{version}/models/{model}:generateContent');
  }
  expect((await server.call('/gemini/v2/models')).status).toBe(404);
  expect((await server.call('/gemini/v1/models', { method: 'POST' })).status).toBe(405);
  column.shows('wrongPath');
});

test('a rate limit, obeyed by the client: the answer says when to come again', async () => {
  const { secret } = await newKey({ limits: { submits_per_minute: 1 } });
  const { models } = first({}, secret);
  await models.generateContent({ model, contents: 'x' });
  const { code, status, details } = await refusedBy(models.generateContent({ model, contents: 'x' }));
  expect({ code, status }).toEqual({ code: 429, status: 'RESOURCE_EXHAUSTED' });
  expect(details.find((each) => each['@type'].endsWith('RetryInfo'))?.['retryDelay']).toMatch(/^\d+s$/);
  expect(details.find((each) => each['@type'].endsWith('QuotaFailure'))?.['violations']).toMatchObject([
    { quotaId: 'submits_per_minute' },
  ]);
  column.shows(
    'rateLimit',
    'RetryInfo and `Retry-After`, of which the AI SDK obeys the latter; Google’s library tries again by its own times, where it is told to',
  );
});

test('an empty budget: it has no RetryInfo', async () => {
  const { secret } = await newKey({ budget: { period: 'day', amount_micro_usd: 60_000 } });
  const { models } = first({}, secret);
  await models.generateContent({ model, contents: 'x' });
  const refused = await refusedBy(models.generateContent({ model, contents: 'x' }));
  expect(refused).toMatchObject({ code: 429, status: 'RESOURCE_EXHAUSTED' });
  expect(refused.details.map((each) => each['@type'].split('.').at(-1))).toEqual([
    'ErrorInfo',
    'QuotaFailure',
  ]);
  column.shows('budget');
});

onOneStore('a cancel, by the console or the API: the call is answered with 499', async () => {
  const call = refusedBy(first().models.generateContent({ model, contents: '[[hang]] to be cancelled' }));
  await expect.poll(async () => (await tasksOf('to be cancelled'))[0]?.state).toBe('running');
  const [task] = await tasksOf('to be cancelled');
  await server.call(`${statusPath}/${task?.task_id}`, { method: 'DELETE' });
  expect(await call).toMatchObject({ code: 499, status: 'CANCELLED' });
  column.shows(
    'cancel',
    'by the API or the console, as Google’s has no call for it: the waiting call is answered with 499',
  );
});

test('the task of a client that hangs up goes on: and is found', async () => {
  const stop = new AbortController();
  const contents = '[[delay 200ms]] hung up';
  const call = first().models.generateContent({ model, contents, config: { abortSignal: stop.signal } });
  await expect.poll(() => tasksOf('hung up')).toHaveLength(1);
  stop.abort();
  await expect(call).rejects.toThrow('aborted');
  const [task] = await tasksOf('hung up');
  expect(await server.final(task?.task_id ?? '')).toMatchObject({ state: 'succeeded' });
  column.shows('hangUp');
});

test('a repeat with an Idempotency-Key is no second task', async () => {
  const headers = { 'Idempotency-Key': 'order-1' };
  const { models } = first({ headers });
  const one = await models.generateContent({ model, contents: 'x' });
  const other = await models.generateContent({ model, contents: 'x' });
  expect(other.responseId).toBe(one.responseId);
  expect(await refusedBy(models.generateContent({ model, contents: 'y' }))).toMatchObject({
    code: 400,
    status: 'FAILED_PRECONDITION',
  });
  column.shows('idempotency');
});

test('a client that times out gets its task when it tries again: where it sends an Idempotency-Key', async () => {
  const headers = { 'Idempotency-Key': 'order-2' };
  const contents = '[[delay 400ms]] timed out';
  const late = first({ headers, timeout: 100 }).models.generateContent({ model, contents });
  await expect(late).rejects.toThrow('aborted');
  const answer = await first({ headers }).models.generateContent({ model, contents });
  expect(await tasksOf('timed out')).toMatchObject([{ task_id: answer.responseId }]);
  column.shows(
    'timeOut',
    'where it sends an `Idempotency-Key`: Google’s libraries do not say that a call is a repeat',
  );
});

test('a kill and restart of the server in the middle: a program that calls again with its key gets its task', async () => {
  const directory = temporaryDirectory();
  const headers = { 'Idempotency-Key': 'restarted' };
  const before = await startServer({}, { directory });
  const { models } = first({ baseUrl: `${before.url}/gemini`, headers });
  const asked = { model, contents: '[[delay 300ms]] restarted' };
  const stopped = refusedBy(models.generateContent(asked));
  await expect.poll(() => tasksOf('restarted', before)).toHaveLength(1);
  await before.stop();
  const { status, details } = await stopped;
  expect(status).toBe('UNAVAILABLE');
  expect(details.map((each) => each['@type'].split('.').at(-1))).toContain('RetryInfo');
  const { port } = new URL(before.url);
  const after = await startServer({ PORT: port }, { directory });
  const answer = await models.generateContent(asked);
  expect(await sharp(pictureOf(answer)).metadata()).toMatchObject({ format: 'png' });
  expect(await tasksOf('restarted', after)).toMatchObject([{ task_id: answer.responseId }]);
  column.shows(
    'restart',
    'by the same call with its `Idempotency-Key`: Google’s library can be told to try again after 503, and never does where nothing listens',
  );
});

onOneStore('its column of docs/faces.md is as shown', () => {
  expect(column.written()).toEqual(column.shown());
});
