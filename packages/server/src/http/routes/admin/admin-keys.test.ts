import type { Envelope, KeyData, KeysData, MeData, NewKeyData, OwnerData } from '@plantain/client';
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
    owner_id: null,
    scopes: ['tasks', 'files', 'webhooks', 'read'],
    models: null,
    networks: null,
    priority_max: 0,
    declared_as: null,
    last_used_at: null,
    previous_secret_expires_at: null,
    revoked_at: null,
    limits: {},
    budget: null,
    in_force: { limits: {}, used: {}, budget: null },
  });
  const { body } = await send<MeData>('GET', '/api/me', undefined, secret);
  const { operator_sees: sees, owner, used, ...me } = body.data;
  expect([sees, owner, used]).toEqual(['nothing', null, {}]);
  expect(made).toMatchObject(me);
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
    send('POST', `${path}/${named}/roll`, {}),
    send('PATCH', `${path}/${named}`, { name: 'mine' }),
  ])
    expect(refusalOf(await answer, 409).msg).toContain('admin_key');
});

test('a key has the owner, rights, limits and budget that it is made with, and null takes them away', async () => {
  const { body: owner } = await send<OwnerData>('POST', '/api/admin/owners', { name: 'Acme' });
  const rights = {
    owner_id: owner.data.owner_id,
    scopes: ['read', 'tasks'],
    models: ['nano-banana'],
    networks: ['10.0.0.0/8', '192.0.2.7/32'],
    priority_max: 3,
    limits: { running: 2, stored_bytes: 0 },
    budget: { period: 'day', amount_micro_usd: 5, time_zone: 'Europe/Berlin' },
  };
  const { secret: _, ...made } = await make({
    name: 'narrow',
    ...rights,
    networks: ['10.0.0.0/8', '192.0.2.7'],
  });
  expect(made).toMatchObject({ ...rights, role: 'user' });
  const at = `${path}/${made.key_id}`;
  expect((await send('GET', at)).body.data).toEqual(made);
  const less = await send('PATCH', at, { limits: { running: null, waiting: 1 }, models: null });
  const limits = { stored_bytes: 0, waiting: 1 };
  const inForce = { ...made.in_force, limits, used: { waiting: 0 } };
  expect(less.body.data).toEqual({ ...made, models: null, limits, in_force: inForce });
  const none = await send('PATCH', at, { owner_id: null, networks: null, limits: null, budget: null });
  expect(none.body.data).toMatchObject({ owner_id: null, networks: null, limits: {}, budget: null });
  const admin = await send('PATCH', at, { scopes: ['admin'] });
  expect(admin.body.data).toMatchObject({ role: 'admin', scopes: ['admin'] });
});

test('models are known by any of their names and shown by their own', async () => {
  const made = await make({ name: 'm', models: ['gemini-3-pro-image-preview', 'nano-banana-pro'] });
  expect(new Set(made.models)).toEqual(new Set(['nano-banana-pro']));
});

test.each([
  ['owner_id', 'own_none'],
  ['scopes', []],
  ['scopes[1]', ['read', 'all'], 'scopes'],
  ['models[0]', ['banana-9'], 'models'],
  ['networks[0]', ['10.0.0.0/33'], 'networks'],
  ['networks[0]', ['example.com'], 'networks'],
  ['priority_max', 101],
  ['limits', 5],
  ['limits.running', { running: -1 }, 'limits'],
  ['limits.runing', { runing: 1 }, 'limits'],
  ['budget.period', { period: 'week', amount_micro_usd: 1 }, 'budget'],
  ['budget.amount_micro_usd', { period: 'day' }, 'budget'],
  ['budget.amount_micro_usd', { period: 'day', amount_micro_usd: -5 }, 'budget'],
  ['budget.time_zone', { period: 'day', amount_micro_usd: 1, time_zone: 'Moon/Base' }, 'budget'],
  ['budget.time_zone', { period: 'day', amount_micro_usd: 1, time_zone: '+02:00' }, 'budget'],
  ['budget.colour', { period: 'day', amount_micro_usd: 1, colour: 1 }, 'budget'],
])('a body is refused at %s for %j, and nothing of it is stored', async (place, value, name = place) => {
  const before = await list();
  const body = { name: 'x', [name]: value };
  expect(await faultsOf(send('POST', path, body))).toEqual([place]);
  expect(await list()).toEqual(before);
  const { key_id: id } = await make({ name: 'before' });
  expect(await faultsOf(send('PATCH', `${path}/${id}`, body))).toEqual([place]);
  expect((await send('GET', `${path}/${id}`)).body.data.name).toBe('before');
});

test('a roll without a body ends the secret before at once', async () => {
  const { key_id: id, secret: first } = await make({ name: 'rolled bare' });
  const elsewhere = `${path}/${id}/roll?overlap_seconds=60`;
  expect(refusalOf(await server.call(elsewhere, { method: 'POST' }), 400).msg).toContain('query string');
  const rolled = await server.call<Envelope<NewKeyData>>(`${path}/${id}/roll`, { method: 'POST' });
  expect(rolled.status, rolled.text).toBe(200);
  expect((await server.call('/api/me', { key: rolled.body.data.secret })).status).toBe(200);
  expect((await server.call('/api/me', { key: first })).status).toBe(401);
});

test('a roll gives a new secret, and the one before works until the overlap ends', async () => {
  const { key_id: id, secret: first } = await make({ name: 'rolled' });
  const roll = async (seconds: number) =>
    (await send<NewKeyData>('POST', `${path}/${id}/roll`, { overlap_seconds: seconds })).body.data;
  const opens = async (secret: string) => (await send('GET', '/api/me', undefined, secret)).status;
  const second = await roll(3_600);
  expect(second).toMatchObject({ key_id: id, hint: second.secret.slice(0, 13) });
  expect(Number(second.previous_secret_expires_at)).toBeGreaterThan(Date.now() / 1000 + 3_500);
  expect([await opens(first), await opens(second.secret)]).toEqual([200, 200]);
  const third = await roll(3_600);
  expect(await opens(first)).toBe(401);
  expect([await opens(second.secret), await opens(third.secret)]).toEqual([200, 200]);
  const fourth = await roll(0);
  expect(await opens(third.secret)).toBe(401);
  expect(await opens(fourth.secret)).toBe(200);
  expect(await faultsOf(send('POST', `${path}/${id}/roll`, { overlap_seconds: -1 }))).toEqual([
    'overlap_seconds',
  ]);
  await send('DELETE', `${path}/${id}`);
  refusalOf(await send('POST', `${path}/${id}/roll`, {}), 409);
  refusalOf(await send('POST', `${path}/key_none/roll`, {}), 404);
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
    ['GET', `${path}/${id}`],
    ['PATCH', `${path}/${id}`],
    ['POST', `${path}/${id}/roll`],
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
    ['GET', `${path}/key_none`, undefined],
    ['POST', `${path}/key_none/revoke`, undefined],
    ['DELETE', `${path}/key_none`, undefined],
  ] as const)
    refusalOf(await send(method, at, body), 404);
});

test('without keys, whoever asks is an admin without a key', async () => {
  const open = await startServer({ AUTH: 'open', ADMIN_KEY: '' });
  const answer = await open.call<Envelope<MeData>>('/api/me', { key: null });
  expect(answer.body.data).toEqual({
    key_id: 'open',
    name: '',
    role: 'admin',
    hint: '',
    expires_at: null,
    scopes: ['admin'],
    models: null,
    priority_max: 100,
    limits: {},
    used: {},
    budget: null,
    owner: null,
    operator_sees: 'nothing',
  });
  refusalOf(await server.call('/api/me', { key: null }), 401);
});

test('what a call changes of a key holds at once on the server that was called', async () => {
  const { key_id: id, secret } = await make({ name: 'changed' });
  const lists = async () => (await send('GET', '/api/files', undefined, secret)).status;
  expect(await lists()).toBe(200);
  await send('PATCH', `${path}/${id}`, { scopes: ['tasks'] });
  expect(await lists()).toBe(403);
  await send('DELETE', `${path}/${id}`);
  expect(await lists()).toBe(401);
});
