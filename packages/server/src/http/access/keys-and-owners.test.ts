import type { SubmitEnvelope } from '@plantain/client';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  adminKey,
  rawExchange,
  refusalOf,
  type SentBody,
  startServer,
  statusPath,
  type TestServer,
} from '../server.fixture.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});

test.each([
  ['alone', adminKey],
  ['behind Bearer', `Bearer ${adminKey}`],
  ['behind bearer in small letters, with spaces', `  bearer   ${adminKey} `],
  ['behind Token', `Token ${adminKey}`],
  ['behind Key', `Key ${adminKey}`],
  ['behind ApiKey', `ApiKey ${adminKey}`],
  ['behind Api-Key', `api-key\t${adminKey}`],
])('a key works %s', async (_, header) => {
  const id = await server.submit({ prompt: '[[fail no_image]]' });
  expect((await server.task(id, header)).task_id).toBe(id);
});

test.each(['x-api-key', 'API-Key', 'X-Goog-Api-Key'])(
  'a key works in the header %s, and one in Authorization goes before it',
  async (name) => {
    const id = await server.submit({ prompt: '[[fail no_image]]' });
    const other = await server.newKey(`plantain_other_${name}`);
    const ask = (key: string | null, value: string) =>
      server.call(`${statusPath}/${id}`, { key, headers: { [name]: value } });
    expect((await ask(null, adminKey)).status).toBe(200);
    expect((await ask('', adminKey)).status).toBe(200);
    expect((await ask(adminKey, other)).status).toBe(200);
    refusalOf(await ask(other, adminKey), 404);
    refusalOf(await ask(null, 'plantain_unknown'), 401);
    refusalOf(await ask(null, ''), 401);
    const submitted = await server.call(statusPath, {
      method: 'POST',
      key: null,
      headers: { [name]: adminKey },
      body: JSON.stringify({ prompt: '[[fail no_image]]' }),
    });
    expect(submitted.status, submitted.text).toBe(200);
  },
);

describe('a key in the body', () => {
  const prompt = '[[fail no_image]]';
  const submit = (body: SentBody, key: string | null, headers: Record<string, string> = {}) =>
    server.call<SubmitEnvelope>(statusPath, { method: 'POST', body, key, headers });

  test('works where the header has none, whatever form the body has', async () => {
    const body = JSON.stringify({ key: adminKey, prompt });
    const form = new URLSearchParams({ key: adminKey, prompt });
    const answers = [
      await submit(body, null, { 'content-type': 'text/plain' }),
      await submit(form, null),
      await submit(body, ''),
      await submit(body, '  '),
      await submit(body, 'Bearer '),
    ];
    for (const answer of answers) {
      expect(answer.status, answer.text).toBe(200);
      expect(answer.body.data.warnings).toBeUndefined();
    }
  });

  test('is not looked for in multipart, which is refused before any of it is read', async () => {
    const form = new FormData();
    form.append('key', adminKey);
    form.append('prompt', prompt);
    expect(refusalOf(await submit(form, null)).code).toBe(401);
    const head = `POST ${statusPath} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n`;
    const type = 'Content-Type: multipart/form-data; boundary=x';
    expect(await rawExchange(server.url, `${head}${type}\r\nContent-Length: 1000\r\n\r\n`)).toMatch(
      /^HTTP\/1.1 401 /,
    );
  });

  test('that is not known is refused, and so is any behind a header with an unknown one', async () => {
    expect(refusalOf(await submit('{"key":"no","prompt":"x"}', null)).code).toBe(401);
    expect(refusalOf(await submit(JSON.stringify({ key: adminKey, prompt }), 'no')).code).toBe(401);
  });

  test('is not looked for in a large one', async () => {
    const body = JSON.stringify({ key: adminKey, prompt, pad: 'x'.repeat(2 ** 20) });
    expect(refusalOf(await submit(body, null)).code).toBe(401);
    expect((await submit(body, adminKey)).status).toBe(200);
  });
});

test('a task of another key is as if it never was, on both faces, asked before or not', async () => {
  const other = await server.newKey('plantain_other');
  const id = await server.submit({ prompt: '[[fail no_image]]' });
  for (let time = 0; time < 2; time += 1) {
    const unknown = refusalOf(await server.call(`${statusPath}/${id}`, { key: other }), 404);
    expect(unknown.msg).not.toContain(id);
    expect(refusalOf(await server.call(`${statusPath}/${id}?x`, { key: other })).code).toBe(404);
    expect((await server.call(`/v1/tasks/${id}`, { key: other })).status).toBe(404);
    expect((await server.task(id)).task_id).toBe(id);
  }
});

test('a key made while the server runs works at once, and one that has expired does not', async () => {
  const expired = await server.newKey('plantain_expired', { expiresAt: Date.now() - 1 });
  const fresh = await server.newKey('plantain_fresh', { expiresAt: Date.now() + 60_000 });
  const submit = (key: string) =>
    server.call(statusPath, { method: 'POST', key, body: '{"prompt":"[[fail no_image]]"}' });
  expect(refusalOf(await submit(expired)).code).toBe(401);
  expect((await submit(fresh)).status).toBe(200);
});

test('a server that runs open asks for no key, and minds none', async () => {
  const open = await startServer({ AUTH: 'open' });
  const id = await open.submit({ prompt: '[[fail no_image]]' });
  for (const key of [null, 'anything', `Bearer ${adminKey}`]) {
    expect((await open.call(`${statusPath}/${id}`, { key })).status).toBe(200);
    expect((await open.call(`/v1/tasks/${id}`, { key })).status).toBe(200);
  }
});
