import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { newTaskId } from '../../../lib/ids.ts';
import {
  adminKey,
  type Answer,
  type Call,
  rawCall,
  rawExchange,
  refusalOf,
  startServer,
  statusPath,
  type TestServer,
} from '../../server.fixture.ts';

const userKey = 'plantain_key_of_a_program_that_has_no_other_way';
const otherKey = 'plantain_key_of_somebody_else_on_this_server';
let server: TestServer;
let id: string;
beforeAll(async () => {
  server = await startServer();
  await server.newKey(userKey);
  await server.newKey(otherKey);
  id = await submitted('[[fail content_rejected]]');
  await server.call(`${statusPath}/${id}?until=final`, { key: userKey });
});

/** A task of the key of the program. */
async function submitted(prompt: string): Promise<string> {
  const body = JSON.stringify({ prompt, key: userKey });
  const answer = await server.call<{ data: { task_id: string } }>(statusPath, {
    method: 'POST',
    key: null,
    body,
  });
  return answer.body.data.task_id;
}

const resultPath = `${statusPath}/result`;
const oldResultPath = `${statusPath}-result`;
const post = (body: Call['body'], query = '', call: Call = {}) =>
  server.call<{ data: unknown }>(`${statusPath}/status${query}`, {
    method: 'POST',
    ...(body === undefined ? {} : { body }),
    ...call,
  });
/** Of an answer whose address had the key in it. */
function expectUnkept({ headers }: Answer): void {
  expect(headers.get('cache-control')).toBe('no-store');
  expect(headers.get('referrer-policy')).toBe('no-referrer');
}

describe.each([
  ['result?id', `${resultPath}?id=`],
  ['result?task_id', `${resultPath}?task_id=`],
  ['-result?task_id', `${oldResultPath}?task_id=`],
  ['-result?id', `${oldResultPath}?id=`],
])('%s', (_, path) => {
  test('is answered as the status query, to a key in the query string and to one in the header', async () => {
    const { body: plain } = await server.call<{ data: unknown }>(`${statusPath}/${id}`, { key: userKey });
    const byQuery = await server.call<{ data: unknown }>(`${path}${id}&key=${userKey}`, { key: null });
    expect(byQuery.status, byQuery.text).toBe(200);
    expect(byQuery.body.data).toEqual(plain.data);
    expectUnkept(byQuery);
    const byHeader = await server.call<{ data: unknown }>(path + id.toUpperCase(), { key: userKey });
    expect(byHeader.body.data).toEqual(plain.data);
    expect(byHeader.headers.get('cache-control')).toBe('private, no-cache');
    expect(byHeader.headers.get('referrer-policy')).toBeNull();
    expect(refusalOf(await server.call(`${path}${id}&key=${otherKey}`, { key: null }), 404).msg).toContain(
      'no task',
    );
    expect(refusalOf(await server.call(path + newTaskId(), { key: userKey }), 404).msg).toContain('no task');
  });

  test('answers HEAD, and 304 to who has the answer', async () => {
    const target = `${path}${id}&key=${userKey}`;
    const head = await rawCall(server.url, { target, method: 'HEAD' });
    expect([head.status, head.text]).toEqual([200, '']);
    const etag = head.headers.get('etag') ?? '';
    const known = await server.call(target, { key: null, headers: { 'if-none-match': etag } });
    expect([known.status, known.text]).toEqual([304, '']);
    expectUnkept(known);
  });
});

test('a wait for news is one here too, and ends when the key does', async () => {
  const hanging = await submitted('[[hang]]');
  await expect
    .poll(async () => (await server.call(`${statusPath}/${hanging}`, { key: userKey })).text)
    .toContain('"state":"running"');
  const target = `?until=final&wait=30`;
  const waits = [
    server.call(`${resultPath}${target}&id=${hanging}&key=${userKey}`, { key: null }),
    post(JSON.stringify({ id: hanging }), `${target}&key=${userKey}`, { key: null }),
    post(JSON.stringify({ id: hanging, key: userKey }), target, { key: null }),
  ];
  await server.call(`${statusPath}/${hanging}`, { method: 'DELETE', key: userKey });
  for (const answer of await Promise.all(waits)) {
    expect(answer.status, answer.text).toBe(200);
    expect(answer.text).toContain('"state":"error"');
  }
});

test('each of the paths is answered in the other method too, to a key in the header or in the body', async () => {
  const asked = await server.call<{ data: unknown }>(`${statusPath}/status?id=${id}`, { key: userKey });
  expect(asked.body.data).toMatchObject({ task_id: id, state: 'error' });
  for (const path of [resultPath, oldResultPath])
    for (const body of [{ id }, { task_id: id, key: userKey }]) {
      const key = 'key' in body ? null : userKey;
      const answer = await server.call<{ data: unknown }>(path, {
        method: 'POST',
        key,
        body: JSON.stringify(body),
      });
      expect(answer.status, answer.text).toBe(200);
      expect(answer.body.data).toEqual(asked.body.data);
      const inQuery = { method: 'POST', key: null, body: JSON.stringify({ id }) };
      refusalOf(await server.call(`${path}?key=${userKey}`, inQuery), 401);
    }
  refusalOf(await server.call(`${statusPath}/status?id=${id}&key=${userKey}`, { key: null }), 401);
  expect(refusalOf(await server.call(`${statusPath}/status`, { key: userKey }), 400).msg).toContain(
    'id is required',
  );
});

describe('a body with the id', () => {
  const json = () => JSON.stringify({ id });
  test.each([
    ['JSON', json, 'application/json'],
    ['JSON by its other name', () => JSON.stringify({ task_id: id }), 'application/json'],
    ['JSON of no type', json, ''],
    ['JSON as text', json, 'text/plain'],
    ['JSON as a form', json, 'application/x-www-form-urlencoded'],
    ['a form', () => `id=${id}`, 'application/x-www-form-urlencoded'],
    ['a form by its other name', () => `task_id=${id}&x=1`, 'application/x-www-form-urlencoded'],
    [
      'multipart',
      () => `--x\r\nContent-Disposition: form-data; name="id"\r\n\r\n${id}\r\n--x--\r\n`,
      'multipart/form-data; boundary=x',
    ],
  ])('is read as %s', async (_, body, type) => {
    const headers = { 'content-type': type };
    for (const answer of [
      await post(body(), '', { key: userKey, headers }),
      await post(body(), `?key=${userKey}`, { key: null, headers }),
    ]) {
      expect(answer.status, answer.text).toBe(200);
      expect(answer.body.data).toMatchObject({ task_id: id, state: 'error' });
      expect(answer.headers.get('etag')).toMatch(/^W\//);
    }
  });

  test('may have the key too, and says nothing to whoever has none', async () => {
    for (const body of [
      JSON.stringify({ id, key: userKey }),
      new URLSearchParams({ task_id: id, key: userKey }),
    ])
      expect((await post(body, '', { key: null })).body.data).toMatchObject({ task_id: id });
    for (const body of [
      json(),
      '{',
      '',
      JSON.stringify({ id, key: 'plantain_unknown' }),
      JSON.stringify({ id, key: 7 }),
    ])
      refusalOf(await post(body, '', { key: null }), 401);
  });

  test.each([
    ['is empty', '', 400],
    ['is no JSON', '{"id":', 400],
    ['names no task', '{"prompt":"x"}', 400],
    ['names a list', '{"id":["a"]}', 400],
    ['names a number', '{"task_id":7}', 400],
    ['names two tasks', '{"id":"a","task_id":"b"}', 400],
    ['names a task that is none', '{"id":"__proto__"}', 404],
    ['is too large', `{"id":"${'x'.repeat(70_000)}"}`, 413],
    ['has another type', '<id/>', 415],
  ])('that %s is refused', async (_, body, status) => {
    const headers = { 'content-type': body === '<id/>' ? 'text/xml' : 'application/json' };
    expect(refusalOf(await post(body, '', { key: userKey, headers })).code).toBe(status);
  });
});

test.each([
  ['no id', '', 'id is required'],
  ['an empty id', 'id=&task_id=', 'id is required'],
  ['two ids', 'id=a&id=b', 'id must be one id'],
  ['two tasks', 'id=a&task_id=b', 'names another task'],
  ['a list', 'id[]=a', 'id is required'],
  ['a wait that is none', `id=019aa000-0000-7000-8000-00000000002a&wait=x`, 'wait'],
])('a query string with %s is refused by name', async (_, query, words) => {
  for (const path of [resultPath, oldResultPath])
    expect(refusalOf(await server.call(`${path}?${query}&key=${userKey}`, { key: null })).msg).toContain(
      words,
    );
});

describe('the key in a query string', () => {
  const get = (query: string, key: string | null = null, from = server) =>
    from.call<{ msg: string }>(`${resultPath}?id=${id}${query}`, { key });

  test('of an admin is refused, with what is to be done now', async () => {
    for (const answer of [
      await get(`&key=${adminKey}`),
      await server.call<{ msg: string }>(`${oldResultPath}?task_id=${id}&key=${adminKey}`, { key: null }),
      await post(JSON.stringify({ id }), `?key=${adminKey}`, { key: null }),
    ]) {
      expect(refusalOf(answer, 401).msg).toMatch(/admin key.* logs .*revoke it/);
      expectUnkept(answer);
    }
  });

  test('is outdone by one in the header, whatever it is', async () => {
    expect((await get(`&key=${otherKey}`, userKey)).status).toBe(200);
    expect((await get(`&key=${adminKey}`, userKey)).status).toBe(200);
    refusalOf(await get(`&key=${userKey}`, otherKey), 404);
    refusalOf(await get(`&key=${userKey}`, 'plantain_unknown'), 401);
    expect((await get(`&key=${userKey}`, '')).status).toBe(200);
    expect((await get(`&key=${userKey}`, 'Bearer ')).status).toBe(200);
  });

  test('is refused where it is unknown, empty, or stands there twice', async () => {
    for (const query of [
      '&key=plantain_unknown',
      '&key=',
      '&key=%20',
      '&key=Bearer',
      '',
      '&key[]=a',
      `&key=${'x'.repeat(2_000)}`,
    ])
      expect((await get(query)).headers.get('www-authenticate'), query).toBe('Bearer');
    expect(refusalOf(await get(`&key=${userKey}&key=${userKey}`), 400).msg).toContain('more than once');
  });

  test('is taken nowhere else, and the refusal says where it goes', async () => {
    for (const [method, path] of [
      ['GET', `${statusPath}/${id}`],
      ['GET', statusPath],
      ['GET', `${statusPath}/${id}/events`],
      ['GET', `${statusPath}/events`],
      ['GET', `${statusPath}/status`],
      ['POST', statusPath],
      ['POST', `${statusPath}/${id}/cancel`],
      ['GET', `/v1/tasks/${id}`],
      ['POST', '/v1/images/generations'],
      ['GET', '/api/models'],
      ['GET', '/api/admin/keys'],
    ] as const)
      for (const name of ['key', 'api_key', 'access_token']) {
        const answer = await server.call<{ msg: string }>(`${path}?${name}=${userKey}`, {
          method,
          key: null,
        });
        expect(answer.status, path).toBe(401);
        expect(answer.body.msg, path).toContain('not taken here. Send the key in the Authorization header');
      }
  });

  test('is refused where query_keys is false, with the name of the setting', async () => {
    const strict = await startServer({ QUERY_KEYS: 'false' });
    await strict.newKey(userKey);
    const answer = await get(`&key=${userKey}`, null, strict);
    expect(refusalOf(answer, 401).msg).toContain('PLANTAIN_QUERY_KEYS');
    expectUnkept(answer);
    refusalOf(await get('', userKey, strict), 404);
  });

  test('is not asked for in open mode', async () => {
    const open = await startServer({ AUTH: 'open' });
    for (const query of ['', '&key=whatever']) expect(refusalOf(await get(query, null, open)).code).toBe(404);
  });

  test('stands in no log, in no answer and in no file, whatever is done with it', async () => {
    const planted = 'plantain_planted_in_every_address_that_there_is';
    const own = await startServer();
    await own.newKey(planted, { name: 'a program' });
    const body = JSON.stringify({ prompt: '[[fail content_rejected]]', key: planted });
    const { text } = await own.call(statusPath, { method: 'POST', key: null, body });
    const [task = ''] = /[\da-f]{8}(-[\da-f]{4,12}){4}/.exec(text) ?? [];
    const answered = await own.call(`${resultPath}?key=${planted}&id=${task}&until=final`, { key: null });
    expect(answered.status, answered.text).toBe(200);
    const query = `?key=${planted}&id=${task}&wait=x&limit=${planted}`;
    const targets = [
      resultPath,
      oldResultPath,
      statusPath,
      `${statusPath}/${id}`,
      `${statusPath}/${id}/events`,
      '/docs/',
      '/',
      '/nothing',
      '/v1/v1/tasks/x',
      '/%zz',
      `/files/${id}/output.png`,
      '/api/admin/keys',
      `${statusPath}/${'x'.repeat(900)}`,
    ].map((path) => path + query);
    const texts = [answered.text, JSON.stringify([...answered.headers])];
    for (const target of [...targets, `http://elsewhere.example${resultPath}${query}`])
      for (const method of ['GET', 'POST', 'PUT', 'HEAD']) {
        const said = await rawCall(own.url, { target, method, headers: { 'content-length': '0' } });
        texts.push(said.text, JSON.stringify([...said.headers]));
      }
    texts.push(
      await rawExchange(own.url, `GET ${targets[0]} HTTP/1.1\r\nConnection: close\r\n\r\n`),
      await rawExchange(own.url, `GET ${targets[0]} BANANA\r\n\r\n`),
      await rawExchange(own.url, `GET ${targets[0]}${'x'.repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`),
    );
    await own.stop();
    for (const name of readdirSync(own.directory, { recursive: true, withFileTypes: true }))
      if (name.isFile()) texts.push(readFileSync(join(name.parentPath, name.name), 'latin1'));
    expect(texts.filter((each) => each.includes(planted))).toEqual([]);
    expect(JSON.stringify(own.log)).not.toContain(planted);
  });
});
