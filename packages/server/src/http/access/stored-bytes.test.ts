import sharp from 'sharp';
import { beforeAll, expect, test } from 'vitest';
import { refusalOf, startServer, statusPath, type TestServer } from '../server.fixture.ts';

const png = await sharp({ create: { width: 9, height: 6, channels: 3, background: 'gold' } })
  .png()
  .toBuffer();

let server: TestServer;
beforeAll(async () => {
  server = await startServer({
    KEY_LIMITS: JSON.stringify({ stored_bytes: 2 * png.length }),
    OWNER_LIMITS: JSON.stringify({ stored_bytes: 3 * png.length }),
  });
});

const upload = (key: string) =>
  server.call('/api/files', { method: 'POST', key, headers: { 'content-type': 'image/png' }, body: png });
const submit = (key: string) =>
  server.call(statusPath, { method: 'POST', key, body: JSON.stringify({ prompt: 'a banana' }) });

test('a key that has stored as many bytes as it may neither uploads nor submits', async () => {
  const key = await server.newKey('plantain_bytes_key');
  expect([(await upload(key)).status, (await upload(key)).status]).toEqual([200, 200]);
  const refused = await upload(key);
  const { error } = refusalOf(refused, 429);
  expect(error.message).toContain('This key may store');
  expect(error.details).toMatchObject([
    { path: '', of: 'key', limit: 'stored_bytes', max: 2 * png.length, used: 2 * png.length },
  ]);
  expect(refused.headers.get('retry-after')).toBe('3600');
  refusalOf(await submit(key), 429);
  expect((await server.call('/api/files', { key })).status).toBe(200);
});

test('keys of an owner share what it may store', async () => {
  const [one, other] = [
    await server.newKey('plantain_bytes_one', { ownerId: 'own_bytes' }),
    await server.newKey('plantain_bytes_other', { ownerId: 'own_bytes' }),
  ];
  await upload(one);
  await upload(one);
  await upload(other);
  const { error } = refusalOf(await submit(other), 429);
  expect(error.message).toContain('The owner of this key may store');
  expect(error.details).toMatchObject([{ of: 'owner', id: 'own_bytes', used: 3 * png.length }]);
});
