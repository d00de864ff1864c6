import type {
  Envelope,
  ErrorEnvelope,
  MeData,
  NewKeyData,
  SessionData,
  SessionsData,
} from '@plantain/client';
import { beforeAll, expect, test } from 'vitest';
import { makeSignInLink } from '../../../core/sessions/sessions.ts';
import { openTestKeys } from '../../../store/test-store.fixture.ts';
import { type Answer, startServer, statusPath, type TestServer } from '../../server.fixture.ts';

let server: TestServer;
let calls = 0;
beforeAll(async () => {
  // Each test has an address of its own, as wrong keys are counted by it.
  server = await startServer({ TRUSTED_PROXIES: '1' });
});

interface Sent {
  origin?: string | null;
  cookie?: string;
  body?: object;
  headers?: Record<string, string>;
}

/** Calls as the console does: without a key, from a page of the server. */
function browse<Data = unknown>(
  method: string,
  path: string,
  { origin = server.url, cookie, body, headers }: Sent = {},
): Promise<Answer<Envelope<Data>>> {
  return server.call(path, {
    method,
    key: null,
    headers: {
      'x-forwarded-for': `198.51.100.${calls}`,
      ...(origin === null ? {} : { origin }),
      ...(cookie === undefined ? {} : { cookie }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

async function makeKey(more: object = {}): Promise<NewKeyData> {
  calls += 1;
  return (await server.post<Envelope<NewKeyData>>({ name: 'a person', ...more }, '/api/admin/keys')).body
    .data;
}

/** Signs in and gives the cookie. */
async function signIn(body: object): Promise<string> {
  const answer = await browse<SessionData>('POST', '/api/session', { body });
  expect(answer.status, answer.text).toBe(200);
  return cookieOf(answer);
}

/** Gives the sentence of a refusal. */
function expectRefusal(answer: Answer, status: number): string {
  expect(answer.status, answer.text).toBe(status);
  return (answer.body as ErrorEnvelope).error.message;
}

const cookieOf = ({ headers }: Answer): string => headers.get('set-cookie')?.split(';')[0] ?? '';
const statusOf = async (cookie: string, path = '/api/me') => (await browse('GET', path, { cookie })).status;

/** A link as a command makes it. */
async function makeLink(keyId: string, at = Date.now()): Promise<string> {
  const store = await openTestKeys(server.directory);
  const link = await makeSignInLink(store, { keyId, now: at });
  await store.close();
  return link;
}

test('who signs in with a key is known by a cookie, whose secret is nowhere else', async () => {
  const { key_id, secret } = await makeKey();
  const answer = await browse<SessionData>('POST', '/api/session', {
    body: { key: secret, keep: true },
    headers: { 'user-agent': 'Browser/1' },
  });
  const cookie = cookieOf(answer);
  expect(answer.headers.get('set-cookie')).toMatch(
    /^plantain-[\da-f]{8}=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax; Max-Age=604800$/,
  );
  expect(answer.text).not.toContain(cookie.split('=')[1]);
  expect(answer.body.data).toMatchObject({ signed_in_by: 'key', user_agent: 'Browser/1', current: true });
  expect((await browse<MeData>('GET', '/api/me', { cookie })).body.data.key_id).toBe(key_id);
  expect((await browse('GET', '/api/session', { cookie })).body.data).toEqual(answer.body.data);
  const list = await browse<SessionsData>('GET', '/api/sessions', { cookie });
  expect(list.body.data.sessions).toEqual([answer.body.data]);
  const log = await server.call(`/api/admin/audit?subject=${key_id}&act=key.sign_in`);
  expect(log.body).toMatchObject({
    data: {
      entries: [{ who: key_id, address: `198.51.100.${calls}`, after: { signed_in_by: 'key' } }],
    },
  });
});

test('a session may do what its key may, and a task is made and asked for by it', async () => {
  const { secret } = await makeKey();
  const cookie = await signIn({ key: secret });
  const made = await browse<{ task_id: string }>('POST', statusPath, {
    cookie,
    body: { prompt: 'a banana' },
  });
  expect(made.status, made.text).toBe(200);
  const { task_id } = made.body.data;
  expect(await statusOf(cookie, `${statusPath}/${task_id}`)).toBe(200);
  await expect.poll(async () => (await server.task(task_id, secret)).state).toBe('succeeded');
  const cached = async (headers: Record<string, string>) => {
    const picture = await fetch(`${server.url}${statusPath}/${task_id}/images/1`, { headers });
    await picture.body?.cancel();
    return picture.headers.get('cache-control');
  };
  expect(await cached({ cookie })).toBe('private, no-cache');
  expect(await cached({ authorization: secret })).toBe('private, max-age=3600, immutable');
  expect(await statusOf(cookie, '/api/admin/keys')).toBe(403);
});

test('a call by a session that changes something has to come from a page of the server', async () => {
  const { secret } = await makeKey();
  const cookie = await signIn({ key: secret });
  const { hostname, port } = new URL(server.url);
  for (const origin of [
    null,
    'null',
    'http://evil.example',
    `http://${hostname}:1`,
    `http://${hostname}:${port}.evil.example`,
  ]) {
    const refused = await browse('POST', statusPath, { cookie, origin, body: { prompt: 'a banana' } });
    expect(expectRefusal(refused, 403)).toMatch(/Origin|public_url/);
    expectRefusal(await browse('POST', '/api/session', { origin, body: { key: secret } }), 403);
  }
  expect((await browse('DELETE', '/api/sessions', { cookie })).status).toBe(200);
});

test('a page of another origin sees nothing by a session either, where the browser tells of it', async () => {
  const { secret } = await makeKey();
  const cookie = await signIn({ key: secret });
  const from = (site: string) => browse('GET', '/api/me', { cookie, headers: { 'sec-fetch-site': site } });
  for (const site of ['cross-site', 'same-site', 'x'])
    expect(expectRefusal(await from(site), 403)).toMatch(/other origins/);
  for (const site of ['same-origin', 'none']) expect((await from(site)).status).toBe(200);
});

test('a session is none for other APIs, for tools and for metrics, and a key goes before it', async () => {
  const { secret } = await makeKey({ scopes: ['admin'] });
  const cookie = await signIn({ key: secret });
  expect(await statusOf(cookie)).toBe(200);
  for (const path of ['/metrics', '/openai/v1/models', '/v1/tasks/x', '/gemini/v1beta/models'])
    expect(await statusOf(cookie, path), path).toBeOneOf([400, 401]);
  expectRefusal(await browse('POST', '/mcp', { cookie, body: {} }), 401);
  expectRefusal(await server.call('/api/me', { key: 'plantain_wrong', headers: { cookie } }), 401);
});

test('who signs out is refused, and the cookie of an ended session is deleted', async () => {
  const { secret } = await makeKey();
  const [cookie, other] = [await signIn({ key: secret }), await signIn({ key: secret })];
  const out = await browse('DELETE', '/api/session', { cookie });
  const name = cookie.split('=')[0];
  const deletions = ['/', '/api'].map((path) => `${name}=; Path=${path}; HttpOnly; SameSite=Lax; Max-Age=0`);
  expect(out.headers.getSetCookie()).toEqual(deletions);
  const refused = await browse('GET', '/api/me', { cookie });
  expect(expectRefusal(refused, 401)).toMatch(/session has ended/);
  expect(refused.headers.getSetCookie()).toEqual(deletions);
  // A cookie that another port has planted keeps nobody out.
  expect(await statusOf(`${cookie}; ${other}`)).toBe(200);
  expect(await statusOf(other)).toBe(200);
  const all = await server.call<Envelope<{ deleted: number }>>('/api/sessions', {
    method: 'DELETE',
    key: secret,
  });
  expect(all.body.data.deleted).toBe(1);
  expect(await statusOf(other)).toBe(401);
});

test('a session ends with its key, and with its secret, which signs in no more in its overlap', async () => {
  const { key_id, secret } = await makeKey();
  const [cookie, link] = [await signIn({ key: secret }), await makeLink(key_id)];
  const rolled = await server.post<Envelope<NewKeyData>>(
    { overlap_seconds: 60 },
    `/api/admin/keys/${key_id}/roll`,
  );
  expect(await statusOf(cookie)).toBe(401);
  expect((await server.call('/api/me', { key: secret })).status).toBe(200);
  const replaced = await browse('POST', '/api/session', { body: { key: secret } });
  expect(expectRefusal(replaced, 401)).toMatch(/replaced/);
  expectRefusal(await browse('POST', '/api/session', { body: { link } }), 401);
  const next = await signIn({ key: rolled.body.data.secret });
  await server.call(`/api/admin/keys/${key_id}`, { method: 'DELETE' });
  expect(await statusOf(next)).toBe(401);
});

test('a session that rolls its own key stays, to show the secret, and all others end', async () => {
  const { key_id, secret } = await makeKey({ scopes: ['admin'] });
  const [asking, other] = [await signIn({ key: secret }), await signIn({ key: secret })];
  const rolled = await browse('POST', `/api/admin/keys/${key_id}/roll`, { cookie: asking });
  expect(rolled.status, rolled.text).toBe(200);
  expect([await statusOf(asking), await statusOf(other)]).toEqual([200, 401]);
});

test('a session is used from the networks of its key alone', async () => {
  const { key_id, secret } = await makeKey({ networks: ['203.0.113.0/24'] });
  const link = await makeLink(key_id);
  expectRefusal(await browse('POST', '/api/session', { body: { key: secret } }), 403);
  expectRefusal(await browse('POST', '/api/session', { body: { link } }), 403);
  const within = { 'x-forwarded-for': '203.0.113.5' };
  const cookie = cookieOf(await browse('POST', '/api/session', { body: { key: secret }, headers: within }));
  expect((await browse('GET', '/api/me', { cookie, headers: within })).status).toBe(200);
  expect(await statusOf(cookie)).toBe(403);
});

test('a link signs in once, within ten minutes and while its key may be used', async () => {
  const { key_id } = await makeKey();
  const link = await makeLink(key_id);
  const cookie = await signIn({ link });
  expect((await browse<SessionData>('GET', '/api/session', { cookie })).body.data.signed_in_by).toBe('link');
  const late = await makeLink(key_id, Date.now() - 600_000);
  const revoked = await makeLink(key_id);
  await server.call(`/api/admin/keys/${key_id}`, { method: 'DELETE' });
  for (const each of [link, late, revoked, 'x', 'y'.repeat(43)]) {
    const refused = await browse('POST', '/api/session', { body: { link: each } });
    expect(expectRefusal(refused, 401)).toMatch(/sign-in link/);
  }
});

test('who guesses at the sign-in is slowed down, by keys and by links', async () => {
  const { secret } = await makeKey();
  const statuses: number[] = [];
  for (let guess = 0; guess < 11; guess += 1)
    for (const body of [{ key: `plantain_${guess}` }, { link: 'x'.repeat(43) }])
      statuses.push((await browse('POST', '/api/session', { body })).status);
  expect(statuses).toEqual([...Array(20).fill(401), 429, 429]);
  await signIn({ key: secret });
});

test('a body of neither or both is refused, as one that is none', async () => {
  await makeKey();
  for (const body of [{}, { key: 'a', link: 'b' }, { key: ' ' }, { key: 1 }, { keep: true }, { other: 1 }])
    expectRefusal(await browse('POST', '/api/session', { body }), 400);
});

test('a server in open mode says that nobody signs in', async () => {
  const open = await startServer({ AUTH: 'open' });
  const refused = await open.call('/api/session', {
    method: 'POST',
    key: null,
    headers: { origin: open.url, 'content-type': 'application/json' },
    body: '{"key":"a"}',
  });
  expect(expectRefusal(refused, 403)).toMatch(/open mode/);
});
