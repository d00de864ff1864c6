import OpenAI, { AuthenticationError, BadRequestError, NotFoundError, toFile } from 'openai';
import { beforeAll, expect, test } from 'vitest';
import type { TaskData } from '@plantain/client';
import { adminKey, startServer, statusPath, type TestServer } from '../server.fixture.ts';

let server: TestServer;
let requests = 0;
let openai: OpenAI;
beforeAll(async () => {
  server = await startServer();
  openai = new OpenAI({
    apiKey: adminKey,
    baseURL: `${server.url}/v1`,
    maxRetries: 2,
    fetch: (url, init) => {
      // It asks for a data: URI to see what its platform can do.
      if (typeof url !== 'string' || !url.startsWith('data:')) requests += 1;
      return fetch(url, init);
    },
  });
});

const ask = { model: 'gpt-image-2', prompt: '[[fail no_image]]' };
const tasks = async () =>
  (await server.call<{ data: { tasks: TaskData[] } }>(statusPath)).body.data.tasks.length;

async function errorOf(call: Promise<unknown>): Promise<Record<string, unknown>> {
  const error: unknown = await call.catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(BadRequestError);
  const { status, code, type, param, headers, message } = error as InstanceType<typeof BadRequestError>;
  return { status, code, type, param, message, retry: headers.get('x-should-retry') };
}

const refusal = {
  status: 400,
  type: 'invalid_request_error',
  code: 'synchronous_images_not_supported',
  param: 'async',
  message: expect.stringMatching(/base URL \/openai\/v1 .* \/v1\/images\/generations\?async=true/),
  retry: 'false',
};

test('OpenAI’s library is told at once of the base URL at which it can wait, and nothing is made', async () => {
  requests = 0;
  const image = () => toFile(Buffer.from('picture'), 'a.png', { type: 'image/png' });
  expect(await errorOf(openai.images.generate(ask))).toEqual(refusal);
  expect(await errorOf(openai.images.generate(ask, { query: { async: false } }))).toEqual(refusal);
  expect(await errorOf(openai.images.edit({ ...ask, image: await image() }))).toEqual(refusal);
  expect(await errorOf(openai.post('/images/variations', { body: ask }))).toEqual(refusal);
  expect(requests).toBe(4);
  expect(await tasks()).toBe(0);
});

test.each([
  'OpenAI/2.9.1 (.NET 10.0.5; Microsoft Windows 10.0.26200)',
  'MyClient-AIProjectClient OpenAI/2.8.0 (.NET 9.0.11; Microsoft Windows 10.0.26200)',
  'OpenAI/Python 3.22.1',
  'ai/7.0.173 ai-sdk-provider-utils/5.0.81 node.js/v20.20.2',
  'ai-sdk/openai-compatible/1.0.0 ai-sdk/provider-utils/3.0.0 runtime/node.js/22',
])('a library is known by its User-Agent too: %s', async (agent) => {
  const before = await tasks();
  const call = (query: string) =>
    server.call<{ error: { code: unknown } }>(`/v1/images/generations${query}`, {
      method: 'POST',
      headers: { 'user-agent': agent },
      body: JSON.stringify(ask),
    });
  const refused = await call('');
  expect([refused.status, refused.body.error.code]).toEqual([400, refusal.code]);
  expect(await tasks()).toBe(before);
  expect((await call('?async=true')).status).toBe(200);
});

test.each(['openai-relay/1.0', 'axios/1.7.9', 'OpenAI', 'MyOpenAI/2.1', 'Go-http-client/2.0', ''])(
  'a program that is none of them is given its task: %j',
  async (agent) => {
    const headers = { 'user-agent': agent };
    const body = JSON.stringify(ask);
    const answer = await server.call('/v1/images/generations', { method: 'POST', headers, body });
    expect(answer.status, answer.text).toBe(200);
  },
);

test('a call of it that asks for a task gets one, by the query or the body', async () => {
  const before = await tasks();
  for (const options of [{ query: { async: true } }, { body: { ...ask, async: true } }]) {
    const answer: unknown = await openai.images.generate(ask, options);
    expect(answer).toMatchObject({ id: expect.stringMatching(/^[0-9a-f-]{36}$/) });
  }
  expect(await tasks()).toBe(before + 2);
});

/** Headers that the two libraries send with every request, as openai-node 7.57 and openai-python write it. */
test.each([
  { 'x-stainless-lang': 'js', 'x-stainless-package-version': '7.57.0', 'x-stainless-retry-count': '0' },
  { 'X-Stainless-Lang': 'python', 'X-Stainless-Async': 'false', 'x-stainless-read-timeout': '600' },
])('the headers %j tell the libraries', async (headers) => {
  const path = '/v1/images/generations';
  const call = { method: 'POST', body: JSON.stringify(ask), headers: { 'content-type': 'application/json' } };
  const answer = await server.call<{ error: object; message: string }>(path, {
    ...call,
    headers: { ...call.headers, ...headers },
  });
  expect(answer.status).toBe(400);
  expect(answer.body).toMatchObject({
    code: 400,
    msg: answer.body.message,
    error: { message: answer.body.message },
  });
  expect((await server.call(path, call)).status).toBe(200);
});

test('a wrong key, and a path that is none, are what they are for everybody', async () => {
  const wrong = new OpenAI({ apiKey: 'wrong', baseURL: `${server.url}/v1`, maxRetries: 0 });
  await expect(wrong.images.generate(ask)).rejects.toBeInstanceOf(AuthenticationError);
  await expect(openai.chat.completions.create({ model: 'x', messages: [] })).rejects.toBeInstanceOf(
    NotFoundError,
  );
});
