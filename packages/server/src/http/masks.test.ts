import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { TaskData, TaskRequestData } from '@plantain/client';
import sharp from 'sharp';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { geminiKey, startGeminiLoopback } from '../upstreams/gemini/gemini.fixture.ts';
import type { Loopback } from '../upstreams/loopback.fixture.ts';
import {
  errorReply,
  type OpenAiLoopback,
  openAiKey,
  readFields,
  startOpenAiLoopback,
} from '../upstreams/openai/openai.fixture.ts';
import { editPath, startServer, statusPath, type TestServer } from './server.fixture.ts';

/** Routes of the model: the first upstream takes no mask and no quality, the second takes both. */
const file = `
routes:
  banana:
    - { upstream: gemini, model: gemini-nano-banana-2.1 }
    - { upstream: openai, model: gpt-image-2 }
  plain:
    - { upstream: gemini, model: gemini-nano-banana-2.1 }
`;

let server: TestServer;
let gemini: Loopback;
let openai: OpenAiLoopback;
const pictures = new Map<string, Buffer>();
const links = createServer(({ url = '' }, response) => void response.end(pictures.get(url)));
const linkTo = (name: string) => `http://127.0.0.1:${(links.address() as AddressInfo).port}${name}`;
const body = (more: object = {}) => ({ prompt: 'x', model: 'banana', image_urls: [linkTo('/cat')], ...more });

beforeAll(async () => {
  const picture = sharp({ create: { width: 12, height: 8, channels: 4, background: '#f4d03f80' } });
  pictures.set('/cat', await picture.clone().flatten().png().toBuffer());
  pictures.set('/mask', await picture.clone().png().toBuffer());
  pictures.set('/mask.webp', await picture.clone().webp({ lossless: true }).toBuffer());
  links.listen(0, '127.0.0.1');
  await once(links, 'listening');
  [gemini, openai] = [await startGeminiLoopback(), await startOpenAiLoopback()];
  const upstreams = {
    GEMINI_API_KEY: geminiKey,
    GEMINI_BASE_URL: `${gemini.url}/v1beta`,
    OPENAI_API_KEY: openAiKey,
    OPENAI_BASE_URL: openai.baseUrl,
  };
  const ALLOWED_PRIVATE_HOSTS = new URL(linkTo('/')).host;
  server = await startServer(
    { ALLOWED_PRIVATE_HOSTS, MAX_TRIES: '2', RETRY_BASE_MS: '10', DEFAULT_MODEL: 'banana' },
    { environment: upstreams, file },
  );
});
afterAll(async () => {
  links.close();
  await Promise.all([gemini.close(), openai.close()]);
});
beforeEach(() => {
  for (const { seen } of [gemini, openai]) seen.splice(0);
});

const pixelsOf = (bytes: Uint8Array) => sharp(bytes).raw().toBuffer();
const final = async (more: object) => await server.final(await server.submit(body(more), editPath));

test('a mask behind a link goes to the first upstream that takes one, and is kept as a mask', async () => {
  const task = await final({ mask: linkTo('/mask'), quality: 'high' });
  expect(task, task.msg).toMatchObject({ state: 'succeeded', attempts: [{ upstream: 'openai' }] });
  const fields = await readFields(openai.seenAt('start')[0]!);
  expect(fields['quality']).toBe('high');
  for (const [name, path] of [
    ['mask', '/mask'],
    ['image', '/cat'],
  ] as const)
    expect(await pixelsOf(await (fields[name] as File).bytes())).toEqual(await pixelsOf(pictures.get(path)!));
  const asked = await server.call<{ data: TaskRequestData }>(`${statusPath}/${task.task_id}/request`);
  const { mask = '', image_urls } = asked.body.data;
  expect(image_urls).toHaveLength(1);
  expect(Buffer.from(await (await fetch(mask)).arrayBuffer())).toEqual(pictures.get('/mask'));
});

test('a mask that is no PNG is sent as one, with the same transparency', async () => {
  await final({ mask: linkTo('/mask.webp') });
  const { mask } = await readFields(openai.seenAt('start')[0]!);
  const { data, info } = await sharp(await (mask as File).bytes())
    .raw()
    .toBuffer({ resolveWithObject: true });
  expect([(mask as File).type, info.channels, data[3]]).toEqual(['image/png', 4, 0x80]);
});

test('a task with a mask never goes to an upstream that takes none, whatever the other does', async () => {
  openai.answer('start', errorReply(500, { message: 'Sorry.', type: 'server_error' }));
  const task = await final({ mask: linkTo('/mask') });
  openai.answer('start', null);
  expect(task).toMatchObject({ state: 'error', error: { type: 'upstream_unavailable' } });
  expect(task.attempts.map(({ upstream }) => upstream)).toEqual(['openai', 'openai']);
  expect(gemini.seen).toEqual([]);
});

test('what an upstream can’t be told is named by the task, and an opaque background needs no telling', async () => {
  const asked = { quality: 'high', background: 'transparent', moderation: 'low' };
  const task = await final(asked);
  expect(task.attempts).toMatchObject([{ upstream: 'gemini' }]);
  const leftOut = ({ warnings = [] }: TaskData) => warnings.filter((each) => each.includes('left out'));
  expect(leftOut(task)).toEqual([
    'gemini-nano-banana-2.1 takes no quality; high was left out.',
    'gemini-nano-banana-2.1 takes no background; transparent was left out.',
    'gemini-nano-banana-2.1 takes no moderation; it was left out.',
  ]);
  expect(leftOut(await final({ background: 'opaque' }))).toEqual([]);
});

test('a mask is refused at the submit where no upstream of the model takes one, with models that do', async () => {
  const answer = await server.post<{ error: { details: object[] } }>(
    body({ model: 'plain', mask: linkTo('/mask') }),
    editPath,
  );
  expect(answer.status).toBe(400);
  expect(answer.body.error.details).toMatchObject([
    { path: 'mask', message: expect.stringMatching(/^is not taken by plain: .* ask for .*banana/) },
  ]);
  const models = await server.call<{ data: { models: { name: string; takes_mask: boolean }[] } }>(
    '/api/models',
  );
  const takes = new Map(models.body.data.models.map(({ name, takes_mask }) => [name, takes_mask]));
  expect([takes.get('banana'), takes.get('plain')]).toEqual([true, false]);
});
