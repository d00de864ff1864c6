import type { Envelope, KeyData, KeysData, MeData, NewKeyData } from '@plantain/client';
import { beforeAll, expect, test } from 'vitest';
import { storeKey } from '../../../core/keys/keys.ts';
import { openTestKeys } from '../../../store/test-store.fixture.ts';
import {
  adminKey,
  refusalOf,
  startServer,
  temporaryDirectory,
  type TestServer,
} from '../../server.fixture.ts';

const path = '/api/admin/keys';
let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});

const json = { 'content-type': 'application/json' };
const send = <Data = KeyData>(method: string, at: string, body?: unknown, key = adminKey) =>
  server.call<Envelope<Data>>(at, {
    method,
    key,
    ...(body === undefined ? {} : { headers: json, body: JSON.stringify(body) }),
  });
const make = async (body: object) => {
  const answer = await send<NewKeyData>('POST', path, body);
  expect(answer.status, answer.text).toBe(200);
  return answer.body.data;
};
const list = async () => (await send<KeysData>('GET', path)).body.data.keys;
const faultsOf = async (answer: ReturnType<typeof send>) =>
  refusalOf(await answer, 400).error.details?.map(({ path: place }) => place);

test('a key that was made works at once, is listed, and its secret is in that one answer only', async () => {
  const { secret, ...made } = await make({ name: '  Ann’s laptop ' });
  expect(made).toEqual({
    key_id: expect.stringMatching(/^key_/),
    name: 'Ann’s laptop',
    role: 'user',
    hint: secret.slice(0, 13),
    create_time: expect.stringMatching(/^\d{10}$/),
    expires_at: null,
    revoked_at: null,
  });
  const { create_time: _, revoked_at: __, ...me } = made;
  expect((await send<MeData>('GET', '/api/me', undefined, secret)).body.data).toEqual(me);
  expect(await list()).toContainEqual(made);
  const renamed = await send('PATCH', `${path}/${made.key_id}`, { name: 'Ann' });
  expect(renamed.body.data).toEqual({ ...made, name: 'Ann' });
  const revoked = await send('DELETE', `${path}/${made.key_id}`);
  expect(revoked.body.data.revoked_at).toMatch(/^\d{10}$/);
  for (const answer of [await send('GET', path), renamed, revoked]) expect(answer.text).not.toContain(secret);
});

test('a key has the end that it is given, by a time or from now, until it is changed', async () => {
  const now = Math.floor(Date.now() / 1000);
  const soon = await make({ name: 'a', role: 'admin', expires_in_seconds: 3_600 });
  expect(Number(soon.expires_at)).toBeGreaterThanOrEqual(now + 3_600);
  expect(Number(soon.expires_at)).toBeLessThan(now + 3_700);
  const later = await make({ name: 'b', expires_at: String(now + 500), expires_in_seconds: null });
  expect(later.expires_at).toBe(String(now + 500));
  const moved = await send('PATCH', `${path}/${later.key_id}`, { expires_at: now + 900 });
  expect(moved.body.data).toMatchObject({ name: 'b', expires_at: String(now + 900) });
  const endless = await send('PATCH', `${path}/${later.key_id}`, { expires_at: null });
  expect(endless.body.data.expires_at).toBeNull();
});

test('a revoked key opens nothing, stays in the list and does not change again', async () => {
  const { key_id: id, secret } = await make({ name: 'gone' });
  const revoked = await send('POST', `${path}/${id}/revoke`);
  expect(revoked.status).toBe(200);
  expect((await send('DELETE', `${path}/${id}`)).body.data).toEqual(revoked.body.data);
  refusalOf(await send('GET', '/api/me', undefined, secret), 401);
  expect(await list()).toContainEqual(revoked.body.data);
  refusalOf(await send('PATCH', `${path}/${id}`, { name: 'back' }), 409);
});

test('the last usable admin key can’t be ended; once there is another, a key may end itself', async () => {
  const directory = temporaryDirectory();
  const secret = 'an-admin-key-of-a-server-without-one-in-its-settings';
  const keys = await openTestKeys(directory);
  const { id } = await storeKey(keys, { secret, name: 'only', role: 'admin', now: Date.now() });
  await keys.close();
  const own = await startServer({ ADMIN_KEY: '' }, { directory });
  const call = (method: string, at: string, body?: object) =>
    own.call(at, {
      method,
      key: secret,
      ...(body === undefined ? {} : { headers: json, body: JSON.stringify(body) }),
    });
  const soon = Math.floor(Date.now() / 1000) + 60;
  expect(refusalOf(await call('POST', `${path}/${id}/revoke`), 409).msg).toContain('last usable admin key');
  refusalOf(await call('PATCH', `${path}/${id}`, { name: 'x', expires_at: soon }), 409);
  expect((await call('PATCH', `${path}/${id}`, { name: 'still mine' })).status).toBe(200);
  expect((await call('POST', path, { name: 'other', role: 'admin' })).status).toBe(200);
  expect((await call('POST', `${path}/${id}/revoke`)).status).toBe(200);
});

test('the key that the settings name is theirs to change', async () => {
  const named = (await list()).find(({ role }) => role === 'admin')?.key_id;
  await make({ name: 'another', role: 'admin' });
  for (const answer of [
    send('DELETE', `${path}/${named}`),
    send('PATCH', `${path}/${named}`, { name: 'mine' }),
  ])
    expect(refusalOf(await answer, 409).msg).toContain('admin_key');
});

test('every fault of a body is named at once', async () => {
  const past = Math.floor(Date.now() / 1000) - 5;
  expect(
    await faultsOf(send('POST', path, { name: ' ', role: 'root', expires_at: past, colour: 1 })),
  ).toEqual(['name', 'role', 'expires_at', 'colour']);
  const both = { name: 'x'.repeat(101), expires_at: past + 100, expires_in_seconds: 0.5 };
  expect(await faultsOf(send('POST', path, both))).toEqual([
    'expires_in_seconds',
    'name',
    'expires_in_seconds',
  ]);
  expect(await faultsOf(send('POST', path, { expires_at: '' }))).toEqual(['name', 'expires_at']);
  const { key_id: id } = await make({ name: 'n' });
  expect(
    await faultsOf(send('PATCH', `${path}/${id}`, { name: 7, expires_at: 'soon', role: 'admin' })),
  ).toEqual(['name', 'expires_at', 'role']);
});

test('only an admin key manages keys, and an id that is none is not found', async () => {
  const { secret, key_id: id } = await make({ name: 'user' });
  for (const [method, at] of [
    ['GET', path],
    ['POST', path],
    ['PATCH', `${path}/${id}`],
    ['POST', `${path}/${id}/revoke`],
    ['DELETE', `${path}/${id}`],
    ['GET', '/api/admin/overview'],
    ['GET', '/api/admin/settings'],
  ] as const) {
    expect(refusalOf(await send(method, at, undefined, secret), 403).msg).toContain('admin key');
    refusalOf(await server.call(at, { method, key: null }), 401);
  }
  for (const [method, at, body] of [
    ['PATCH', `${path}/key_none`, { name: 'a' }],
    ['POST', `${path}/key_none/revoke`, undefined],
    ['DELETE', `${path}/key_none`, undefined],
  ] as const)
    refusalOf(await send(method, at, body), 404);
});

test('without keys, whoever asks is an admin without a key', async () => {
  const open = await startServer({ AUTH: 'open', ADMIN_KEY: '' });
  const answer = await open.call<Envelope<MeData>>('/api/me', { key: null });
  expect(answer.body.data).toEqual({ key_id: 'open', name: '', role: 'admin', hint: '', expires_at: null });
  refusalOf(await server.call('/api/me', { key: null }), 401);
});
