import { Buffer } from 'node:buffer';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createOpenAI } from '@ai-sdk/openai';
import {
  experimental_cancelBatch as cancelBatch,
  experimental_getBatchStatus as getBatchStatus,
  experimental_listBatches as listBatches,
} from 'ai';
import OpenAI, { toFile } from 'openai';
import OpenAI6 from 'openai-6';
import sharp from 'sharp';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import type { Envelope, NewKeyBody, NewKeyData, TaskData, TaskRequestData } from '@plantain/client';
import {
  adminKey,
  startServer,
  statusPath,
  temporaryDirectory,
  type TestServer,
} from '../../../server.fixture.ts';
import { faceColumn } from '../../kit/features.fixture.ts';

type Batch = OpenAI.Batch;

const column = faceColumn(
  'openai-batches',
  {
    title: 'OpenAI Batches',
    prefix: '/openai/v1',
    clients: ['openai 7.59.0', 'openai 6.49.0', 'ai 7.0.173'],
  },
  {
    stream: 'a batch is asked for by its id',
  },
);

const libraries = [OpenAI, OpenAI6 as unknown as typeof OpenAI];
const generations = '/v1/images/generations';

let server: TestServer;
let openai: OpenAI;
let dataUri: string;

beforeAll(async () => {
  server = await startServer(
    { UNPRICED: 'refuse', MAX_TRIES: '1', MAX_BODY_BYTES: '4000000' },
    { file: 'selling_prices: { nano-banana-2.1: 0.05 }' },
  );
  openai = clientOf();
  const png = await sharp({ create: { width: 60, height: 40, channels: 3, background: 'teal' } })
    .png()
    .toBuffer();
  dataUri = `data:image/png;base64,${png.toString('base64')}`;
});

function clientOf({ url } = server, apiKey = adminKey, Library = OpenAI): OpenAI {
  return new Library({ apiKey, baseURL: `${url}/openai/v1`, maxRetries: 0 });
}

async function newKey(body: Partial<NewKeyBody>): Promise<NewKeyData> {
  const sent = { method: 'POST', body: JSON.stringify({ name: 'a user', ...body }) };
  return (await server.call<Envelope<NewKeyData>>('/api/admin/keys', sent)).body.data;
}

function lineOf(customId: string, body: object, url = generations): object {
  return { custom_id: customId, method: 'POST', url, body };
}

async function upload(lines: readonly (object | string)[], client = openai): Promise<string> {
  const text = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n');
  const file = await toFile(Buffer.from(text), 'requests.jsonl');
  return (await client.files.create({ file, purpose: 'batch' })).id;
}

async function createBatch(
  lines: readonly (object | string)[],
  { client = openai, ...given }: Partial<OpenAI.BatchCreateParams> & { client?: OpenAI } = {},
): Promise<Batch> {
  const input_file_id = await upload(lines, client);
  return client.batches.create({
    input_file_id,
    endpoint: generations,
    completion_window: '24h',
    ...given,
  });
}

const isOver = ({ status }: Batch) => ['completed', 'failed', 'expired', 'cancelled'].includes(status);

async function over({ id }: Batch, client = openai): Promise<Batch> {
  await expect.poll(async () => isOver(await client.batches.retrieve(id)), { timeout: 15_000 }).toBe(true);
  return client.batches.retrieve(id);
}

interface Line {
  custom_id: string;
  response: {
    status_code: number;
    request_id: string;
    body: { data: { b64_json: string; url?: string }[]; error: { code: string; type: string } };
  } | null;
  error: { code: string; message: string } | null;
}

async function linesOf(fileId: string | undefined, client = openai): Promise<Line[]> {
  const text = await (await client.files.content(fileId ?? '')).text();
  expect(text.endsWith('\n')).toBe(true);
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
}

const shapeOf = (line: Line | undefined) =>
  sharp(Buffer.from(line?.response?.body.data[0]?.b64_json ?? '', 'base64')).metadata();

interface Refused {
  status: number;
  code: string | null;
  type: string;
  param: string | null;
  message: string;
}

async function refusedBy(call: Promise<unknown>): Promise<Refused> {
  const error: unknown = await call.then(
    () => new Error('It was not refused.'),
    (reason: unknown) => reason,
  );
  expect(error).toHaveProperty('status');
  return error as Refused;
}

test('a file becomes one batch of tasks, and its results a file, with the client’s own ids', async () => {
  for (const Library of libraries) {
    const client = clientOf(server, adminKey, Library);
    const lines = [
      lineOf('first', { model: 'gpt-image-2', prompt: 'a batched banana', size: '1536x1024' }),
      lineOf('grün 🍌', { prompt: 'another', n: 2, output_format: 'webp' }),
      lineOf('refused', { prompt: '[[fail content_rejected]]' }),
    ];
    const batch = await createBatch(lines, { client, metadata: { order: '17' } });
    expect(batch).toMatchObject({
      object: 'batch',
      endpoint: generations,
      completion_window: '24h',
      metadata: { order: '17' },
      errors: null,
    });
    const done = await over(batch, client);
    expect(done).toMatchObject({
      status: 'completed',
      request_counts: { total: 3, completed: 2, failed: 1 },
    });
    expect(done.completed_at).toBeGreaterThanOrEqual(done.created_at);
    const output = await linesOf(done.output_file_id, client);
    expect(output.map((line) => line.custom_id)).toEqual(['first', 'grün 🍌']);
    expect(output[0]?.response).toMatchObject({ status_code: 200, request_id: expect.any(String) });
    expect(await shapeOf(output[0])).toMatchObject({ format: 'png', width: 1264, height: 848 });
    expect(output[1]?.response?.body.data).toHaveLength(2);
    expect(await shapeOf(output[1])).toMatchObject({ format: 'webp' });
    const [failed, ...others] = await linesOf(done.error_file_id, client);
    expect(others).toEqual([]);
    expect(failed).toMatchObject({
      custom_id: 'refused',
      response: { status_code: 400, body: { error: { code: 'moderation_blocked' } } },
      error: null,
    });
    const ofBatch = `${statusPath}/batch/${batch.id.replace('batch_', '')}`;
    const { body } = await server.call<Envelope<{ total: number }>>(ofBatch);
    expect(body.data).toMatchObject({ total: 3, succeeded: 2, error: 1 });
  }
  column.shows('generate');
  column.shows('several');
  column.shows('shape');
  column.shows('format');
  column.shows('refusal', 'a line of the error file');
});

test('edits have their pictures in the lines, and links in the answer where they are asked for', async () => {
  const edits = '/v1/images/edits';
  const body = { prompt: 'a hat', images: [{ image_url: dataUri }], response_format: 'url' };
  const batch = await createBatch([lineOf('edit', body, edits)], { endpoint: edits });
  const done = await over(batch);
  const [line] = await linesOf(done.output_file_id);
  const url = line?.response?.body.data[0]?.url ?? '';
  expect((await fetch(url)).status).toBe(200);
  expect(done.error_file_id).toBeNull();
  const file = await openai.files.retrieve(done.output_file_id ?? '');
  const text = await (await openai.files.content(file.id)).text();
  expect(file).toMatchObject({ purpose: 'batch_output', status: 'processed' });
  expect(text).toContain('"custom_id":"edit"');
  column.shows('edit');
});

test('lines are read as OpenAI Images reads them: links, a mask, options and names, with warnings by their lines', async () => {
  const edits = '/v1/images/edits';
  const { data } = await server.final(await server.submit({ prompt: 'x' }));
  const images = [{ image_url: data.images[0]?.url }];
  const options = { quality: 'high', background: 'transparent' };
  const body = {
    model: 'dall-e-3',
    prompt: 'x',
    images,
    mask: { image_url: dataUri },
    style: 'vivid',
    ...options,
  };
  const input_file_id = await upload([lineOf('a', body, edits)]);
  const { data: batch, response } = await openai.batches
    .create({ input_file_id, endpoint: edits, completion_window: '24h' })
    .withResponse();
  const warnings = JSON.parse(response.headers.get('x-plantain-warnings') ?? '[]') as string[];
  expect(warnings).toContain('line 1: style: has no effect here');
  const [line] = await linesOf((await over(batch)).output_file_id);
  const path = `${statusPath}/${line?.response?.request_id}/request`;
  const asked = (await server.call<Envelope<TaskRequestData>>(path)).body.data;
  expect(asked).toMatchObject({ ...options, model: 'gpt-image-2', mask: expect.stringMatching(/^http/) });
  expect(asked.image_urls).toHaveLength(1);
  expect((await openai.models.list()).data.map(({ id }) => id)).toContain(asked.model);
  for (const feature of ['editLinks', 'names', 'models'] as const) column.shows(feature);
  column.shows('mask', 'for models of which an upstream takes one');
  column.shows('options', 'to models that can be told so; a warning names what was left out');
  column.shows(
    'warnings',
    'in the header `X-Plantain-Warnings` of the call that makes the batch, with the line',
  );
});

test('tokens that were used stand in the lines of the results', async () => {
  const usage = { input_tokens: 30, output_tokens: 1_120 };
  const pictures = [Buffer.from(dataUri.slice(dataUri.indexOf(',') + 1), 'base64')];
  const start = async () => ({ pictures, description: '', warnings: [], usage });
  const client = clientOf(await startServer({}, { upstream: { name: 'u', start } }));
  const done = await over(await createBatch([lineOf('a', { prompt: 'x' })], { client }), client);
  const [line] = await linesOf(done.output_file_id, client);
  expect(line?.response?.body).toMatchObject({ usage: { total_tokens: 1_150 } });
  column.shows('usage', 'where the upstream counts them');
});

test('a rate limit, obeyed by the client: it holds for the tasks of a batch, which is refused whole', async () => {
  for (const Library of libraries) {
    const { secret } = await newKey({ limits: { submits_per_minute: 2 } });
    const client = clientOf(server, secret, Library);
    const two = ['a', 'b'].map((id) => lineOf(id, { prompt: 'x' }));
    await createBatch(two, { client });
    const call = createBatch(two, { client });
    await expect(call).rejects.toBeInstanceOf(Library.RateLimitError);
    expect((await client.batches.list()).data).toHaveLength(1);
  }
  column.shows('rateLimit');
});

test('pictures of edits may be files that were uploaded for them', async () => {
  const bytes = Buffer.from(dataUri.slice(dataUri.indexOf(',') + 1), 'base64');
  const { id: file_id } = await openai.files.create({
    file: await toFile(bytes, 'a.png'),
    purpose: 'vision',
  });
  const edits = '/v1/images/edits';
  const lines = [lineOf('a', { prompt: 'a hat', images: [{ file_id }] }, edits)];
  const done = await over(await createBatch(lines, { endpoint: edits }));
  expect(await shapeOf((await linesOf(done.output_file_id))[0])).toMatchObject({ format: 'png' });
  const others = [lineOf('a', { prompt: 'a hat', images: [{ file_id: 'file-1' }] }, edits)];
  const failed = await createBatch(others, { endpoint: edits });
  expect(failed.errors?.data).toMatchObject([{ line: 1, param: 'body.images[0].file_id' }]);
  expect((await openai.files.list()).data.map(({ purpose }) => purpose)).toContain('vision');
  column.shows('upload', 'by `files`, used as `file_id`; or in the lines themselves');
});

test('the length of a file of results is that of its bytes', async () => {
  const done = await over(
    await createBatch([lineOf('a', { prompt: 'a' }), lineOf('b', { prompt: '[[fail no_image]]' })]),
  );
  for (const id of [done.output_file_id, done.error_file_id]) {
    const bytes = await (await openai.files.content(id ?? '')).arrayBuffer();
    expect((await openai.files.retrieve(id ?? '')).bytes).toBe(bytes.byteLength);
  }
});

test('input files are listed, read and deleted by their key alone', async () => {
  const { secret: key } = await newKey({});
  const client = clientOf(server, key);
  const ids = [];
  for (const each of ['a', 'b', 'c']) ids.push(await upload([lineOf(each, { prompt: each })], client));
  const listed = [];
  for await (const file of client.files.list({ limit: 2, purpose: 'batch' })) listed.push(file.id);
  expect(listed).toEqual(ids.toReversed());
  const gone = await upload([lineOf('d', { prompt: 'd' })], client);
  await client.files.delete(gone);
  const later = await client.files.list({ after: gone, purpose: 'batch' });
  expect(later.data.map(({ id }) => id)).toEqual(listed);
  expect((await client.files.list({ after: gone, order: 'asc' })).data).toEqual([]);
  const [first = ''] = ids;
  expect(await client.files.retrieve(first)).toMatchObject({ filename: 'requests.jsonl', purpose: 'batch' });
  expect(await (await client.files.content(first)).text()).toContain('"custom_id":"a"');
  expect((await refusedBy(openai.files.retrieve(first))).status).toBe(404);
  expect((await refusedBy(openai.files.delete(first))).status).toBe(404);
  expect(
    (
      await refusedBy(
        openai.batches.create({ input_file_id: first, endpoint: generations, completion_window: '24h' }),
      )
    ).param,
  ).toBe('input_file_id');
  // It is no picture, so nothing that is for pictures knows it.
  expect((await server.call(`/api/files/${first.slice(5)}`, { key })).status).toBe(404);
  expect((await server.call<Envelope<{ files: object[] }>>('/api/files', { key })).body.data.files).toEqual(
    [],
  );
  expect(await client.files.delete(first)).toEqual({ id: first, object: 'file', deleted: true });
  expect((await refusedBy(client.files.content(first))).status).toBe(404);
});

test('a file with faults is a failed batch that names each line, and makes no task', async () => {
  const batch = await createBatch([
    '{"custom_id": "x"',
    lineOf('same', { prompt: 'never made' }),
    '',
    lineOf('same', { prompt: 'never made' }),
    lineOf('bad', { prompt: '', n: 99 }),
    lineOf('elsewhere', { prompt: 'x' }, '/v1/chat/completions'),
    { ...lineOf('get', {}), method: 'GET' },
    lineOf('streamed', { prompt: 'x', stream: true }),
    { method: 'POST', url: generations, body: {} },
    { ...lineOf('list', {}), body: [] },
    '[]',
  ]);
  expect(batch).toMatchObject({ status: 'failed', request_counts: { total: 0, completed: 0, failed: 0 } });
  expect(batch.failed_at).toEqual(expect.any(Number));
  const found = batch.errors?.data?.map(({ line, code, param }) => [line, code, param]);
  expect(found).toEqual([
    [1, 'invalid_json_line', null],
    [4, 'duplicate_custom_id', 'custom_id'],
    [5, 'invalid_body', 'body.n'],
    [5, 'invalid_body', 'body.prompt'],
    [6, 'invalid_url', 'url'],
    [7, 'invalid_method', 'method'],
    [8, 'invalid_body', 'body.stream'],
    [9, 'invalid_custom_id', 'custom_id'],
    [10, 'invalid_body', 'body'],
    [11, 'invalid_json_line', null],
  ]);
  const picture = await createBatch(
    [lineOf('no picture', { prompt: 'x', image: 'data:image/png;base64,AAAA' }, '/v1/images/edits')],
    { endpoint: '/v1/images/edits' },
  );
  expect(picture).toMatchObject({
    status: 'failed',
    errors: { data: [{ line: 1, code: 'invalid_image', param: 'body.image' }] },
  });
  expect(await createBatch(['\n\n'])).toMatchObject({
    errors: { data: [{ code: 'empty_file', line: null }] },
  });
  const many = Array.from({ length: 1_001 }, (_each, index) =>
    lineOf(String(index), { prompt: 'never made' }),
  );
  expect(await createBatch(many)).toMatchObject({
    status: 'failed',
    errors: { data: [{ code: 'too_many_requests' }] },
  });
  const search = await server.call<{ data: { tasks: TaskData[] } }>(`${statusPath}?search=never%20made`);
  expect(search.body.data.tasks).toEqual([]);
  expect((await refusedBy(openai.batches.cancel(batch.id))).status).toBe(400);
  column.shows('invalid', 'a failed batch, with every fault and its line');
});

test('a request that is off is refused with every member that is to blame', async () => {
  const input_file_id = await upload([lineOf('a', { prompt: 'x' })]);
  const create = (given: object) =>
    refusedBy(
      openai.batches.create({ input_file_id, endpoint: generations, completion_window: '24h', ...given }),
    );
  expect(await create({ endpoint: '/v1/responses' })).toMatchObject({
    status: 400,
    param: 'endpoint',
    type: 'invalid_request_error',
  });
  expect(await create({ completion_window: 'soon' })).toMatchObject({ param: 'completion_window' });
  expect(await create({ completion_window: '999h' })).toMatchObject({ param: 'completion_window' });
  expect(await create({ metadata: { a: 1 } })).toMatchObject({ param: 'metadata' });
  expect(await create({ metadata: [] })).toMatchObject({ param: 'metadata' });
  expect(await create({ output_expires_after: { anchor: 'created_at', seconds: 1 } })).toMatchObject({
    param: 'output_expires_after.seconds',
  });
  expect(await create({ output_expires_after: 'never' })).toMatchObject({
    param: 'output_expires_after.seconds',
  });
  for (const id of ['', 'file-1', `file-${'0'.repeat(36)}`, '\0', {}, null, `${input_file_id}-output`])
    expect(await create({ input_file_id: id })).toMatchObject({ status: 400, param: 'input_file_id' });
  const file = await toFile(Buffer.from('x'), 'a.jsonl');
  expect(await refusedBy(openai.files.create({ file, purpose: 'assistants' }))).toMatchObject({
    param: 'purpose',
  });
  const short = { anchor: 'created_at', seconds: 1 } as const;
  expect(
    await refusedBy(openai.files.create({ file, purpose: 'batch', expires_after: short })),
  ).toMatchObject({ param: 'expires_after[seconds]' });
  const large = await toFile(Buffer.alloc(4_100_000), 'a.jsonl');
  expect((await refusedBy(openai.files.create({ file: large, purpose: 'batch' }))).status).toBe(413);
  const unknown = [
    'batch_1',
    'x',
    `batch_${'0'.repeat(8)}-0000-7000-8000-${'0'.repeat(12)}`,
    '%00',
    '..%2f..',
  ];
  for (const id of unknown)
    for (const [path, method] of [
      [id, 'GET'],
      [`${id}/cancel`, 'POST'],
    ] as const) {
      const { status, body } = await server.call(`/openai/v1/batches/${path}`, { method });
      expect({ status, body }).toMatchObject({ status: 404, body: { error: { code: 'not_found' } } });
    }
  for (const query of ['limit=0', 'limit=x', 'limit=1&limit=2', 'after=x', 'limit=101'])
    expect((await server.call(`/openai/v1/batches?${query}`)).status, query).toBe(400);
  for (const query of ['order=x', 'after=batch_1', 'limit=10001'])
    expect((await server.call(`/openai/v1/files?${query}`)).status, query).toBe(400);
  column.shows('wrongPath');
});

test('a batch is accepted whole, or refused whole by the budget, and its key may be refused too', async () => {
  const { secret: key } = await newKey({ budget: { period: 'day', amount_micro_usd: 120_000 } });
  const client = clientOf(server, key);
  const three = ['a', 'b', 'c'].map((id) => lineOf(id, { prompt: 'too dear' }));
  expect(await refusedBy(createBatch(three, { client }))).toMatchObject({
    status: 429,
    type: 'insufficient_quota',
  });
  expect((await client.batches.list()).data).toEqual([]);
  const two = await createBatch(three.slice(1), { client });
  expect(await over(two, client)).toMatchObject({ status: 'completed', request_counts: { completed: 2 } });
  const { secret: reader } = await newKey({ scopes: ['read'] });
  expect((await refusedBy(createBatch(three, { client: clientOf(server, reader) }))).status).toBe(403);
  expect((await refusedBy(createBatch(three, { client: clientOf(server, 'pk_wrong') }))).status).toBe(401);
  column.shows('budget');
  column.shows('badKey');
});

test('batches are listed newest first, page by page, for their key alone', async () => {
  const { secret: key } = await newKey({});
  const client = clientOf(server, key);
  const ids = [];
  for (const prompt of ['a', 'b', 'c'])
    ids.push((await createBatch([lineOf('x', { prompt })], { client })).id);
  const listed = [];
  for await (const { id } of client.batches.list({ limit: 2 })) listed.push(id);
  expect(listed).toEqual(ids.toReversed());
  const [page] = [await client.batches.list({ limit: 2 })];
  expect(page).toMatchObject({ has_more: true, data: { length: 2 } });
  const { secret: other } = await newKey({});
  expect((await clientOf(server, other).batches.list()).data).toEqual([]);
  expect((await refusedBy(clientOf(server, other).batches.retrieve(ids[0] ?? ''))).status).toBe(404);
});

test('a cancel ends what is open, and what is there stays', async () => {
  const batch = await createBatch([
    lineOf('done', { prompt: 'a' }),
    lineOf('stuck', { prompt: '[[hang]]' }),
    lineOf('stuck too', { prompt: '[[hang]]' }),
  ]);
  await expect.poll(async () => (await openai.batches.retrieve(batch.id)).request_counts?.completed).toBe(1);
  expect(await openai.batches.retrieve(batch.id)).toMatchObject({
    status: 'in_progress',
    output_file_id: null,
  });
  const cancelled = await openai.batches.cancel(batch.id);
  expect(['cancelling', 'cancelled']).toContain(cancelled.status);
  const done = await over(batch);
  expect(done).toMatchObject({
    status: 'cancelled',
    request_counts: { total: 3, completed: 1, failed: 2 },
    cancelling_at: expect.any(Number),
    cancelled_at: expect.any(Number),
  });
  expect((await openai.batches.cancel(batch.id)).status).toBe('cancelled');
  expect((await linesOf(done.output_file_id)).map((line) => line.custom_id)).toEqual(['done']);
  const errors = await linesOf(done.error_file_id);
  expect(errors).toMatchObject([
    { custom_id: 'stuck', response: null, error: { code: 'batch_cancelled' } },
    { custom_id: 'stuck too', error: { code: 'batch_cancelled' } },
  ]);
  column.shows('cancel');
});

test('a batch whose tasks are being stored is not cancelled in vain: the library asks again, and it is', async () => {
  const asked = Promise.withResolvers<ServerResponse>();
  const pictures = createServer((_, response) => asked.resolve(response)).listen(0, '127.0.0.1');
  await once(pictures, 'listening');
  const host = `127.0.0.1:${(pictures.address() as AddressInfo).port}`;
  const slow = await startServer({ ALLOWED_PRIVATE_HOSTS: host, FETCH_INPUTS: 'accept' });
  const patient = new OpenAI({ apiKey: adminKey, baseURL: `${slow.url}/openai/v1`, maxRetries: 5 });
  const edit = { prompt: '[[hang]]', images: [{ image_url: `http://${host}/a.png` }] };
  const line = JSON.stringify(lineOf('a', edit, '/v1/images/edits'));
  const { id: input_file_id } = await patient.files.create({
    file: await toFile(Buffer.from(line), 'a.jsonl'),
    purpose: 'batch',
  });
  const created = patient.batches.create({
    input_file_id,
    endpoint: '/v1/images/edits',
    completion_window: '24h',
  });
  const response = await asked.promise;
  const [batch] = (await patient.batches.list()).data;
  expect(batch?.status).toBe('validating');
  const refused = await refusedBy(clientOf(slow).batches.cancel(batch?.id ?? ''));
  expect(refused.status).toBe(503);
  const cancel = patient.batches.cancel(batch?.id ?? '');
  response.end(Buffer.from(dataUri.slice(dataUri.indexOf(',') + 1), 'base64'));
  await created;
  await cancel;
  await expect.poll(async () => (await patient.batches.retrieve(batch?.id ?? '')).status).toBe('cancelled');
  pictures.close();
});

test('a request that does not end in its time is one that has expired', async () => {
  const batch = await createBatch([
    lineOf('late', { prompt: '[[hang]]', deadline_seconds: 1 }),
    lineOf('done', { prompt: 'a' }),
  ]);
  const done = await over(batch);
  expect(done).toMatchObject({
    status: 'expired',
    expired_at: expect.any(Number),
    request_counts: { completed: 1, failed: 1 },
  });
  expect(await linesOf(done.error_file_id)).toMatchObject([
    { custom_id: 'late', error: { code: 'batch_expired' } },
  ]);
});

test('results that were deleted are no more, and pictures that were deleted are a line that says so', async () => {
  const done = await over(
    await createBatch([lineOf('gone', { prompt: 'to be deleted' }), lineOf('kept', { prompt: 'kept' })]),
  );
  const [gone] = await linesOf(done.output_file_id);
  await server.call(`${statusPath}/${gone?.response?.request_id}/delete`, { method: 'POST' });
  const after = await openai.batches.retrieve(done.id);
  expect((await linesOf(after.output_file_id)).map((line) => line.custom_id)).toEqual(['kept']);
  expect(await linesOf(after.error_file_id)).toMatchObject([
    { custom_id: 'gone', error: { code: 'deleted' } },
  ]);
  expect((await openai.files.delete(after.output_file_id ?? '')).deleted).toBe(true);
  expect((await openai.batches.retrieve(done.id)).output_file_id).toBeNull();
  expect((await refusedBy(openai.files.content(after.output_file_id ?? ''))).status).toBe(404);
});

test('a repeat with an Idempotency-Key, and a retry of the library’s, is no second batch', async () => {
  const { secret: key } = await newKey({});
  const client = clientOf(server, key);
  const input_file_id = await upload([lineOf('a', { prompt: 'once' })], client);
  const asked = { input_file_id, endpoint: generations, completion_window: '24h' } as const;
  const options = { headers: { 'Idempotency-Key': 'order-17' } };
  const first = await client.batches.create(asked, options);
  expect((await client.batches.create(asked, options)).id).toBe(first.id);
  const conflict = client.batches.create({ ...asked, completion_window: '1h' as '24h' }, options);
  expect((await refusedBy(conflict)).status).toBe(409);
  const given = await client.batches.create(asked);
  expect(given.id).not.toBe(first.id);
  column.shows('idempotency');
  const answers = cutAnswers('/openai/v1/batches', 1);
  const retry = await client.batches.create(asked, { maxRetries: 1 });
  expect(answers.cut()).toBe(1);
  expect([first.id, given.id]).not.toContain(retry.id);
  expect((await client.batches.list()).data).toHaveLength(3);
  column.shows('timeOut', 'the library counts its tries, and gets the batch that is there');
  // It was answered whole, so an equal call that was refused is another one.
  const other = await client.batches.create(asked, { headers: { 'x-stainless-retry-count': '1' } });
  expect([first.id, given.id, retry.id]).not.toContain(other.id);
});

/** Breaks the connections of the next POSTs to a path in the moment in which they would be answered. */
function cutAnswers(path: string, calls: number): { cut: () => number } {
  let cut = 0;
  const look = (created: unknown): void => {
    const { request, response } = created as { request: IncomingMessage; response: ServerResponse };
    if (request.method !== 'POST' || request.url !== path || cut === calls) return;
    cut += 1;
    response.end = () => {
      request.socket.destroy();
      return response;
    };
  };
  subscribe('http.server.response.created', look);
  onTestFinished(() => void unsubscribe('http.server.response.created', look));
  return { cut: () => cut };
}

test('requests of a batch have its window as their deadline, as they may wait for long behind others', async () => {
  const line = lineOf('a', { prompt: 'in a long queue' });
  const batch = await createBatch([line]);
  expect((batch.expires_at ?? 0) - batch.created_at).toBe(86_400);
  const [answered] = await linesOf((await over(batch)).output_file_id);
  const path = `${statusPath}/${answered?.response?.request_id}/request`;
  const { body } = await server.call<Envelope<TaskRequestData>>(path);
  expect(body.data.deadline_seconds).toBe(86_400);
  const { data, response } = await openai.batches
    .create({
      input_file_id: await upload([line]),
      endpoint: generations,
      completion_window: '168h' as '24h',
    })
    .withResponse();
  expect((data.expires_at ?? 0) - data.created_at).toBe(86_400);
  expect(response.headers.get('x-plantain-warnings')).toContain('max_batch_deadline_seconds');
});

test('the AI SDK asks for such batches, lists them and cancels them', async () => {
  const provider = createOpenAI({ apiKey: adminKey, baseURL: `${server.url}/openai/v1` });
  const batch = await createBatch([lineOf('a', { prompt: '[[hang]]' })]);
  const ref = { version: 2, id: batch.id, provider: 'openai.batch' } as const;
  expect(await getBatchStatus({ provider, batch: ref })).toMatchObject({
    status: 'pending',
    rawStatus: 'in_progress',
  });
  await cancelBatch({ provider, batch: ref });
  await over(batch);
  expect(await getBatchStatus({ provider, batch: ref })).toMatchObject({
    status: 'failed',
    rawStatus: 'cancelled',
  });
  const page = await listBatches({ provider, limit: 1 });
  expect(page.batches).toMatchObject([{ id: batch.id }]);
  column.lacks('webhook', 'OpenAI’s batches have none; webhooks of the key tell of each task');
});

test('a batch goes on through a kill and restart of the server', async () => {
  const directory = temporaryDirectory();
  const before = await startServer({}, { directory });
  const client = clientOf(before);
  const batch = await createBatch(
    [lineOf('a', { prompt: '[[delay 300ms]]' }), lineOf('b', { prompt: 'b' })],
    { client },
  );
  await before.stop();
  const after = clientOf(await startServer({}, { directory }));
  const done = await over(batch, after);
  expect(done).toMatchObject({ status: 'completed', request_counts: { completed: 2 } });
  expect((await linesOf(done.output_file_id, after)).map((line) => line.custom_id)).toEqual(['a', 'b']);
  column.shows('restart');
  column.shows('hangUp');
});

test('its column of docs/faces.md is as shown', () => {
  expect(column.written()).toEqual(column.shown());
});
