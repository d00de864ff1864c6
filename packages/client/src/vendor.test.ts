// Against a server that has only what the API's original vendor has: two submits and the status query, with no error types.

import { beforeAll, beforeEach, expect, test } from 'vitest';
import { createClient, type PlantainClient } from './client.ts';
import { InvalidRequestError, TaskFailedError, UnsupportedError } from './errors.ts';
import { envelope, type FarSide, type Seen, sendJson, startFarSide } from './far-side.fixture.ts';
import type { TaskState } from './wire/task-types.ts';

const apiKey = 'sk-of-the-vendor';
const failedId = '0b9c1f7e-0000-4000-8000-00000000dead';
const png = Buffer.from('iVBORw0KGgo=', 'base64');
/** How often each task was asked for. */
const asked = new Map<string, number>();
let vendor: FarSide;
let client: PlantainClient;

function statusOf(id: string): object {
  const times = (asked.get(id) ?? 0) + 1;
  asked.set(id, times);
  const end = id === failedId ? 'error' : 'succeeded';
  const state = (['pending', 'pending', 'running'] as const)[times - 1] ?? end;
  const images = state === 'succeeded' ? [{ url: `${vendor.url}/file.png`, file_name: 'output.png' }] : [];
  return {
    task_id: id,
    state,
    data: { images, description: '' },
    create_time: '1777968682',
    update_time: '1777968682',
    msg: state === 'error' ? '内容违规' : '',
    status: '0',
    action: 'generate',
  };
}

beforeAll(async () => {
  vendor = await startFarSide(({ method, path, headers, body }, response) => {
    const [, id = ''] = /^\/api\/gemini\/nano-banana\/([\w-]{36})(\?.*)?$/.exec(path) ?? [];
    if (path === '/file.png') return response.writeHead(200, { 'Content-Type': 'image/png' }).end(png);
    if (headers.authorization !== apiKey)
      return sendJson(response, 200, envelope(401, null, 'invalid token'));
    if (method === 'POST' && /^\/api\/gemini\/nano-banana(-edit)?$/.test(path)) {
      const { prompt } = JSON.parse(body) as { prompt: string };
      if (prompt === '') return sendJson(response, 200, envelope(400, null, 'prompt is required'));
      return sendJson(response, 200, envelope(200, { task_id: prompt }));
    }
    if (method === 'GET' && id !== '') {
      if (id.startsWith('unknown')) return sendJson(response, 200, envelope(404, null, 'no such task'));
      return sendJson(response, 200, envelope(200, statusOf(id)), { 'Retry-After': '0.01' });
    }
    return sendJson(response, 404, envelope(404, null, 'not found'));
  });
});

beforeEach(() => {
  asked.clear();
  vendor.seen.length = 0;
  client = createClient({ baseUrl: vendor.url, apiKey });
});

const calls = () =>
  vendor.seen.map(({ method, path }: Seen) => `${method} ${path.replace(/^.*nano-banana/, '')}`);
const idOf = (digits: string) => `0b9c1f7e-0000-4000-8000-${digits.padStart(12, '0')}`;

test('a task is submitted, followed by questions and fetched', async () => {
  const id = idOf('1');
  const submitted = await client.generate({ prompt: id });
  expect(submitted).toEqual({ task_id: id });
  const states: TaskState[] = [];
  const task = await client.wait(submitted, { onProgress: ({ state }) => states.push(state) });
  expect(states).toEqual(['pending', 'running', 'succeeded']);
  const picture = await client.picture(task);
  expect(Buffer.from(await picture.arrayBuffer()).equals(png)).toBe(true);
});

test('what the vendor lacks is asked for once, not for each task and each question', async () => {
  await client.wait(idOf('2'));
  await client.wait(idOf('3'));
  expect(calls().filter((call) => call.includes('/events'))).toHaveLength(1);
  expect(calls().filter((call) => call.includes('?wait='))).toHaveLength(1);
});

test('a task that failed rejects with what the vendor says', async () => {
  const error: unknown = await client.wait(failedId).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(TaskFailedError);
  expect(error).toMatchObject({
    message: '内容违规',
    type: undefined,
    retryable: false,
    task: { task_id: failedId },
  });
});

test('a refusal inside an HTTP 200 is an error of its class', async () => {
  await expect(client.generate({ prompt: '' })).rejects.toThrow(InvalidRequestError);
});

test('bytes go inside the request where no files are taken, and that is tried once', async () => {
  for (const digits of ['4', '5'])
    await client.edit({
      prompt: idOf(digits),
      image_urls: [png, new Blob([png]), 'https://example.com/a.png'],
    });
  const uri = `data:image/png;base64,${png.toString('base64')}`;
  const edits = vendor.seen.filter(({ path }) => path.endsWith('-edit'));
  expect(edits).toHaveLength(2);
  for (const { body } of edits)
    expect(JSON.parse(body)).toMatchObject({ image_urls: [uri, uri, 'https://example.com/a.png'] });
  expect(vendor.seen.filter(({ path }) => path === '/api/files')).toHaveLength(1);
});

test('many tasks are asked for one by one', async () => {
  const unknown = 'unknown0-0000-4000-8000-000000000000';
  const ids = Array.from({ length: 12 }, (_, index) => idOf(`9${index}`));
  const found = await client.getMany([...ids.slice(0, 6), unknown, ...ids.slice(6)]);
  expect(found.tasks.map(({ task_id: id }) => id)).toEqual(ids);
  expect(found.unknown).toEqual([unknown]);
});

test('the rest says that this server does not have it', async () => {
  const id = idOf('6');
  const lacking = await Promise.allSettled([
    client.cancel(id),
    client.retry(id),
    client.delete(id),
    client.requestOf(id),
    client.batch.submit({ tasks: [{ prompt: 'x' }] }),
    client.batch.dryRun({ tasks: [{ prompt: 'x' }] }),
    client.batch.get(id),
    client.files.list(),
    client.webhooks.list(),
    client.list()[Symbol.asyncIterator]().next(),
  ]);
  for (const outcome of lacking)
    expect(outcome).toMatchObject({ status: 'rejected', reason: expect.any(UnsupportedError) });
});
