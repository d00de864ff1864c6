import { globSync } from 'node:fs';
import OpenAI from 'openai';
import type { SubmitEnvelope, TaskEnvelope } from '@plantain/client';
import { beforeAll, describe, expect, test } from 'vitest';
import { isMissing } from '../../../../e2e/needed-tool.fixture.ts';
import { handMade, openEvents, type Told, waiting } from '../http/routes/tasks/following.fixture.ts';
import { adminKey, refusalOf, statusPath, type TestServer } from '../http/server.fixture.ts';
import { postgresUrl } from '../store/postgres/database/store.fixture.ts';
import { smallPng } from '../upstreams/png.fixture.ts';
import { openForSeveral } from './several-servers.fixture.ts';

describe.skipIf(isMissing('PostgreSQL', postgresUrl() !== null))('a task that another server runs', () => {
  const { calls, upstream } = handMade();
  let one: TestServer;
  let other: TestServer;
  let pictures: string;
  beforeAll(async () => {
    const { start, folder } = await openForSeveral();
    pictures = folder;
    const settings = { PUBLIC_URL: 'http://pictures.example', CONCURRENCY: '100' };
    [one, other] = [await start('api', settings), await start('api', settings)];
    const capabilities = () =>
      ({ ratios: 'any', sizes: ['1K'], maxInputs: 9, seed: true, partialImages: true }) as const;
    await start('worker', settings, { upstream: { ...upstream, capabilities } });
  });

  /** Submits on the one, and gives the call that the worker makes for it. */
  async function runningTask(prompt: string) {
    const { task_id: id } = (await one.post<SubmitEnvelope>({ prompt })).body.data;
    await expect.poll(() => calls.has(prompt)).toBe(true);
    const call = calls.get(prompt);
    if (call === undefined) throw new Error('It was not called.');
    await other.until(id, ({ attempts }) => attempts.length === 1);
    return { id, call, path: `${statusPath}/${id}` };
  }
  const eventsOf = (server: TestServer, path: string, lastEventId = '') =>
    openEvents(`${server.url}${path}/events`, {
      authorization: adminKey,
      ...(lastEventId === '' ? {} : { 'last-event-id': lastEventId }),
    });

  test('is heard of by long polls and streams, and a stream goes on at the next server', async () => {
    const { id, call, path } = await runningTask('followed');
    const [stream, all] = [await eventsOf(one, path), await eventsOf(one, statusPath)];
    const first = (await stream.next()) as Told;
    const poll = await waiting(other, `${path}?wait=60`);
    call.onProgress(0.5);
    expect((await poll.answer).body.data).toMatchObject({ progress: 0.5 });
    expect((await stream.next())?.task.progress).toBe(0.5);
    const seen = (await all.next()) as Told;
    expect(seen.task).toMatchObject({ task_id: id, progress: 0.5 });
    await stream.close();
    await all.close();
    const last = await waiting(one, `${path}?wait=60&until=final`);
    const [resumed, allResumed] = [
      await eventsOf(other, path, first.id),
      await eventsOf(other, statusPath, seen.id),
    ];
    expect((await resumed.next())?.task.progress).toBe(0.5);
    call.finish();
    expect((await last.answer).body.data.state).toBe('succeeded');
    const end = (await resumed.next()) as Told;
    expect(end.task.state).toBe('succeeded');
    expect((await allResumed.next())?.task).toMatchObject({ task_id: id, state: 'succeeded' });
    await allResumed.close();
    expect((await eventsOf(one, path, end.id)).answer.status).toBe(204);
  });

  test('streams its partial images to whoever waits, which are gone when it has ended', async () => {
    const openai = new OpenAI({ apiKey: adminKey, baseURL: `${one.url}/openai/v1` });
    const ask = { prompt: 'in the making', stream: true, partial_images: 2 } as const;
    const stream = (await openai.images.generate(ask))[Symbol.asyncIterator]();
    await expect.poll(() => calls.has(ask.prompt)).toBe(true);
    const { onPartialImage, finish } = calls.get(ask.prompt)!;
    let first: Awaited<ReturnType<typeof stream.next>> | undefined;
    void stream.next().then((event) => (first = event));
    // The worker takes them from when it has heard that somebody waits.
    await expect
      .poll(() => {
        onPartialImage?.({ index: 0, bytes: smallPng });
        return first?.value;
      })
      .toMatchObject({
        type: 'image_generation.partial_image',
        partial_image_index: 0,
        b64_json: smallPng.toString('base64'),
        size: '16x16',
      });
    const stored = () => globSync('partial-images/*/*', { cwd: pictures });
    expect(stored()).not.toEqual([]);
    finish();
    let last = await stream.next();
    while (last.value?.type === 'image_generation.partial_image') last = await stream.next();
    expect(last.value).toMatchObject({ type: 'image_generation.completed' });
    await expect.poll(stored).toEqual([]);
  });

  test('has the same version on each, so what a client has of one is known to the other', async () => {
    const { call, path, id } = await runningTask('versions');
    const etagOf = async (server: TestServer) => (await server.call(path)).headers.get('etag') ?? '';
    const known = await etagOf(one);
    const poll = await waiting(other, `${path}?wait=60`, { headers: { 'if-none-match': known } });
    call.onProgress(0.25);
    expect((await poll.answer).body.data.progress).toBe(0.25);
    call.finish();
    await one.final(id);
    const final = await etagOf(one);
    expect((await other.call(path, { headers: { 'if-none-match': final } })).status).toBe(304);
    const [mine, theirs] = [await one.call<TaskEnvelope>(path), await other.call<TaskEnvelope>(path)];
    expect(theirs.body.data).toEqual(mine.body.data);
  });

  test('is stopped at once where it runs when it is cancelled', async () => {
    const { id, path } = await runningTask('cancelled');
    const last = await waiting(one, `${path}?wait=60&until=final`);
    expect((await other.call(`${path}/cancel`, { method: 'POST' })).status).toBe(200);
    expect((await last.answer).body.data).toMatchObject({ task_id: id, error: { type: 'cancelled' } });
  });

  test('is unknown on every server soon after it was deleted on one that does not run it', async () => {
    const { id, call, path } = await runningTask('deleted');
    call.finish();
    await other.final(id);
    // Asked for often enough to be kept in memory.
    for (let time = 0; time < 3; time += 1) expect((await other.call(path)).status).toBe(200);
    expect((await one.call(`${path}/delete`, { method: 'POST' })).status).toBe(200);
    refusalOf(await one.call(path), 404);
    await expect.poll(async () => (await other.call(path)).status, { timeout: 1_000 }).toBe(404);
  });

  test('is made once by one Idempotency-Key, whichever servers are asked at once', async () => {
    const send = (server: TestServer, prompt: string) =>
      server.call<{ data: object }>(statusPath, {
        method: 'POST',
        headers: { 'Idempotency-Key': '"0b2b8c1e-once-over-two"', 'content-type': 'application/json' },
        body: JSON.stringify({ prompt }),
      });
    const servers = Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? one : other));
    const answers = await Promise.all(servers.map((server) => send(server, 'once')));
    expect(new Set(answers.map(({ body }) => JSON.stringify(body.data))).size).toBe(1);
    expect(answers.filter(({ headers }) => headers.get('idempotent-replayed') === null)).toHaveLength(1);
    for (const server of [one, other]) refusalOf(await send(server, 'another'), 409);
  });

  test('and its batch, its list, its retry and its files are the same on every server', async () => {
    const file = await one.call<{ data: { file_id: string; file: string } }>('/api/files', {
      method: 'POST',
      headers: { 'content-type': 'image/png' },
      body: new Uint8Array(smallPng),
    });
    expect((await other.call(`/api/files/${file.body.data.file_id}`)).status).toBe(200);
    const tasks = [{ prompt: 'batch 1', image_urls: [file.body.data.file] }, { prompt: 'batch 2' }];
    const batch = await other.post<{ data: { batch_id: string; task_ids: string[] } }>(
      { tasks },
      `${statusPath}/batch`,
    );
    const { batch_id: batchId, task_ids: ids } = batch.body.data;
    expect((await one.call<{ data: object }>(`${statusPath}/batch/${batchId}`)).text).toContain(ids[1]);
    await expect.poll(() => calls.has('batch 1') && calls.has('batch 2')).toBe(true);
    expect((await one.call(`${statusPath}/${ids[0]}/cancel`, { method: 'POST' })).status).toBe(200);
    await other.final(ids[0] ?? '');
    const retried = await other.call<SubmitEnvelope>(`${statusPath}/${ids[0]}/retry`, { method: 'POST' });
    expect((await one.task(retried.body.data.task_id)).retry_of).toBe(ids[0]);
    const listed = await one.call<{ data: { tasks: { task_id: string }[] } }>(statusPath);
    expect(listed.text).toContain(retried.body.data.task_id);
  });
});
