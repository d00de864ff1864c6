import type { Envelope, NewKeyData, OwnerData, SubmitData, TaskData } from '@plantain/client';
import { expect, test } from 'vitest';
import { openTestKeys } from '../../../store/test-store.fixture.ts';
import { refusalOf, startServer, statusPath } from '../../server.fixture.ts';

test('a deleted owner’s tasks and pictures go, those that run are cancelled, and another’s stay', async () => {
  const server = await startServer({ CONCURRENCY: '500' });
  const post = async <Data>(path: string, body: object, key?: string) =>
    (
      await server.call<Envelope<Data>>(path, {
        method: 'POST',
        ...(key === undefined ? {} : { key }),
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
    ).body.data;
  const { owner_id: owner } = await post<OwnerData>('/api/admin/owners', { name: 'gone', shared: true });
  const { secret } = await post<NewKeyData>('/api/admin/keys', { name: 'its', owner_id: owner });
  const { task_id: done } = await post<SubmitData>(statusPath, { prompt: 'a banana' }, secret);
  await expect.poll(async () => (await server.task(done, secret)).state).toBe('succeeded');
  const picture = new URL((await server.task(done, secret)).data.images[0]?.url ?? '');
  // More than one step takes at once.
  const many = Array.from({ length: 120 }, () => ({ prompt: '[[fail no_image]]' }));
  await post(`${statusPath}/batch`, { tasks: [...many, { prompt: '[[hang]]' }] }, secret);
  const { task_id: hanging } = await post<SubmitData>(statusPath, { prompt: '[[hang]]' }, secret);
  await expect.poll(async () => (await server.task(hanging, secret)).state).toBe('running');
  const others = await server.submit({ prompt: 'a banana' });
  const open = async () => await server.call(picture.pathname + picture.search, { key: null });
  expect((await open()).status).toBe(200);
  await server.call(`/api/admin/owners/${owner}`, { method: 'DELETE' });
  const keys = await openTestKeys(server.directory);
  await expect.poll(() => keys.ownersToEmpty(9)).toEqual([]);
  expect(await keys.tasksOfOwner(owner, 9)).toEqual([]);
  await keys.close();
  expect((await open()).status).toBe(404);
  expect((await server.final(others)).state satisfies TaskData['state']).toBe('succeeded');
});

test('nothing is accepted under an owner that is deleted, here or by a server that has not heard of it', async () => {
  const server = await startServer({});
  const call = (path: string, body: object, key?: string) =>
    server.call<Envelope<OwnerData & NewKeyData>>(path, {
      method: 'POST',
      ...(key === undefined ? {} : { key }),
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  const make = async () => {
    const { owner_id: owner } = (await call('/api/admin/owners', { name: 'gone' })).body.data;
    const { secret } = (await call('/api/admin/keys', { name: 'its', owner_id: owner })).body.data;
    await server.call('/api/me', { key: secret });
    return { owner, secret };
  };
  const here = await make();
  await server.call(`/api/admin/owners/${here.owner}`, { method: 'DELETE' });
  refusalOf(await call(statusPath, { prompt: 'a banana' }, here.secret), 401);
  const elsewhere = await make();
  const keys = await openTestKeys(server.directory);
  await keys.deleteOwner(elsewhere.owner, Date.now());
  await keys.close();
  const late = await call(statusPath, { prompt: 'a banana' }, elsewhere.secret);
  expect([401, 429]).toContain(late.status);
});
