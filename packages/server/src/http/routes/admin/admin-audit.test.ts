import type { AuditData, AuditEntryData, Envelope, KeyData, NewKeyData, OwnerData } from '@plantain/client';
import { beforeAll, describe, expect, test } from 'vitest';
import { hashSecret } from '../../../core/keys/keys.ts';
import { adminKey as adminsLock, keyManager } from '../../access/access.ts';
import { routes } from '../../openapi/document.ts';
import { adminKey, refusalOf, startServer, type TestServer } from '../../server.fixture.ts';

const path = '/api/admin/audit';
let server: TestServer;
let adminId: string;
beforeAll(async () => {
  server = await startServer({ OPERATOR_SEES: 'records' });
  const { body } = await server.call<Envelope<KeyData>>('/api/me');
  adminId = body.data.key_id;
});

const log = async (query = '', at = server): Promise<AuditEntryData[]> =>
  (await at.call<Envelope<AuditData>>(`${path}${query}`)).body.data.entries;
/** In every call of an admin, and in every task that one acts on: none of it is in the log. */
const planted = { prompt: 'a prompt that nobody else reads', header: 'a-header-that-nobody-keeps' };
const headers = { 'x-planted': planted.header, 'user-agent': planted.header, referer: planted.header };
const send = (method: string, at: string, body?: object) =>
  server.call<Envelope<NewKeyData>>(at, {
    method,
    headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
const secrets: string[] = [];
const makeKey = async (name: string) => {
  const { data } = (await send('POST', '/api/admin/keys', { name })).body;
  secrets.push(data.secret, data.hint);
  return data;
};
const submit = (directives: string) => server.submit({ prompt: `${planted.prompt} ${directives}` });

const makeOwner = async (name: string) => {
  const { body } = await server.call<Envelope<OwnerData>>('/api/admin/owners', {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify({ name }),
  });
  return body.data.owner_id;
};

/** Calls of admins that change nothing and show nothing that is another's. */
const onlyLooks = new Set([
  'listKeys',
  'getKey',
  'listOwners',
  'getOwner',
  'getOverview',
  'listSettings',
  'listUpstreams',
  'listAudit',
  'getAllUsage',
]);

/** Does the act of a route; gives the subject that its entry is to have. */
const doers: Record<string, () => Promise<string | null>> = {
  async createKey() {
    return (await makeKey('made')).key_id;
  },
  async changeKey() {
    const { key_id: id } = await makeKey('old name');
    await send('PATCH', `/api/admin/keys/${id}`, { name: 'new name' });
    return id;
  },
  async rollKey() {
    const { key_id: id } = await makeKey('rolled');
    const { data } = (await send('POST', `/api/admin/keys/${id}/roll`, {})).body;
    secrets.push(data.secret, data.hint);
    return id;
  },
  async createOwner() {
    return await makeOwner('made');
  },
  async changeOwner() {
    const id = await makeOwner('old name');
    await send('PATCH', `/api/admin/owners/${id}`, { name: 'new name' });
    return id;
  },
  async deleteOwner() {
    const id = await makeOwner('gone');
    await send('DELETE', `/api/admin/owners/${id}`);
    return id;
  },
  async revokeKey() {
    const { key_id: id } = await makeKey('gone');
    await send('POST', `/api/admin/keys/${id}/revoke`);
    return id;
  },
  async deleteKey() {
    const { key_id: id } = await makeKey('gone');
    await send('DELETE', `/api/admin/keys/${id}`);
    return id;
  },
  async resumeUpstream() {
    await send('POST', '/api/admin/upstreams/sandbox/resume');
    return 'sandbox';
  },
  async listOperatorTasks() {
    await send('GET', '/api/admin/tasks');
    return null;
  },
  async getOperatorTask() {
    const id = await submit('');
    await send('GET', `/api/admin/tasks/${id}`);
    return id;
  },
  async cancelOperatorTask() {
    const id = await submit('[[hang]]');
    await send('POST', `/api/admin/tasks/${id}/cancel`);
    return id;
  },
  async deleteOperatorTask() {
    const id = await submit('[[fail no_image]]');
    await server.final(id);
    await send('DELETE', `/api/admin/tasks/${id}`);
    return id;
  },
  async getUnreadAnswer() {
    const id = await submit('[[web_page]] [[delay 0ms]]');
    await server.final(id);
    await send('GET', `/api/admin/tasks/${id}/attempts/1/answer`);
    return id;
  },
};

const ofAdmins = Object.entries(routes).filter(
  ([id, { path: at, access }]) =>
    !onlyLooks.has(id) && (access === adminsLock || access === keyManager || at.startsWith('/api/admin/')),
);

test('every call of admins that changes something, or shows what is another’s, declares its act', () => {
  for (const [id, { audited }] of ofAdmins) expect(audited, id).toBeDefined();
  expect(ofAdmins.map(([id]) => id).toSorted()).toEqual(Object.keys(doers).toSorted());
});

test.each(ofAdmins)('%s is in the log', async (id, { audited }) => {
  const subject = await doers[id]?.();
  const [entry] = await log();
  expect(entry).toEqual({
    at: expect.stringMatching(/^\d{10}$/),
    act: audited,
    who: adminId,
    who_name: 'PLANTAIN_ADMIN_KEY',
    subject,
    before: entry?.before,
    after: entry?.after,
    address: '127.0.0.1',
    request_id: expect.stringMatching(/^req_/),
  });
});

test('no entry of any act has a secret, its hash, a prompt or a header', async () => {
  const all = await log('?limit=200');
  // Every act was done before, each with all of it.
  expect(new Set(all.map(({ act }) => act))).toEqual(new Set(ofAdmins.map(([, { audited }]) => audited)));
  expect(secrets.length).toBeGreaterThan(4);
  const hashes = secrets.flatMap((secret) =>
    (['hex', 'base64', 'base64url'] as const).map((form) => Buffer.from(hashSecret(secret)).toString(form)),
  );
  const text = JSON.stringify(all);
  for (const kept of [...secrets, ...hashes, planted.prompt, planted.header, adminKey])
    expect(text).not.toContain(kept);
});

test('an entry says what changed, and never has a secret', async () => {
  const { key_id: id, secret, hint } = await makeKey('first');
  await send('PATCH', `/api/admin/keys/${id}`, { name: 'second' });
  await send('PATCH', `/api/admin/keys/${id}`, { name: 'second' });
  await send('POST', `/api/admin/keys/${id}/revoke`);
  await send('POST', `/api/admin/keys/${id}/revoke`);
  const entries = await log(`?subject=${id}`);
  expect(entries.map(({ act, before, after }) => [act, before, after])).toEqual([
    ['key.revoke', { revoked_at: null }, { revoked_at: expect.stringMatching(/^\d{10}$/) }],
    ['key.change', { name: 'first' }, { name: 'second' }],
    ['key.create', null, expect.objectContaining({ name: 'first', role: 'user', expires_at: null })],
  ]);
  const all = JSON.stringify(await log());
  for (const kept of [secret, hint, adminKey]) expect(all).not.toContain(kept);
});

test('what is refused is not in the log', async () => {
  const before = await log();
  refusalOf(await send('POST', '/api/admin/keys', {}), 400);
  refusalOf(await send('PATCH', '/api/admin/keys/key_none', { name: 'x' }), 404);
  refusalOf(await send('POST', `/api/admin/keys/${adminId}/revoke`), 409);
  refusalOf(await send('POST', '/api/admin/upstreams/none/resume'), 404);
  expect(await log()).toEqual(before);
});

describe('the list', () => {
  test('goes page by page, and by act, key, subject and time', async () => {
    for (const name of ['a', 'b', 'c']) await makeKey(name);
    const all = await log('?limit=200');
    const pages: AuditEntryData[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const at: string = `${path}?limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`;
      const { data } = (await server.call<Envelope<AuditData>>(at)).body;
      pages.push(...data.entries);
      cursor = data.next_cursor;
    }
    expect(pages).toEqual(all);
    const made = await log('?act=key.create&who=settings');
    expect(made).toMatchObject([{ subject: adminId, who_name: null, address: null, request_id: null }]);
    expect(await log(`?who=${adminId}&act=key.create&limit=1`)).toHaveLength(1);
    expect(await log('?from=4000000000')).toEqual([]);
    expect(await log('?to=1000000000')).toEqual([]);
    expect(await log(`?from=${Number(all.at(-1)?.at) - 1}&to=4000000000&limit=200`)).toEqual(all);
  });

  test('names every fault of its query, and is for admins alone', async () => {
    const { error } = refusalOf(
      await server.call(`${path}?act=key.steal&from=soon&limit=0&cursor=1&colour=red`),
      400,
    );
    expect(error.details?.map(({ path: at }) => at)).toEqual(['act', 'from', 'limit', 'cursor', 'colour']);
    const user = await server.newKey('plantain_of_somebody_who_is_no_admin');
    refusalOf(await server.call(path, { key: user }), 403);
    refusalOf(await server.call(path, { key: null }), 401);
  });

  test('has no call that changes or deletes an entry', async () => {
    for (const method of ['POST', 'PATCH', 'DELETE', 'PUT'])
      expect((await server.call(path, { method })).status).toBe(405);
  });
});
