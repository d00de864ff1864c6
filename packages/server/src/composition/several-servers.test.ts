import { join } from 'node:path';
import type { Envelope, NewKeyData, OverviewData, UpstreamData } from '@plantain/client';
import { describe, expect, onTestFinished, test } from 'vitest';
import { isMissing } from '../../../../e2e/needed-tool.fixture.ts';
import { refusalOf, statusPath, temporaryDirectory, type TestServer } from '../http/server.fixture.ts';
import { samplesIn } from '../metrics/metrics.fixture.ts';
import { command, postgresUrl } from '../store/postgres/database/store.fixture.ts';
import { startReceiver } from '../webhooks/receiver.fixture.ts';
import { openForSeveral } from './several-servers.fixture.ts';

describe.skipIf(isMissing('PostgreSQL', postgresUrl() !== null))('several servers on a database', () => {
  test('serve a task together: submitted on one, run by another, asked for on a third; each counts what it did', async () => {
    const { start } = await openForSeveral();
    const [one, other] = [await start('api'), await start('api')];
    const id = await one.submit({ prompt: 'a banana' });
    expect((await other.task(id)).state).toBe('pending');
    const worker = await start('worker');
    const { data } = await other.final(id);
    const link = data?.images[0]?.url ?? '';
    const { pathname, search } = new URL(link);
    expect((await fetch(one.url + pathname + search)).headers.get('content-type')).toBe('image/png');
    expect((await one.task(id)).state).toBe('succeeded');
    const metrics = async (server: TestServer) => samplesIn((await server.call('/metrics')).text);
    const ended = 'plantain_tasks_ended_total{state="succeeded",type="none",model="nano-banana-2.1"}';
    await expect.poll(async () => (await metrics(worker)).get(ended)).toBe(1);
    const told = await Promise.all([one, other, worker].map(metrics));
    expect(told.map((all) => all.get(ended))).toEqual([0, 0, 1]);
    const accepted = 'plantain_tasks_accepted_total{model="nano-banana-2.1"}';
    expect(told.map((all) => all.get(accepted))).toEqual([1, 0, 0]);
    // Of the store every one of them tells the same.
    const open = 'plantain_tasks_open{model="nano-banana-2.1",state="pending"}';
    expect(told.map((all) => [all.get('plantain_store_up'), all.get(open)])).toEqual(told.map(() => [1, 0]));
  });

  test('take tasks that another submitted, each once', async () => {
    const { start, url } = await openForSeveral();
    const [one, other] = [await start('all'), await start('all')];
    const submit = (prompt: string) => [one.submit({ prompt }), other.submit({ prompt })];
    const ids = await Promise.all(Array.from({ length: 10 }, (_, index) => submit(`banana ${index}`)).flat());
    const ended = await Promise.all(ids.map((id, index) => (index % 2 === 0 ? other : one).final(id)));
    expect(ended.map(({ state }) => state)).toEqual(ids.map(() => 'succeeded'));
    const made = await command(url, 'SELECT task_id FROM attempts');
    expect(made).toHaveLength(ids.length);
  });

  test('refuse a key that one of them revoked, and end its polls, within a second or so', async () => {
    const { start } = await openForSeveral();
    const [one, other] = [await start('api'), await start('api')];
    const made = await one.post<Envelope<NewKeyData>>({ name: 'gone' }, '/api/admin/keys');
    const { secret: key, key_id } = made.body.data;
    const submitted = await one.call<{ data: { task_id: string } }>(statusPath, {
      method: 'POST',
      key,
      headers: { 'content-type': 'application/json' },
      body: '{"prompt":"a banana"}',
    });
    const path = `${statusPath}/${submitted.body.data.task_id}`;
    const status = async () => (await other.call(path, { key })).status;
    expect(await status()).toBe(200);
    const poll = other.call(`${path}?wait=50&until=final`, { key });
    expect(await status()).toBe(200);
    expect((await one.call(`/api/admin/keys/${key_id}`, { method: 'DELETE' })).status).toBe(200);
    // A second, and room for a busy machine; the poll would last for 50.
    await expect.poll(status, { timeout: 5_000, interval: 100 }).toBe(401);
    refusalOf(await poll, 401);
  });

  test('are listed in the overview of each, with their roles, until they stop', async () => {
    const { start } = await openForSeveral();
    const [api, worker] = [await start('api'), await start('worker')];
    const listed = async () => {
      const { body } = await api.call<{ data: OverviewData }>('/api/admin/overview');
      return body.data.nodes.map(({ role, concurrency, running }) => [role, concurrency, running]);
    };
    await expect.poll(listed).toEqual([
      ['api', 0, 0],
      ['worker', 8, 0],
    ]);
    await worker.stop();
    expect(await listed()).toEqual([['api', 0, 0]]);
  });

  test('tell of calls to upstreams wherever they are asked', async () => {
    const { start } = await openForSeveral();
    const [api] = [await start('api'), await start('worker')];
    const id = await api.submit({ prompt: 'a banana' });
    await api.final(id);
    const { body } = await api.call<{ data: { upstreams: UpstreamData[] } }>('/api/admin/upstreams');
    expect(body.data.upstreams).toMatchObject([{ requests_today: 1, keys: [{ requests_today: 1 }] }]);
  });

  test('a server of role worker says how it is, and that it takes no calls of clients', async () => {
    const { start } = await openForSeveral();
    const worker = await start('worker');
    expect((await worker.call('/healthz', { key: null })).body).toEqual({ status: 'alive' });
    expect((await worker.call('/readyz', { key: null })).body).toEqual({ status: 'ready' });
    for (const path of ['/', '/api/gemini/nano-banana/some', '/api/admin/overview'])
      expect(refusalOf(await worker.call(path), 404).message).toContain('this server runs tasks only');
  });

  test('a server of role worker is ready however many tasks wait, and one that takes submits is not', async () => {
    const { start } = await openForSeveral();
    const full = { MAX_PENDING: '1', CONCURRENCY: '1' };
    const [api, worker] = [await start('api', full), await start('worker', full)];
    const running = await api.submit({ prompt: '[[hang]]' });
    await api.until(running, ({ state }) => state === 'running');
    const ready = async (server: TestServer) => (await server.call('/readyz', { key: null })).status;
    // It counts what waits now and then, and the first task waited when it was counted.
    await expect.poll(() => ready(api)).toBe(200);
    await api.submit({ prompt: 'a banana' });
    await expect.poll(() => ready(api)).toBe(503);
    expect(await ready(worker)).toBe(200);
  });

  test('an api server tests an endpoint and sends deliveries again, which a worker makes', async () => {
    const { start } = await openForSeveral();
    const receiver = await startReceiver();
    const allowed = { ALLOWED_PRIVATE_HOSTS: `127.0.0.1:${receiver.port}` };
    const api = await start('api', allowed);
    await start('worker', allowed);
    const post = (path: string, body: unknown = {}) =>
      api.post<{ data: { webhook_id: string; delivery_id: string } }>(body, path);
    const made = await post('/api/webhooks', { url: receiver.url });
    const tested = await post(`/api/webhooks/${made.body.data.webhook_id}/test`);
    expect(tested.body.data).toMatchObject({ state: 'delivered', attempts: [expect.anything()] });
    await post(`/api/webhooks/deliveries/${tested.body.data.delivery_id}/replay`);
    await receiver.until(2);
    expect(receiver.received.map(({ message }) => message.type)).toEqual(['webhook.test', 'webhook.test']);
  });

  test('are not started where the folder of pictures is not there, or commits are not safe', async () => {
    const { start, url } = await openForSeveral();
    const missing = join(temporaryDirectory(), 'not mounted');
    await expect(start('all', { PICTURES_DIR: missing })).rejects.toThrow(
      `${missing} (PLANTAIN_PICTURES_DIR), is not there`,
    );
    const database = new URL(url).pathname.slice(1);
    onTestFinished(
      async () => void (await command(url, `ALTER DATABASE "${database}" RESET synchronous_commit`)),
    );
    await command(url, `ALTER DATABASE "${database}" SET synchronous_commit = off`);
    await expect(start('all')).rejects.toThrow('synchronous_commit = off');
  });

  test('that start at once and declare other keys are not all started, and one in open mode is refused later too', async () => {
    const { start } = await openForSeveral();
    const fileOf = (byte: string) => ({ file: `keys: [{ id: shop, hash: '${byte.repeat(32)}' }]\n` });
    const starts = await Promise.allSettled(['aa', 'bb'].map((byte) => start('api', {}, fileOf(byte))));
    expect(starts.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    const refusal = /keys\.shop differs in hash\n.*--accept-keys/s;
    expect(String(starts.find((each) => each.status === 'rejected')?.reason)).toMatch(refusal);
    await expect(start('api', { AUTH: 'open' }, fileOf('cc'))).rejects.toThrow(refusal);
    // One that declares nothing is no other, nor is one that takes no calls.
    await start('api', { AUTH: 'open' });
    await start('worker', {}, fileOf('cc'));
  });
});
