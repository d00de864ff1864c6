import type { Envelope, NewKeyData, OwnerData, OwnersData } from '@plantain/client';
import { beforeAll, expect, test } from 'vitest';
import { adminKey, refusalOf, startServer, type TestServer } from '../../server.fixture.ts';

const path = '/api/admin/owners';
let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});

const send = <Data = OwnerData>(method: string, at: string, body?: unknown, key = adminKey) =>
  server.call<Envelope<Data>>(at, {
    method,
    key,
    ...(body === undefined
      ? {}
      : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  });
const make = async (body: object) => {
  const answer = await send('POST', path, body);
  expect(answer.status, answer.text).toBe(200);
  return answer.body.data;
};
const faultsOf = async (answer: ReturnType<typeof send>) =>
  refusalOf(await answer, 400).error.details?.map(({ path: place }) => place);

test('an owner is made, shown, and changes in what is named alone', async () => {
  const budget = { period: 'month', amount_micro_usd: 5_000_000, time_zone: 'UTC' };
  const made = await make({
    name: ' Acme ',
    limits: { running: 2 },
    budget: { ...budget, time_zone: undefined },
  });
  const counted = {
    ...budget,
    spent_micro_usd: 0,
    reserved_micro_usd: 0,
    left_micro_usd: 5_000_000,
    resets_at: expect.stringMatching(/^\d{10}$/),
  };
  expect(made).toEqual({
    owner_id: expect.stringMatching(/^own_/),
    name: 'Acme',
    weight: 1,
    shared: false,
    create_time: expect.stringMatching(/^\d{10}$/),
    key_count: 0,
    last_used_at: null,
    limits: { running: 2 },
    budget: counted,
    in_force: { limits: { running: 2 }, used: { running: 0 }, budget: counted },
  });
  const at = `${path}/${made.owner_id}`;
  expect((await send('GET', at)).body.data).toEqual(made);
  const change = { weight: 0.5, shared: true, limits: { running: null, waiting: 7 } };
  const changed = await send('PATCH', at, change);
  const limits = { waiting: 7 };
  const inForce = { limits, used: { waiting: 0 }, budget: counted };
  expect(changed.body.data).toEqual({ ...made, weight: 0.5, shared: true, limits, in_force: inForce });
  const none = await send('PATCH', at, { budget: null, limits: null });
  expect(none.body.data).toMatchObject({ name: 'Acme', budget: null, limits: {} });
});

test('a deleted owner is gone, and its keys open nothing from then on', async () => {
  const { owner_id: id } = await make({ name: 'gone' });
  const key = await send<NewKeyData>('POST', '/api/admin/keys', { name: 'its', owner_id: id });
  const { secret, key_id: keyId } = key.body.data;
  expect((await send('GET', `${path}/${id}`)).body.data.key_count).toBe(1);
  expect((await send('DELETE', `${path}/${id}`)).body.data).toEqual({ owner_id: id, deleted: true });
  await expect.poll(async () => (await send('GET', '/api/me', undefined, secret)).status).toBe(401);
  for (const [method, body] of [['GET'], ['PATCH', { name: 'back' }], ['DELETE']] as const)
    refusalOf(await send(method, `${path}/${id}`, body), 404);
  expect(await faultsOf(send('POST', '/api/admin/keys', { name: 'x', owner_id: id }))).toEqual(['owner_id']);
  expect((await send('GET', `/api/admin/keys/${keyId}`)).body.data).toMatchObject({ name: '', owner_id: id });
});

test('owners are listed page by page, each once', async () => {
  for (const name of ['a', 'b', 'c']) await make({ name });
  const seen: string[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const next: string = cursor === '' ? '' : `&cursor=${cursor}`;
    const { data } = (await send<OwnersData>('GET', `${path}?limit=2${next}`)).body;
    seen.push(...data.owners.map(({ owner_id: id }) => id));
    cursor = data.next_cursor;
  }
  const all = (await send<OwnersData>('GET', `${path}?limit=200`)).body.data.owners;
  expect(seen).toEqual(all.map(({ owner_id: id }) => id));
  expect(all.map(({ name }) => name)).toEqual(expect.arrayContaining(['a', 'b', 'c']));
  expect(await faultsOf(send('GET', `${path}?cursor=x`))).toEqual(['cursor']);
});

test.each([
  ['name', undefined],
  ['name', ' '],
  ['weight', 0],
  ['weight', 1e-17],
  ['weight', 'heavy'],
  ['shared', 'maybe'],
  ['colour', 1],
  ['limits.waiting', { waiting: 0.5 }, 'limits'],
  ['budget.period', { period: 'year', amount_micro_usd: 1 }, 'budget'],
  ['budget.amount_micro_usd', { period: 'day', amount_micro_usd: 2 ** 53 }, 'budget'],
  ['limits.waiting', { waiting: 1e300 }, 'limits'],
])('a new owner is refused at %s for %j', async (place, value, name = place) => {
  expect(await faultsOf(send('POST', path, { name: 'x', [name]: value }))).toEqual([place]);
});

test('only an admin key manages owners', async () => {
  const secret = await server.newKey('plantain_a_user_of_owners');
  for (const method of ['GET', 'POST']) {
    expect(refusalOf(await send(method, path, undefined, secret), 403).msg).toContain('admin');
    refusalOf(await server.call(path, { method, key: null }), 401);
  }
});
