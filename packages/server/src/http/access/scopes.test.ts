import type { Envelope, NewKeyBody, NewKeyData, OwnerData } from '@plantain/client';
import { beforeAll, describe, expect, test } from 'vitest';
import { openTestKeys } from '../../store/test-store.fixture.ts';
import { adminKey, refusalOf, startServer, statusPath, type TestServer } from '../server.fixture.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ TRUSTED_PROXIES: '1' });
});

const json = { 'content-type': 'application/json' };
const post = <Data>(path: string, body: object, key = adminKey) =>
  server.call<Envelope<Data>>(path, { method: 'POST', key, headers: json, body: JSON.stringify(body) });
const keyWith = async (body: Partial<NewKeyBody>) =>
  (await post<NewKeyData>('/api/admin/keys', { name: 'k', ...body })).body.data;
const prompt = '[[fail no_image]]';

describe('a key without a scope', () => {
  test('may submit and not ask, or ask and not submit', async () => {
    const { secret: submits } = await keyWith({ scopes: ['tasks'] });
    const { secret: asks, key_id: id } = await keyWith({ scopes: ['read'] });
    const submitted = await post<{ task_id: string }>(statusPath, { prompt }, submits);
    expect(submitted.status, submitted.text).toBe(200);
    const at = `${statusPath}/${submitted.body.data.task_id}`;
    for (let time = 0; time < 2; time += 1)
      expect(refusalOf(await server.call(at, { key: submits }), 403).msg).toContain('the scope read');
    expect(refusalOf(await post(statusPath, { prompt }, asks), 403).msg).toContain('the scope tasks');
    expect((await server.call(statusPath, { key: asks })).status).toBe(200);
    refusalOf(await server.call(at, { key: asks }), 404);
    expect((await server.call<Envelope<{ key_id: string }>>('/api/me', { key: asks })).body.data.key_id).toBe(
      id,
    );
  });

  test('is refused also where the key stands in the body or the query string', async () => {
    const { secret } = await keyWith({ scopes: ['webhooks'] });
    const send = (path: string, body: object) =>
      server.call(path, { method: 'POST', key: null, headers: json, body: JSON.stringify(body) });
    expect(refusalOf(await send(statusPath, { prompt, key: secret }), 403).msg).toContain('tasks');
    expect(refusalOf(await send(`${statusPath}/status`, { id: 'x', key: secret }), 403).msg).toContain(
      'read',
    );
    const query = await server.call(`${statusPath}/result?id=x&key=${secret}`, { key: null });
    expect(refusalOf(query, 403).msg).toContain('read');
    expect((await server.call('/api/webhooks', { key: secret })).status).toBe(200);
    expect(refusalOf(await server.call('/api/files', { key: secret }), 403).msg).toContain('read');
  });
});

test('a key submits to its models alone, in a batch and in a retry too', async () => {
  const { secret } = await keyWith({ models: ['nano-banana'] });
  expect((await post(statusPath, { prompt, model: 'nano-banana' }, secret)).status).toBe(200);
  const other = { prompt, model: 'nano-banana-pro' };
  const refused = refusalOf(await post(statusPath, other, secret), 403);
  expect(refused.msg).toContain('may not use the model nano-banana-pro. It may use nano-banana;');
  const batch = { tasks: [{ prompt, model: 'nano-banana' }, other] };
  refusalOf(await post(`${statusPath}/batch`, batch, secret), 403);
  const { owner_id } = (await post<OwnerData>('/api/admin/owners', { name: 'o', shared: true })).body.data;
  const [any, bound] = [await keyWith({ owner_id }), await keyWith({ owner_id, models: ['nano-banana'] })];
  const failed = async (model: string) => {
    const { task_id } = (await post<{ task_id: string }>(statusPath, { prompt, model }, any.secret)).body
      .data;
    await server.call(`${statusPath}/${task_id}?wait=20&until=final`, { key: any.secret });
    return `${statusPath}/${task_id}/retry`;
  };
  expect((await post(await failed('nano-banana'), {}, bound.secret)).status).toBe(200);
  const retry = refusalOf(await post(await failed('nano-banana-pro'), {}, bound.secret), 403);
  expect(retry.msg).toContain('may not use the model nano-banana-pro');
});

test('a key is taken from its networks alone, and the refusal says which address was seen', async () => {
  const { secret } = await keyWith({ networks: ['192.0.2.0/24', '2001:db8::/32'] });
  const from = (address: string, path = '/api/me') =>
    server.call(path, { key: secret, headers: { 'x-forwarded-for': address } });
  for (const address of ['192.0.2.9', '2001:db8::5', '203.0.113.1, 192.0.2.9'])
    expect((await from(address)).status).toBe(200);
  for (const address of ['203.0.113.1', '192.0.2.9, 203.0.113.1']) {
    const refusal = await from(address);
    expect(refusal.status).toBe(403);
    expect(refusal.text).toContain('from 203.0.113.1');
    expect(refusal.text).toContain('PLANTAIN_TRUSTED_PROXIES');
  }
  const id = await server.submit({ prompt });
  expect((await from('203.0.113.1', `${statusPath}/${id}`)).status).toBe(403);
  expect((await from('192.0.2.9', `${statusPath}/${id}`)).status).toBe(404);
});

test('keys of an owner that shares see and change the tasks of one another, and those of no one else', async () => {
  const owner = async (shared: boolean) =>
    (await post<OwnerData>('/api/admin/owners', { name: 'o', shared })).body.data.owner_id;
  const [sharing, apart] = [await owner(true), await owner(false)];
  const [one, two] = [await keyWith({ owner_id: sharing }), await keyWith({ owner_id: sharing })];
  const [three, four] = [await keyWith({ owner_id: apart }), await keyWith({ owner_id: apart })];
  const submit = async (key: string, text = '[[hang]]') =>
    (await post<{ task_id: string }>(statusPath, { prompt: text }, key)).body.data.task_id;
  const id = await submit(one.secret);
  const ask = (key: string, path = '', method = 'GET') =>
    server.call<Envelope<{ task_id: string }>>(`${statusPath}/${id}${path}`, { key, method });
  for (const path of ['', '?wait=1', '/request'])
    expect((await ask(two.secret, path)).body.data.task_id, path).toBe(id);
  expect((await server.call(`/v1/tasks/${id}`, { key: two.secret })).status).toBe(200);
  for (const path of ['', '/request']) refusalOf(await ask(three.secret, path), 404);
  refusalOf(await ask(three.secret, '/cancel', 'POST'), 404);
  expect((await ask(two.secret, '/cancel', 'POST')).status).toBe(200);
  const kept = await submit(three.secret);
  refusalOf(await server.call(`${statusPath}/${kept}`, { key: four.secret }), 404);
  refusalOf(await server.call(`${statusPath}/${kept}`, { key: two.secret }), 404);
});

test('the last use of a key is stored when the server stops, if not before', async () => {
  const own = await startServer();
  const secret = await own.newKey('plantain_used_once_and_noted');
  await own.call('/api/me', { key: secret });
  const before = Date.now();
  await own.stop();
  const keys = await openTestKeys(own.directory);
  const found = (await keys.listKeys()).find(({ name }) => name === secret);
  await keys.close();
  expect(Math.abs((found?.lastUsedAt ?? 0) - before)).toBeLessThan(60_000);
});
