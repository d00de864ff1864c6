import type { Envelope, NewKeyData, OwnerData, SubmitData, TaskData } from '@plantain/client';
import { expect, test } from 'vitest';
import { createLocalChanges } from '../../../core/tasks/changes.ts';
import { openTestKeys, openTestStore } from '../../../store/test-store.fixture.ts';
import { startPaidServer } from '../../money/money.fixture.ts';
import { adminKey, refusalOf, startServer, statusPath } from '../../server.fixture.ts';

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

test('a deleted owner’s batches go with their requests, and what it was charged stays', async () => {
  const server = await startPaidServer();
  const budget = { period: 'total', amount_micro_usd: 1_000_000 };
  const made = async (path: string, body: object) =>
    (await server.send(path, body, adminKey)).body.data as unknown as OwnerData & NewKeyData;
  const { owner_id: owner } = await made('/api/admin/owners', { name: 'gone', budget });
  const { secret } = await made('/api/admin/keys', { name: 'its', owner_id: owner });
  const url = '/v1/images/generations';
  const form = new FormData();
  const line = JSON.stringify({ custom_id: 'a', method: 'POST', url, body: { prompt: 'a private banana' } });
  form.set('purpose', 'batch');
  form.set('file', new Blob([line]), 'requests.jsonl');
  const sent = { method: 'POST', key: secret };
  const file = (await server.call<{ id: string }>('/openai/v1/files', { ...sent, body: form })).body;
  const said = { input_file_id: file.id, endpoint: url, completion_window: '24h' };
  const headers = { 'content-type': 'application/json' };
  const started = await server.call<{ id: string }>('/openai/v1/batches', {
    ...sent,
    headers,
    body: JSON.stringify(said),
  });
  const batchPath = `/openai/v1/batches/${started.body.id}`;
  const asked = async () => (await server.call<{ status: string }>(batchPath, { key: secret })).body.status;
  await expect.poll(asked).toBe('completed');
  const keys = await openTestKeys(server.directory);
  const keyId = (await keys.listKeys()).find(({ ownerId }) => ownerId === owner)?.id ?? '';
  const before = await server.entriesOf(owner);
  expect(before).toMatchObject([{ kind: 'reserve' }, { kind: 'settle', spentDelta: 40_000 }]);
  await server.call(`/api/admin/owners/${owner}`, { method: 'DELETE' });
  await expect.poll(() => keys.ownersToEmpty(9)).toEqual([]);
  expect(await server.entriesOf(owner)).toEqual(before);
  // The stored balance is the sum of the entries.
  expect(await server.faults()).toEqual([]);
  await keys.close();
  await server.stop();
  const store = openTestStore({ directory: server.directory, changes: createLocalChanges() });
  const batchId = started.body.id.replace('batch_', '');
  expect(await store.findClientBatchLines(batchId, keyId)).toBeNull();
  expect(await store.findFile(file.id.replace('file-', ''), 0, 'batch')).toBeNull();
  await store.close();
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
