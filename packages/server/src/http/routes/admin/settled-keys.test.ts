import { createHash } from 'node:crypto';
import type { Envelope, KeyData, KeysData, NewKeyData } from '@plantain/client';
import { expect, test } from 'vitest';
import { adminKey, refusalOf, startServer } from '../../server.fixture.ts';

// Keys that the settings have: they change there, and are revoked by a call all the same.

const secret = 'plantain_of_the_shop_that_is_declared';
const file = `keys:\n  - id: shop\n    hash: ${createHash('sha256').update(secret).digest('hex')}\n`;

test('a declared key is revoked by a call at once, and stays so at the next start, which says it', async () => {
  const server = await startServer({}, { file });
  const keys = '/api/admin/keys';
  expect((await server.call('/api/me', { key: secret })).status).toBe(200);
  const listed = (await server.call<Envelope<KeysData>>(keys)).body.data.keys;
  const id = listed.find(({ declared_as }) => declared_as === 'shop')?.key_id ?? '';
  const json = { headers: { 'content-type': 'application/json' }, body: '{}' };
  refusalOf(await server.call(`${keys}/${id}`, { method: 'PATCH', ...json }), 409);
  refusalOf(await server.call(`${keys}/${id}/roll`, { method: 'POST', ...json }), 409);
  for (let time = 0; time < 2; time += 1) {
    const revoked = await server.call<Envelope<KeyData>>(`${keys}/${id}/revoke`, { method: 'POST' });
    expect(revoked.status, revoked.text).toBe(200);
    expect(revoked.body.data.revoked_at).toMatch(/^\d+$/);
  }
  refusalOf(await server.call('/api/me', { key: secret }), 401);
  await server.stop();

  const next = await startServer({}, { file, directory: server.directory });
  refusalOf(await next.call('/api/me', { key: secret }), 401);
  expect(next.log.filter(({ event }) => event === 'settled_key_revoked')).toEqual([
    {
      event: 'settled_key_revoked',
      fields: { key: 'keys.shop', keyId: id, mend: expect.stringContaining('--accept-keys') },
    },
  ]);
});

test('the admin key of the settings is revoked by a call where another one works, and never the last', async () => {
  const server = await startServer();
  const keys = '/api/admin/keys';
  const [own] = (await server.call<Envelope<KeysData>>(keys)).body.data.keys;
  const revoke = (id: string | undefined, key: string) =>
    server.call(`${keys}/${id}`, { method: 'DELETE', key });
  expect(refusalOf(await revoke(own?.key_id, adminKey), 409).msg).toContain('last usable admin key');
  const made = await server.post<Envelope<NewKeyData>>({ name: 'other', scopes: ['admin'] }, keys);
  expect((await revoke(own?.key_id, made.body.data.secret)).status).toBe(200);
  refusalOf(await server.call('/api/me'), 401);
});

test('a declared owner is deleted only when the settings declare it no longer, as no server would start with it', async () => {
  const server = await startServer({}, { file: 'owners: [{ id: acme, name: Acme }]\n' });
  const owner = '/api/admin/owners/own_acme';
  const { msg } = refusalOf(await server.call(owner, { method: 'DELETE' }), 409);
  expect(msg).toContain('owners.acme');
  expect(msg).toContain('--accept-keys');
  expect((await server.call(owner)).status).toBe(200);
});
