import type {
  Envelope,
  KeyData,
  KeysData,
  MeData,
  NewKeyData,
  OwnerData,
  OwnersData,
} from '@plantain/client';
import { beforeAll, expect, test } from 'vitest';
import { adminKey, refusalOf, startServer, statusPath, type TestServer } from '../server.fixture.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer({
    OWNER_LIMITS: '{"waiting": 1000}',
    UNPRICED: 'allow',
    KEY_BUDGET: '{"period": "total", "amount_micro_usd": 70}',
  });
});

const send = async <Data>(method: string, path: string, body: object) => {
  const json = { 'content-type': 'application/json' };
  const options = { method, key: adminKey, headers: json, body: JSON.stringify(body) };
  const answer = await server.call<Envelope<Data>>(path, options);
  expect(answer.status, answer.text).toBe(200);
  return answer.body.data;
};
const me = async (key: string) => (await server.call<Envelope<MeData>>('/api/me', { key })).body.data;

test('a key is told its rights, and what is left of its own limits and of its owner’s', async () => {
  const budget = { period: 'month', amount_micro_usd: 5_000, time_zone: 'Europe/Berlin' } as const;
  const owner = await send<OwnerData>('POST', '/api/admin/owners', { name: 'Acme', budget });
  const key = await send<NewKeyData>('POST', '/api/admin/keys', {
    name: 'shop',
    owner_id: owner.owner_id,
    scopes: ['read', 'tasks'],
    models: ['nano-banana'],
    limits: { pictures_per_day: 5, submits_per_minute: 9 },
  });
  const known = await me(key.secret);
  const left = { spent_micro_usd: 0, reserved_micro_usd: 0 };
  expect(known).toMatchObject({
    key_id: key.key_id,
    scopes: ['read', 'tasks'],
    models: ['nano-banana'],
    priority_max: 0,
    limits: { pictures_per_day: 5, submits_per_minute: 9 },
    used: { pictures_per_day: 0 },
    budget: { period: 'total', ...left, left_micro_usd: 70, resets_at: null },
  });
  expect(known.owner).toEqual({
    owner_id: owner.owner_id,
    name: 'Acme',
    limits: { waiting: 1000 },
    used: { waiting: 0 },
    budget: { ...budget, ...left, left_micro_usd: 5_000, resets_at: expect.stringMatching(/^\d{10}$/) },
  });
});

test('a key by itself has no owner, and the limits that the settings have for all', async () => {
  const { secret } = await send<NewKeyData>('POST', '/api/admin/keys', { name: 'alone' });
  expect(await me(secret)).toMatchObject({ owner: null, limits: { waiting: 1000 }, used: { waiting: 0 } });
});

test('an admin sees what is left of a budget that is a key’s own, in lists and alone', async () => {
  const budget = { period: 'day', amount_micro_usd: 9 };
  const { key_id: id } = await send<NewKeyData>('POST', '/api/admin/keys', { name: 'own', budget });
  const named = await send<KeyData>('PATCH', `/api/admin/keys/${id}`, { name: 'owned' });
  expect(named.budget).toMatchObject({ ...budget, left_micro_usd: 9, spent_micro_usd: 0 });
  expect(named.in_force).toEqual({ limits: { waiting: 1000 }, used: { waiting: 0 }, budget: named.budget });
});

test('an admin sees the defaults of the settings that are in force for keys and owners, in lists and alone', async () => {
  const owner = await send<OwnerData>('POST', '/api/admin/owners', { name: 'usual' });
  const { key_id: id } = await send<NewKeyData>('POST', '/api/admin/keys', {
    name: 'usual',
    owner_id: owner.owner_id,
    limits: { waiting: 2 },
  });
  expect(owner).toMatchObject({
    limits: {},
    budget: null,
    in_force: { limits: { waiting: 1000 }, used: { waiting: 0 }, budget: null },
  });
  const seen = async <Data>(path: string) =>
    (await server.call<Envelope<Data>>(path, { key: adminKey })).body.data;
  const { owners } = await seen<OwnersData>('/api/admin/owners');
  expect(owners.find(({ owner_id: each }) => each === owner.owner_id)?.in_force).toEqual(owner.in_force);
  const { keys } = await seen<KeysData>('/api/admin/keys');
  const key = keys.find(({ key_id: each }) => each === id);
  expect(key).toMatchObject({
    limits: { waiting: 2 },
    budget: null,
    in_force: {
      limits: { waiting: 2 },
      used: { waiting: 0 },
      budget: {
        period: 'total',
        amount_micro_usd: 70,
        spent_micro_usd: 0,
        reserved_micro_usd: 0,
        left_micro_usd: 70,
      },
    },
  });
  expect(await seen(`/api/admin/keys/${id}`)).toEqual(key);
});

test('a key is told how many of its tasks run, and of its calls in a minute, as an admin is in the lists', async () => {
  const owner = await send<OwnerData>('POST', '/api/admin/owners', { name: 'busy', limits: { running: 3 } });
  const { secret, key_id: id } = await send<NewKeyData>('POST', '/api/admin/keys', {
    name: 'busy',
    owner_id: owner.owner_id,
    limits: { submits_per_minute: 9, queries_per_minute: 8 },
  });
  const headers = { 'content-type': 'application/json' };
  await server.call(statusPath, { method: 'POST', key: secret, headers, body: '{"prompt":"[[hang]]"}' });
  await server.call('/api/models', { key: secret });
  const ofOwner = { waiting: 0, running: 1 };
  await expect.poll(async () => (await me(secret)).owner?.used).toEqual(ofOwner);
  const used = { submits_per_minute: 1, queries_per_minute: 1 };
  expect((await me(secret)).used).toEqual(used);
  const listed = async <Data>(path: string) =>
    (await server.call<Envelope<Data>>(path, { key: adminKey })).body.data;
  const { keys } = await listed<KeysData>('/api/admin/keys');
  expect(keys.find(({ key_id }) => key_id === id)?.in_force.used).toEqual(used);
  const { owners } = await listed<OwnersData>('/api/admin/owners');
  expect(owners.find(({ owner_id }) => owner_id === owner.owner_id)?.in_force.used).toEqual(ofOwner);
});

test('a submit for which too many wait is worth sending again in two seconds, and its key is told how many do', async () => {
  const limits = { running: 0, waiting: 1 };
  const { secret } = await send<NewKeyData>('POST', '/api/admin/keys', { name: 'full', limits });
  const headers = { 'content-type': 'application/json' };
  const submit = () =>
    server.call(statusPath, { method: 'POST', key: secret, headers, body: '{"prompt":"waits"}' });
  expect((await submit()).status).toBe(200);
  const refused = await submit();
  const { error } = refusalOf(refused, 429);
  expect(error.details).toMatchObject([{ of: 'key', limit: 'waiting', max: 1, used: 1 }]);
  expect(refused.headers.get('retry-after')).toBe('2');
  expect((await me(secret)).used).toEqual({ waiting: 1, running: 0 });
});
