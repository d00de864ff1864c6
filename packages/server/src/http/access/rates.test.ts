import { beforeAll, describe, expect, test } from 'vitest';
import {
  type Answer,
  type Call,
  editPath,
  rawExchange,
  refusalOf,
  startServer,
  statusPath,
  type TestServer,
} from '../server.fixture.ts';

const ended = { prompt: '[[fail no_image]]' };

let server: TestServer;
let keyNumber = 0;
beforeAll(async () => {
  server = await startServer({
    KEY_LIMITS: '{"submits_per_minute": 5, "queries_per_minute": 6}',
    OWNER_LIMITS: '{"queries_per_minute": 8, "submits_per_minute": 1000}',
  });
});

const newKey = (ownerId?: string) =>
  server.newKey(`plantain_rates_${(keyNumber += 1)}`, ownerId === undefined ? {} : { ownerId });
const sent = (key: string, body: object, path = statusPath): Promise<Answer> =>
  server.call(path, {
    method: 'POST',
    key,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
const submit = async (key: string) =>
  (await sent(key, ended)).body as { data: { task_id: string; events_url: string } };
const models = (key: string, call: Call = {}) => server.call('/api/models', { key, ...call });
const told = ({ headers }: Pick<Answer, 'headers'>) => [
  headers.get('ratelimit-policy'),
  headers.get('ratelimit'),
];
const query = (left: number) => [
  '"query";q=6;w=60',
  expect.stringMatching(new RegExp(`^"query";r=${left};t=\\d+$`)),
];
const submits = (left: number) => [
  '"submit";q=5;w=60',
  expect.stringMatching(new RegExp(`^"submit";r=${left};t=\\d+$`)),
];

/** A refusal by the rate of this name, to be tried again when that has more, and not before. */
function expectNotBefore(answer: Answer, name: string): void {
  refusalOf(answer, 429);
  const seconds = Number(new RegExp(`"${name}";r=\\d+;t=(\\d+)`).exec(told(answer)[1] ?? '')?.[1]);
  expect(seconds).toBeGreaterThan(0);
  expect(Number(answer.headers.get('retry-after'))).toBeGreaterThanOrEqual(seconds);
}

describe('what is left is told in every answer of a limited key', () => {
  test('to a status query on either way, not modified or not found, and to a stream', async () => {
    const key = await newKey();
    const { data } = await submit(key);
    const path = `${statusPath}/${data.task_id}`;
    const waited = await server.call(`${path}?wait=20&until=final`, { key });
    expect([waited.status, ...told(waited)]).toEqual([200, ...query(5)]);
    const first = await server.call(path, { key });
    expect([first.status, ...told(first)]).toEqual([200, ...query(4)]);
    const again = await server.call(path, {
      key,
      headers: { 'if-none-match': first.headers.get('etag') ?? '' },
    });
    expect([again.status, ...told(again)]).toEqual([304, ...query(3)]);
    const slow = await server.call(`${statusPath}/status?id=${data.task_id}`, { key });
    expect([slow.status, ...told(slow)]).toEqual([200, ...query(2)]);
    const unknown = await server.call(`${statusPath}/00000000-0000-7000-8000-000000000000`, { key });
    expect([unknown.status, ...told(unknown)]).toEqual([404, ...query(1)]);
    expect(unknown.headers.get('access-control-expose-headers')).toContain('RateLimit, RateLimit-Policy');
  });

  test('of both kinds where the call counts for nothing, and of key and owner where both have limits', async () => {
    const key = await newKey('own_told');
    await submit(key);
    await models(key);
    const me = await server.call('/api/me', { key });
    expect(told(me)).toEqual([
      '"submit";q=5;w=60, "submit-owner";q=1000;w=60, "query";q=6;w=60, "query-owner";q=8;w=60',
      expect.stringMatching(
        /^"submit";r=4;t=\d+, "submit-owner";r=999;t=\d+, "query";r=5;t=\d+, "query-owner";r=7;t=\d+$/,
      ),
    ]);
  });

  test('and to nobody who is not limited, whatever others are', async () => {
    const unlimited = await startServer();
    expect(told(await unlimited.call('/api/models'))).toEqual([null, null]);
    expect(told(await unlimited.post(ended))).toEqual([null, null]);
  });
});

describe('a refused call', () => {
  test('says whose limit it was and when to come again, never before there is more', async () => {
    const key = await newKey();
    for (let call = 0; call < 6; call += 1) expect((await models(key)).status).toBe(200);
    const answer = await models(key);
    const { error } = refusalOf(answer, 429);
    expect(told(answer)).toEqual(query(0));
    expectNotBefore(answer, 'query');
    expect(error.message).toContain('This key may make 6 queries in a minute (queries_per_minute)');
    expect(error.details).toEqual([
      {
        path: '',
        message: error.message,
        of: 'key',
        id: expect.stringMatching(/^key_/),
        limit: 'queries_per_minute',
        max: 6,
        resets_at: expect.stringMatching(/^\d{10}$/),
      },
    ]);
  });

  test('names no time before the rate that refused it has more, of a key or its owner, alone or in a batch', async () => {
    const [one, other] = [await newKey('own_times'), await newKey('own_times')];
    const batch = () => sent(one, { tasks: [ended, ended, ended] }, `${statusPath}/batch`);
    expect((await batch()).status).toBe(200);
    expectNotBefore(await batch(), 'submit');
    expect((await sent(one, ended)).status).toBe(200);
    expectNotBefore(await sent(one, ended), 'submit');
    for (let call = 0; call < 6; call += 1) expect((await models(one)).status).toBe(200);
    expectNotBefore(await models(one), 'query');
    for (let call = 0; call < 2; call += 1) expect((await models(other)).status).toBe(200);
    expectNotBefore(await models(other), 'query-owner');
  });

  test('costs other keys of its owner nothing, and keys of another owner neither', async () => {
    const [fast, calm] = [await newKey('own_shared'), await newKey('own_shared')];
    const apart = await newKey('own_apart');
    for (let call = 0; call < 20; call += 1) await models(fast);
    expect((await models(calm)).status).toBe(200);
    expect((await models(calm)).status).toBe(200);
    const { error } = refusalOf(await models(calm), 429);
    expect(error.message).toContain('The owner of this key may make 8 queries in a minute');
    expect(error.details).toMatchObject([{ of: 'owner', id: 'own_shared', max: 8 }]);
    expect((await server.call('/api/me', { key: apart })).headers.get('ratelimit')).toBe(
      '"submit";r=5;t=0, "submit-owner";r=1000;t=0, "query";r=6;t=0, "query-owner";r=8;t=0',
    );
  });

  test('is answered before its body comes', async () => {
    const key = await newKey();
    for (let call = 0; call < 5; call += 1) expect((await sent(key, ended)).status).toBe(200);
    const head = [
      `POST ${statusPath} HTTP/1.1`,
      'Host: localhost',
      `Authorization: ${key}`,
      'Content-Type: application/json',
      'Content-Length: 1000000',
      'Connection: close',
    ];
    const answer = await rawExchange(server.url, `${head.join('\r\n')}\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1.1 429 .*Too Many Requests\r\n/);
    expect(answer).toContain('ratelimit: "submit";r=0;t=');
  });
});

describe('submits', () => {
  test('are those of every path, and a batch counts as its tasks', async () => {
    const key = await newKey();
    const first = await sent(key, ended);
    expect(told(first)).toEqual(submits(4));
    const { task_id: id } = (first.body as { data: { task_id: string } }).data;
    expect(told(await sent(key, { ...ended, image_urls: [] }, editPath))).toEqual(submits(3));
    expect(told(await sent(key, ended, '/v1/images/generations?async=true'))).toEqual(submits(2));
    await server.call(`${statusPath}/${id}?wait=20&until=final`, { key });
    const again = await sent(key, {}, `${statusPath}/${id}/retry`);
    expect([again.status, ...told(again)]).toEqual([200, ...submits(1)]);
  });

  test('of a batch are accepted or refused together', async () => {
    const key = await newKey();
    const batch = (count: number) =>
      sent(key, { tasks: Array.from({ length: count }, () => ended) }, `${statusPath}/batch`);
    const accepted = await batch(3);
    expect([accepted.status, ...told(accepted)]).toEqual([200, ...submits(2)]);
    const refused = await batch(3);
    expect(refusalOf(refused, 429).error.message).toContain('This key may make 5 submits in a minute');
    expect(told(refused)).toEqual(submits(1));
    const never = await batch(6);
    expect(refusalOf(never, 429).error.message).toContain('6 at once are never taken. Ask for fewer.');
  });

  test('whose key is in the body count too', async () => {
    const key = await newKey();
    const bare = () =>
      server.call(statusPath, { method: 'POST', key: null, body: JSON.stringify({ ...ended, key }) });
    for (let left = 4; left >= 0; left -= 1) expect(told(await bare())).toEqual(submits(left));
    expect((await bare()).status).toBe(429);
  });
});

describe('queries', () => {
  test('that wait, and streams, count once', async () => {
    const key = await newKey();
    const { data } = await submit(key);
    const waited = await server.call(`${statusPath}/${data.task_id}?wait=20&until=final`, { key });
    expect([waited.status, ...told(waited)]).toEqual([200, ...query(5)]);
    const stream = await server.call(`${statusPath}/${data.task_id}/events`, { key });
    expect([stream.status, ...told(stream)]).toEqual([200, ...query(4)]);
    const linked = await fetch(data.events_url);
    expect([linked.status, ...told(linked)]).toEqual([200, null, null]);
  });

  test('are refused on the quick way of the status query too', async () => {
    const key = await newKey();
    const { data } = await submit(key);
    const ask = () => server.call(`${statusPath}/${data.task_id}`, { key });
    for (let call = 0; call < 6; call += 1) expect((await ask()).status).toBe(200);
    refusalOf(await ask(), 429);
  });

  test('are messages of the Model Context Protocol, and what their tools ask counts no more', async () => {
    const key = await newKey();
    const message = (method: string, params: object) =>
      server.call('/mcp', {
        method: 'POST',
        key,
        headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
        body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
      });
    const call = { name: 'generate_image', arguments: { prompt: '[[fail no_image]]' } };
    const answer = await message('tools/call', call);
    expect(answer.status, answer.text).toBe(200);
    expect(told(answer)).toEqual(query(5));
    expect((await server.call('/api/me', { key })).headers.get('ratelimit')).toMatch(
      /^"submit";r=4.*"query";r=5;/,
    );
  });

  test('are not what operators ask, nor who the key is, nor how the server is', async () => {
    for (let call = 0; call < 12; call += 1)
      for (const path of ['/api/admin/overview', '/api/me', '/healthz'])
        expect((await server.call(path)).status).toBe(200);
  });
});

test('the limits of the settings hold for all callers of an open server together', async () => {
  const open = await startServer({
    AUTH: 'open',
    KEY_LIMITS: '{"submits_per_minute": 1}',
    OWNER_LIMITS: '{"queries_per_minute": 2}',
  });
  const submitted = await open.post(ended);
  expect([submitted.status, submitted.headers.get('ratelimit-policy')]).toEqual([200, '"submit";q=1;w=60']);
  expect(refusalOf(await open.post(ended), 429).error.details).toMatchObject([
    { of: 'key', id: 'open', limit: 'submits_per_minute', max: 1 },
  ]);
  const asked = [await open.call('/api/models'), await open.call(statusPath), await open.call('/api/models')];
  expect(asked.map(({ status }) => status)).toEqual([200, 200, 429]);
  expect((await open.call('/api/admin/keys')).status).toBe(403);
});
