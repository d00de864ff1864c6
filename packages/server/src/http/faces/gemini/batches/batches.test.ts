import { Buffer } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { createGoogle } from '@ai-sdk/google';
import { type BatchJob, GoogleGenAI, type InlinedRequest, type InlinedResponse } from '@google/genai';
import {
  type Experimental_BatchItemResult as BatchItemResult,
  experimental_cancelBatch as cancelBatch,
  experimental_getBatchResults as getBatchResults,
  experimental_getBatchStatus as getBatchStatus,
  experimental_listBatches as listBatches,
  experimental_startBatch as startBatch,
} from 'ai';
import { GoogleGenAI as GoogleGenAI2 } from 'genai-2';
import sharp from 'sharp';
import { beforeAll, expect, test } from 'vitest';
import type { Envelope, NewKeyBody, NewKeyData, TaskData } from '@plantain/client';
import { onOneStore } from '../../../../store/test-store.fixture.ts';
import {
  adminKey,
  startServer,
  statusPath,
  temporaryDirectory,
  type TestServer,
} from '../../../server.fixture.ts';
import { faceColumn } from '../../kit/features.fixture.ts';
import type { GeminiContents, GeminiError } from '../answers.ts';
import type { GeminiBatch, GeminiStatus } from './answers.ts';

const column = faceColumn(
  'gemini-batches',
  {
    title: 'Gemini Batches',
    prefix: '/gemini/v1beta/batches',
    clients: ['@google/genai 3.3.0', '@google/genai 2.32.0', 'ai 7.0.173 with @ai-sdk/google 4.0.121'],
  },
  {
    stream: 'a batch is asked for by its name',
    mask: 'the prompt says which part is to change',
    options: 'a request has no members for them',
  },
);

const libraries = [GoogleGenAI, GoogleGenAI2 as unknown as typeof GoogleGenAI];
const model = 'gemini-nano-banana-2.1';
const create = `/gemini/v1beta/models/${model}:batchGenerateContent`;

let server: TestServer;
let data: string;
beforeAll(async () => {
  server = await startServer(
    { UNPRICED: 'refuse', MAX_TRIES: '1', MAX_BODY_BYTES: '40000000' },
    { file: 'selling_prices: { nano-banana-2.1: 0.05 }' },
  );
  const png = await sharp({ create: { width: 60, height: 40, channels: 3, background: 'teal' } })
    .png()
    .toBuffer();
  data = png.toString('base64');
});

function clientOf(apiKey = adminKey, { url } = server, Library = GoogleGenAI): GoogleGenAI {
  return new Library({ apiKey, httpOptions: { baseUrl: `${url}/gemini` } });
}
const clients = () => libraries.map((Library) => clientOf(adminKey, server, Library));
const google = () => createGoogle({ apiKey: adminKey, baseURL: `${server.url}/gemini/v1beta` });

async function newKey(body: Partial<NewKeyBody>): Promise<string> {
  const sent = { method: 'POST', body: JSON.stringify({ name: 'a user', ...body }) };
  return (await server.call<Envelope<NewKeyData>>('/api/admin/keys', sent)).body.data.secret;
}

const requestOf = (prompt: string, key?: string): InlinedRequest => ({
  contents: [{ role: 'user', parts: [{ text: prompt }] }],
  ...(key === undefined ? {} : { metadata: { key } }),
});

const isOver = ({ state }: BatchJob) => !/PENDING|RUNNING/.test(state ?? '');
async function over(ai: GoogleGenAI, { name = '' }: BatchJob): Promise<BatchJob> {
  let job: BatchJob = {};
  const look = async () => isOver((job = await ai.batches.get({ name })));
  await expect.poll(look, { timeout: 15_000 }).toBe(true);
  return job;
}

/** Call without a library. */
function post<Body = GeminiBatch & GeminiError>(path: string, body: unknown, headers = {}) {
  return server.call<Body>(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
}
const inline = (requests: unknown, others = {}) => ({
  batch: { inputConfig: { requests: { requests } }, ...others },
});

async function upload(lines: readonly (object | string)[], ai = clientOf()): Promise<string> {
  const text = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n');
  const config = { mimeType: 'application/jsonl', displayName: 'requests' };
  return (await ai.files.upload({ file: new Blob([text]), config })).name ?? '';
}
const lineOf = (key: string, prompt: string, others = {}) => ({
  key,
  request: { contents: [{ parts: [{ text: prompt }] }], ...others },
});

type Line = { key: string; response?: GeminiContents; error?: GeminiStatus };
const linesIn = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);

const shapeOf = (response: InlinedResponse['response'] | GeminiContents, candidate = 0) =>
  sharp(
    Buffer.from(response?.candidates?.[candidate]?.content?.parts?.at(-1)?.inlineData?.data ?? '', 'base64'),
  ).metadata();

async function tasksOf(prompt: string): Promise<TaskData[]> {
  const path = `${statusPath}?search=${encodeURIComponent(prompt)}`;
  return (await server.call<{ data: { tasks: TaskData[] } }>(path)).body.data.tasks;
}

/** Error of Google's that a library made of an answer. */
async function refusedBy(call: Promise<unknown>): Promise<GeminiError['error']> {
  const error: unknown = await call.then(
    () => new Error('It was not refused.'),
    (reason: unknown) => reason,
  );
  return (JSON.parse((error as Error).message) as GeminiError).error;
}

test('requests of a call become one batch of tasks, whose responses stand in it in their order', async () => {
  for (const ai of clients()) {
    const shaped = {
      ...requestOf('a wide banana', 'first'),
      config: { imageConfig: { aspectRatio: '16:9', imageSize: '2K' }, systemInstruction: 'in oil' },
    };
    const job = await ai.batches.create({
      model,
      src: [
        shaped,
        { ...requestOf('two', 'second'), config: { candidateCount: 2, responseModalities: ['IMAGE'] } },
        requestOf('[[fail content_rejected]]', 'refused'),
        requestOf('[[fail upstream_bad_request]]', 'failed'),
        {
          contents: [
            { role: 'user', parts: [{ text: 'a hat' }, { inlineData: { data, mimeType: 'image/png' } }] },
          ],
          metadata: { order: '17' },
        },
      ],
      config: { displayName: 'bananas 🍌' },
    });
    expect(job).toMatchObject({ displayName: 'bananas 🍌', model: `models/${model}` });
    expect(job.name).toMatch(/^batches\/[\da-f-]{36}$/);
    const done = await over(ai, job);
    expect(done).toMatchObject({ state: 'JOB_STATE_SUCCEEDED', endTime: expect.any(String) });
    const responses = done.dest?.inlinedResponses ?? [];
    expect(responses.map(({ metadata }) => metadata)).toEqual([
      { key: 'first' },
      { key: 'second' },
      { key: 'refused' },
      { key: 'failed' },
      { order: '17' },
    ]);
    const [wide, two, refused, failed, edited] = responses;
    expect(await shapeOf(wide?.response)).toMatchObject({ width: 2752, height: 1536 });
    expect(two?.response?.candidates).toHaveLength(2);
    expect(await shapeOf(two?.response, 1)).toMatchObject({ format: 'png' });
    expect(refused?.response?.candidates?.[0]).toMatchObject({ finishReason: 'IMAGE_SAFETY' });
    expect(failed?.error).toMatchObject({ code: 3, message: expect.any(String) });
    expect(await server.task(edited?.response?.responseId ?? '')).toMatchObject({ action: 'edit' });
    const path = `${statusPath}/batch/${done.name?.replace('batches/', '')}`;
    const { body } = await server.call<Envelope<{ total: number }>>(path);
    expect(body.data).toMatchObject({ total: 5, succeeded: 3, error: 2 });
  }
  column.shows('generate');
  column.shows('edit');
  column.shows('several', 'a candidate for each; the AI SDK refuses more than one for a request');
  column.shows('shape');
  column.shows('refusal', 'a response without a picture, which says why; other failures are an `error`');
});

test('requests of a file get a file of responses, by the keys of its lines', async () => {
  const directory = temporaryDirectory();
  for (const ai of clients()) {
    const jpeg = { generationConfig: { imageConfig: { outputMimeType: 'image/jpeg' } } };
    const lines = [lineOf('grün 🍌', 'a banana', jpeg), '', { request: { contents: 'no key' } }];
    const fileName = await upload([...lines, lineOf('late', '[[fail no_image]]')], ai);
    const done = await over(ai, await ai.batches.create({ model, src: fileName }));
    expect(done.state).toBe('JOB_STATE_SUCCEEDED');
    const downloadPath = join(directory, 'responses.jsonl');
    await ai.files.download({ file: done.dest?.fileName ?? '', downloadPath });
    const [first, second, third, ...others] = linesIn(readFileSync(downloadPath, 'utf8'));
    expect(others).toEqual([]);
    expect(first).toMatchObject({ key: 'grün 🍌' });
    expect(await shapeOf(first?.response)).toMatchObject({ format: 'jpeg' });
    expect(second).toMatchObject({ key: '2', response: { candidates: [{ finishReason: 'STOP' }] } });
    expect(third).toMatchObject({ key: 'late', response: { candidates: [{ finishReason: 'NO_IMAGE' }] } });
    const listed = [];
    for await (const file of await ai.files.list()) listed.push(file.name);
    expect(listed).toContain(fileName);
    await ai.files.download({ file: fileName, downloadPath });
    expect(readFileSync(downloadPath, 'utf8')).toContain('"key":"late"');
    await ai.files.delete({ name: fileName });
    expect((await refusedBy(ai.files.get({ name: fileName }))).code).toBe(404);
  }
  column.shows('format');
  column.shows('upload', 'of requests, as `application/jsonl`; results are read by `files.download`');
});

onOneStore(
  'programs without a library find states, numbers and a file of the responses of every batch',
  async () => {
    const { body } = await post(create, inline([{ request: { contents: 'a' } }], { display_name: 'plain' }));
    expect(body).toMatchObject({ metadata: { displayName: 'plain', batchStats: { requestCount: '1' } } });
    const path = `/gemini/v1beta/${body.name}`;
    await over(clientOf(), { name: body.name });
    const { body: done, text } = await server.call<GeminiBatch>(path);
    expect(done).toMatchObject({
      done: true,
      metadata: {
        name: body.name,
        state: 'BATCH_STATE_SUCCEEDED',
        batchStats: {
          requestCount: '1',
          successfulRequestCount: '1',
          failedRequestCount: '0',
          pendingRequestCount: '0',
        },
      },
    });
    expect(done.metadata.output?.inlinedResponses?.inlinedResponses[0]).not.toHaveProperty('metadata');
    const file = done.response?.responsesFile ?? '';
    const download = await server.call(`/gemini/download/v1beta/${file}:download?alt=media&key=x`);
    const [line] = linesIn(download.text);
    expect(line?.key).toBe('1');
    expect(text).toContain(line?.response?.candidates?.[0]?.content?.parts.at(-1)?.inlineData?.data ?? '-');
  },
);

onOneStore('what is off is refused with every member that is to blame, and no task is made', async () => {
  const requests = [
    { request: { contents: 'never made' } },
    { request: { contents: '', generationConfig: { imageConfig: { aspectRatio: '5:7' } } } },
    { request: { contents: 'x', model: 'models/none' }, metadata: { key: {} } },
    { request: { contents: 'x', model: 'models/none' } },
    { request: { contents: { parts: [{ text: 'x' }, { inlineData: { data: 'AAAA' } }] } }, metadata: [] },
    { contents: 'x' },
    'x',
  ];
  const { body } = await post(create, inline(requests));
  expect(body.error).toMatchObject({ code: 400, status: 'INVALID_ARGUMENT' });
  const at = (index: number) => `batch.inputConfig.requests.requests[${index}]`;
  const fieldsOf = ({ error }: GeminiError) =>
    ((error.details[1]?.['fieldViolations'] ?? []) as { field: string }[]).map(({ field }) => field);
  expect(fieldsOf(body)).toEqual([
    `${at(1)}.request.contents`,
    `${at(1)}.request.generationConfig.imageConfig.aspectRatio`,
    `${at(2)}.metadata`,
    `${at(3)}.request.model`,
    `${at(4)}.metadata`,
    `${at(5)}.request`,
    at(6),
  ]);
  const picture = await post(create, inline([requests[0], { ...(requests[4] as object), metadata: {} }]));
  expect(fieldsOf(picture.body)).toEqual([`${at(1)}.request.contents.parts[1].inlineData.data`]);
  const many = await post(create, inline(Array.from({ length: 1_001 }, () => requests[0])));
  expect(fieldsOf(many.body)).toEqual(['batch.inputConfig.requests.requests']);
  const fileName = await upload(['{"key":', lineOf('a', 'never made'), lineOf('a', 'x'), '[]', { key: 'b' }]);
  const ofFile = await post(create, { batch: { input_config: { file_name: fileName } } });
  expect(fieldsOf(ofFile.body)).toEqual(['line 1', 'line 3.key', 'line 4', 'line 5.request']);
  expect(await tasksOf('never made')).toEqual([]);
  column.shows('invalid', 'at once, with every member of every request; nothing of the batch is made then');
});

onOneStore.each([
  [{}, 'batch.inputConfig'],
  [{ batch: 1 }, 'batch'],
  [inline([]), 'batch.inputConfig.requests.requests'],
  [inline({}), 'batch.inputConfig.requests.requests'],
  [{ batch: { inputConfig: { fileName: 'files/none' } } }, 'batch.inputConfig.fileName'],
  [
    { batch: { inputConfig: { fileName: `files/${'0'.repeat(8)}-0000-7000-8000-${'0'.repeat(12)}` } } },
    'batch.inputConfig.fileName',
  ],
  [{ batch: { inputConfig: { fileName: 'files/a', requests: {} } } }, 'batch.inputConfig.fileName'],
  [
    inline([{ request: { contents: 'x' } }], { webhookConfig: { uris: ['http://a.example'] } }),
    'batch.webhookConfig',
  ],
  [inline([{ request: { contents: 'x' } }], { displayName: {} }), 'batch.displayName'],
])('a batch that says nothing of use is refused: %j', async (body, field) => {
  const answer = await post(create, body);
  expect([answer.status, answer.body.error.message]).toEqual([400, expect.stringContaining(field)]);
  if (field.includes('webhook'))
    column.lacks(
      'webhook',
      '`webhookConfig` is refused by name: the endpoints of the key are told of each task',
    );
});

test('a batch is accepted whole, or refused whole by the budget, and its key may be refused too', async () => {
  const key = await newKey({ budget: { period: 'day', amount_micro_usd: 120_000 } });
  const ai = clientOf(key);
  const three = ['a', 'b', 'c'].map((prompt) => requestOf(prompt));
  expect(await refusedBy(ai.batches.create({ model, src: three }))).toMatchObject({
    code: 429,
    status: 'RESOURCE_EXHAUSTED',
  });
  expect((await ai.batches.list()).page).toEqual([]);
  const done = await over(ai, await ai.batches.create({ model, src: three.slice(1) }));
  expect(done.dest?.inlinedResponses).toHaveLength(2);
  const reader = clientOf(await newKey({ scopes: ['read'] }));
  expect((await refusedBy(reader.batches.create({ model, src: three }))).code).toBe(403);
  expect(await refusedBy(clientOf('wrong').batches.create({ model, src: three }))).toMatchObject({
    code: 400,
  });
  const other = await newKey({ models: ['nano-banana-pro'] });
  expect((await refusedBy(clientOf(other).batches.create({ model, src: three }))).code).toBe(403);
  expect((await refusedBy(ai.batches.create({ model: 'none', src: three }))).code).toBe(404);
  column.shows('budget');
  column.shows('badKey');
});

test('batches are listed newest first, page by page, without their pictures and for their key alone', async () => {
  const ai = clientOf(await newKey({}));
  const names: (string | undefined)[] = [];
  for (const prompt of ['a', 'b', 'c'])
    names.push((await over(ai, await ai.batches.create({ model, src: [requestOf(prompt)] }))).name);
  const listed: BatchJob[] = [];
  for await (const job of await ai.batches.list({ config: { pageSize: 2 } })) listed.push(job);
  expect(listed.map(({ name }) => name)).toEqual(names.toReversed());
  expect(listed[0]).not.toHaveProperty('dest');
  // Programs ask so for all that there are.
  expect((await ai.batches.list({ config: { pageSize: 2 ** 31 - 1 } })).page).toHaveLength(3);
  const [name = ''] = names;
  const file = name.replace('batches/', 'files/batch-');
  const stranger = await newKey({});
  for (const [method, path] of [
    ['GET', name],
    ['POST', `${name}:cancel`],
    ['DELETE', name],
    ['GET', `${file}:download`],
  ] as const)
    expect((await server.call(`/gemini/v1/${path}`, { method, key: stranger })).status, path).toBe(404);
  expect((await clientOf(stranger).batches.list()).page).toEqual([]);
  for (const query of ['pageSize=0', 'pageToken=x', 'pageToken=1&pageToken=2'])
    expect((await server.call(`/gemini/v1/batches?${query}`)).status, query).toBe(400);
});

test('a cancel ends what is open, and what is there stays', async () => {
  for (const ai of clients()) {
    const src = [requestOf('done', 'done'), requestOf('[[hang]]', 'stuck')];
    const job = await ai.batches.create({ model, src });
    const name = job.name ?? '';
    const path = `/gemini/v1/${name}`;
    const counts = async () => (await server.call<GeminiBatch>(path)).body.metadata.batchStats;
    await expect.poll(async () => (await counts()).successfulRequestCount).toBe('1');
    expect(await ai.batches.get({ name })).not.toHaveProperty('dest');
    expect(
      (await server.call(`/gemini/v1/${name.replace('batches/', 'files/batch-')}:download`)).status,
    ).toBe(404);
    await ai.batches.cancel({ name });
    const done = await over(ai, job);
    expect(done.state).toBe('JOB_STATE_CANCELLED');
    await ai.batches.cancel({ name });
    const [first, stuck] = done.dest?.inlinedResponses ?? [];
    expect(first?.response?.candidates).toHaveLength(1);
    expect(stuck).toMatchObject({ metadata: { key: 'stuck' }, error: { code: 1 } });
  }
  column.shows('cancel');
});

test('a batch that is deleted is gone, and what had not ended of it is cancelled', async () => {
  const [ai] = clients();
  const job = await ai!.batches.create({ model, src: [requestOf('[[hang]] of the deleted')] });
  await ai!.batches.delete({ name: job.name ?? '' });
  expect((await refusedBy(ai!.batches.get({ name: job.name ?? '' }))).code).toBe(404);
  const [task] = await tasksOf('of the deleted');
  expect(await server.final(task?.task_id ?? '')).toMatchObject({ error: { type: 'cancelled' } });
});

onOneStore(
  'requests are read as Gemini reads them: pictures behind links, names of models, and warnings by their request',
  async () => {
    const { data: made } = await server.final(await server.submit({ prompt: 'x' }));
    const fileUri = made.images[0]?.url;
    const contents = { parts: [{ text: 'a hat' }, { fileData: { fileUri } }] };
    const request = { contents, tools: [{}], model: 'models/gemini-3-pro-image' };
    const { body, headers } = await post(create, inline([{ request }], { priority: 1 }));
    const at = 'batch.inputConfig.requests.requests[0].request';
    expect(JSON.parse(headers.get('x-plantain-warnings') ?? '')).toEqual([
      'batch.priority: has no effect here',
      `${at}.tools: has no effect here`,
    ]);
    const [ai] = clients();
    const done = await over(ai!, { name: body.name });
    const id = done.dest?.inlinedResponses?.[0]?.response?.responseId ?? '';
    expect(await server.task(id)).toMatchObject({ action: 'edit', model: 'nano-banana-pro' });
    for (const each of clients()) {
      const shown = await each.models.get({ model });
      expect(shown.supportedActions).toContain('batchGenerateContent');
    }
    column.shows('editLinks', 'by `fileData.fileUri`, but for files at Google');
    column.shows('names');
    column.shows('models', 'that of Gemini');
    column.shows('warnings', 'in the header `X-Plantain-Warnings` of the call that makes the batch');
  },
);

onOneStore('tokens that were used stand in the responses', async () => {
  const usage = { input_tokens: 30, output_tokens: 1_120 };
  const start = async () => ({
    pictures: [Buffer.from(data, 'base64')],
    description: '',
    warnings: [],
    usage,
  });
  const ai = clientOf(adminKey, await startServer({}, { upstream: { name: 'u', start } }));
  const done = await over(ai, await ai.batches.create({ model, src: [requestOf('x')] }));
  expect(done.dest?.inlinedResponses?.[0]?.response?.usageMetadata?.totalTokenCount).toBe(1_150);
  column.shows('usage', 'where the upstream counts them');
});

test('a rate limit holds for the requests of a batch, which is refused whole and says when to come again', async () => {
  const ai = clientOf(await newKey({ limits: { submits_per_minute: 2 } }));
  const src = ['a', 'b'].map((prompt) => requestOf(prompt));
  await ai.batches.create({ model, src });
  const { code, details } = await refusedBy(ai.batches.create({ model, src }));
  expect(code).toBe(429);
  expect(details.find((each) => each['@type'].endsWith('RetryInfo'))?.['retryDelay']).toMatch(/^\d+s$/);
  expect((await ai.batches.list()).page).toHaveLength(1);
  column.shows('rateLimit', 'by RetryInfo and `Retry-After`, as for Gemini');
});

test('a repeat with an Idempotency-Key is no second batch', async () => {
  const body = inline([{ request: { contents: 'once and no more' } }]);
  const headers = { 'idempotency-key': 'batch-17' };
  const first = await post(create, body, headers);
  expect((await post(create, body, headers)).body.name).toBe(first.body.name);
  const other = await post(create, inline([{ request: { contents: 'another' } }]), headers);
  expect(other.body.error.status).toBe('FAILED_PRECONDITION');
  expect(await tasksOf('once and no more')).toHaveLength(1);
  const httpOptions = { baseUrl: `${server.url}/gemini`, headers: { 'Idempotency-Key': 'batch-18' } };
  const ai = new GoogleGenAI({ apiKey: adminKey, httpOptions });
  const again = () => ai.batches.create({ model, src: [requestOf('twice by the library')] });
  expect((await again()).name).toBe((await again()).name);
  column.shows('idempotency');
  column.shows('timeOut', 'where it sends an `Idempotency-Key`, as for Gemini');
});

onOneStore('wrong paths and ids have the form of the face', async () => {
  for (const [method, path] of [
    ['GET', 'batches/x'],
    ['GET', 'batches/%00'],
    ['POST', 'batches/x:cancel'],
    ['GET', 'files/batch-x:download'],
    ['GET', 'files/x:download'],
    ['GET', 'download/v1beta/files/batch-:download'],
  ] as const) {
    const { status, body } = await server.call<GeminiError>(`/gemini/v1/${path}`, { method });
    expect([status, body.error.code], path).toEqual([404, 404]);
  }
  column.shows('wrongPath');
});

async function resultsOf(of: Parameters<typeof getBatchResults>[0]) {
  return (await Readable.from(getBatchResults(of)).toArray()) as BatchItemResult[];
}

onOneStore(
  'the AI SDK starts batches of pictures, follows them and has its pictures, and lists and cancels them',
  async () => {
    const provider = google();
    const request = { type: 'image', model } as const;
    const { warnings: _warnings, ...batch } = await startBatch({
      provider,
      requests: [
        { ...request, id: 'wide', prompt: 'a banana', aspectRatio: '16:9' },
        { ...request, id: 'edit', prompt: { text: 'a hat', images: [Buffer.from(data, 'base64')] } },
        { ...request, id: 'refused', prompt: '[[fail content_rejected]]' },
      ],
    });
    await expect.poll(async () => (await getBatchStatus({ provider, batch })).status).toBe('completed');
    expect(await getBatchStatus({ provider, batch })).toMatchObject({
      requestCounts: { total: 3, completed: 2, failed: 1, pending: 0 },
    });
    const results = await resultsOf({ provider, batch });
    expect(results).toMatchObject([
      { id: 'wide', type: 'image', status: 'succeeded' },
      { id: 'edit', type: 'image', status: 'succeeded' },
      { id: 'refused', type: 'text' },
    ]);
    const [wide] = results;
    const picture =
      wide?.type === 'image' && wide.status === 'succeeded' ? wide.images[0]?.uint8Array : undefined;
    expect(await sharp(picture).metadata()).toMatchObject({ width: 1376, height: 768 });
    const stuck = await startBatch({ provider, requests: [{ ...request, id: 'stuck', prompt: '[[hang]]' }] });
    await cancelBatch({ provider, batch: stuck });
    await expect.poll(async () => (await getBatchStatus({ provider, batch: stuck })).status).toBe('failed');
    const cancelled = await resultsOf({ provider, batch: stuck });
    expect(cancelled).toMatchObject([{ id: 'stuck', status: 'cancelled' }]);
    const { batches, nextCursor } = await listBatches({ provider, limit: 1 });
    expect(batches).toMatchObject([{ id: stuck.id }]);
    expect(nextCursor).toBeDefined();
  },
);

test('a batch goes on through a kill and restart of the server', async () => {
  const directory = temporaryDirectory();
  const before = await startServer({}, { directory });
  const src = [requestOf('[[delay 300ms]]', 'a'), requestOf('b', 'b')];
  const job = await clientOf(adminKey, before).batches.create({ model, src });
  await before.stop();
  const after = clientOf(adminKey, await startServer({}, { directory }));
  const done = await over(after, job);
  expect(done.state).toBe('JOB_STATE_SUCCEEDED');
  expect(done.dest?.inlinedResponses?.map(({ metadata }) => metadata)).toEqual([{ key: 'a' }, { key: 'b' }]);
  column.shows('restart');
  column.shows('hangUp');
});

onOneStore('its column of docs/faces.md is as shown', () => {
  expect(column.written()).toEqual(column.shown());
});
