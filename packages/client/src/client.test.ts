// The client against the real server, in this process.

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeAll, expect, test } from 'vitest';
import {
  adminKey,
  startServer,
  temporaryDirectory,
  type TestServer,
} from '../../server/src/http/server.fixture.ts';
import { smallPng } from '../../server/src/upstreams/png.fixture.ts';
import { createClient, type PlantainClient } from './client.ts';
import {
  AuthenticationError,
  ConflictError,
  InvalidRequestError,
  NotFoundError,
  PlantainError,
} from './errors.ts';
import { type FarSide, passOn, startFarSide } from './far-side.fixture.ts';
import type { PictureSource } from './tasks/inputs.ts';
import { tasksPath } from './tasks/tasks.ts';

/** Has a picture for whoever asks. */
let world: FarSide;
let server: TestServer;
let client: PlantainClient;
beforeAll(async () => {
  world = await startFarSide((_seen, response) => response.end(smallPng));
  server = await startServer({ ALLOWED_PRIVATE_HOSTS: new URL(world.url).host });
  client = createClient({ baseUrl: `${server.url}/`, apiKey: adminKey });
});

test('a picture is generated, waited for and fetched, whole and smaller', async () => {
  const input = { prompt: 'a banana [[images 2]]', aspect_ratio: '16:9', metadata: { user: 'a' } };
  const submitted = await client.generate(input);
  expect(submitted).toMatchObject({ task_id: expect.any(String), events_url: expect.any(String) });
  const task = await client.wait(submitted);
  expect(task).toMatchObject({ action: 'generate', metadata: { user: 'a' } });
  const [first, second] = [await client.picture(task), await client.picture(task, 2)];
  expect([first.size, first.type]).toEqual([task.image_details?.[0]?.bytes, 'image/png']);
  expect(second.size).toBe(task.image_details?.[1]?.bytes);
  const small = await client.picture(task, 1, { width: 64, format: 'webp', quality: 50 });
  expect(small.type).toBe('image/webp');
  expect(small.size).toBeLessThan(first.size);
  await expect(client.picture(task, 3)).rejects.toThrow(/no picture 3: it has 2/);
});

test('an edit takes pictures in every form, and bytes are uploaded for it', async () => {
  const sources: PictureSource[] = [
    world.url,
    new URL(world.url),
    `data:image/png;base64,${smallPng.toString('base64')}`,
    smallPng,
    new Blob([smallPng]),
    new File([smallPng], 'a.png', { type: 'image/png' }),
  ];
  const before = (await client.files.list()).length;
  const task = await client.wait(await client.edit({ prompt: 'at night', image_urls: sources }));
  expect(task).toMatchObject({ action: 'edit', state: 'succeeded' });
  expect(await client.files.list()).toHaveLength(before + 3);
});

test('a submit whose answer is lost makes one task, and so does one with a key of the caller’s own', async () => {
  let lost = 0;
  const proxy = await startFarSide(async (seen, response) => {
    if (seen.method !== 'POST' || lost > 0) return passOn(server.url, seen, response);
    lost += 1;
    return passOn(server.url, seen, response, () => response.destroy());
  });
  const metadata = { only: 'one' };
  const through = createClient({ baseUrl: proxy.url, apiKey: adminKey });
  const { task_id: id } = await through.generate({ prompt: 'once', metadata });
  expect(proxy.seen).toHaveLength(2);
  const listed: string[] = [];
  for await (const { task_id: each } of client.list({ metadata })) listed.push(each);
  expect(listed).toEqual([id]);

  const idempotencyKey = 'of-the-caller';
  const [one, two] = [
    await client.generate({ prompt: 'same' }, { idempotencyKey }),
    await client.generate({ prompt: 'same' }, { idempotencyKey }),
  ];
  expect(two.task_id).toBe(one.task_id);
  await expect(client.generate({ prompt: 'other' }, { idempotencyKey })).rejects.toThrow(ConflictError);
  await expect(client.generate({ prompt: 'x' }, { idempotencyKey: 'a\nb' })).rejects.toThrow(PlantainError);
});

test('many tasks are asked for in chunks, and come in the order in which they were asked for', async () => {
  const { batch_id: batchId, task_ids: ids } = await client.batch.submit({
    metadata: { of: 'many' },
    tasks: Array.from({ length: 205 }, (_, index) => ({ prompt: `[[hang]] ${index}` })),
  });
  const unknown = '0190a000-0000-7000-8000-000000000000';
  const found = await client.getMany([...ids, unknown]);
  expect(found.tasks.map(({ task_id: id }) => id)).toEqual(ids);
  expect(found.unknown).toEqual([unknown]);

  const filter = { metadata: { of: 'many' }, limit: 100, created_after: new Date(Date.now() - 60_000) };
  const listed: string[] = [];
  for await (const task of client.list(filter)) listed.push(task.task_id);
  expect(listed).toEqual(ids.toReversed());
  const sizes: number[] = [];
  for await (const page of client.list(filter).pages()) sizes.push(page.tasks.length);
  expect(sizes.reduce((sum, size) => sum + size)).toBe(205);
  expect(sizes.length).toBeGreaterThan(2);
  for await (const task of client.list({ ...filter, created_before: 1 })) expect.unreachable(task.task_id);
  // Their places are for the next test.
  await client.batch.cancel(batchId);
});

test('a batch shares what stands beside its tasks, is asked for and cancelled', async () => {
  const picture = new Blob([smallPng]);
  const before = (await client.files.list()).length;
  const { batch_id: id, task_ids: ids } = await client.batch.submit({
    prompt: 'shared [[hang]]',
    tasks: [{}, { image_urls: [picture] }, { image_urls: [picture], action: 'generate' }],
  });
  expect(await client.files.list()).toHaveLength(before + 1);
  expect(await client.batch.get(id)).toMatchObject({
    total: 3,
    tasks: ids.map((task) => ({ task_id: task })),
  });
  const counts = await client.batch.cancel(id);
  expect(counts.cancelled + counts.cancel_requested).toBe(3);
  const dry = await client.batch.dryRun({ prompt: 'not made', tasks: [{}, {}] });
  expect(dry).toMatchObject({ dry_run: true, tasks: 2, cost: { estimated_micro_usd: 0 } });
  for await (const page of client.list({ search: 'not made' }).pages()) expect(page.tasks).toEqual([]);
  await expect(client.batch.submit({ tasks: [{ prompt: '' }] })).rejects.toMatchObject({
    name: 'InvalidRequestError',
    details: [{ path: 'tasks[0].prompt' }],
  });
});

test('a task is cancelled once and for all, and one that failed is tried again', async () => {
  const { task_id: id } = await client.generate({ prompt: '[[hang]]' });
  await client.cancel(id);
  await expect(client.wait(id)).rejects.toMatchObject({ type: 'cancelled' });
  // As when the first answer was lost.
  expect((await client.cancel(id)).error?.type).toBe('cancelled');
  const again = await client.retry(id);
  expect(again).toMatchObject({ retry_of: id, task_id: expect.not.stringContaining(id) });
  expect(await client.get(again.task_id)).toMatchObject({ retry_of: id });
  await client.cancel(again.task_id);

  const good = await client.wait(await client.generate({ prompt: 'good' }));
  await expect(client.cancel(good.task_id)).rejects.toThrow(ConflictError);
  await expect(client.retry(good.task_id)).rejects.toThrow(ConflictError);
});

test('what a task was asked for can be sent again, and a task that has ended is deleted', async () => {
  const input = {
    prompt: 'a hat [[delay 0ms]]',
    image_urls: [new Blob([smallPng])],
    metadata: { of: 'again' },
  };
  const { task_id: id } = await client.edit(input);
  const { task_id: _id, action, ...request } = await client.requestOf(id);
  expect({ action, ...request }).toMatchObject({
    action: 'edit',
    prompt: input.prompt,
    metadata: input.metadata,
  });
  const again = await client.wait(await client.edit(request));
  expect(again.metadata).toEqual(input.metadata);
  const [shown] = (await client.getMany([again.task_id], { include: 'prompt' })).tasks;
  expect(shown?.prompt).toBe(input.prompt);
  const found: string[] = [];
  for await (const task of client.list({ search: 'A HAT', include: 'prompt', limit: 1 }))
    found.push(task.task_id);
  expect(found).toEqual([again.task_id, id]);
  expect(await client.delete(again.task_id)).toEqual({ task_id: again.task_id, deleted: true });
  await expect(client.get(again.task_id)).rejects.toThrow(NotFoundError);
  const { task_id: open } = await client.generate({ prompt: '[[hang]]' });
  await expect(client.delete(open)).rejects.toThrow(ConflictError);
  await client.cancel(open);
});

test('a file is uploaded from a path, a stream, bytes and a link, found and deleted', async () => {
  const folder = temporaryDirectory();
  const path = join(folder, 'a.png');
  await writeFile(path, smallPng);
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(smallPng.subarray(0, 10));
      controller.enqueue(smallPng.subarray(10));
      controller.close();
    },
  });
  const files = [];
  for (const source of [
    path,
    pathToFileURL(path),
    stream,
    smallPng,
    new Blob([smallPng]),
    new URL(world.url),
  ])
    files.push(await client.files.upload(source, { expiresInSeconds: 60 }));
  expect(new Set(files.map(({ sha256 }) => sha256)).size).toBe(1);
  const [file] = files;
  expect(Object.keys(file ?? {}).toSorted()).toEqual([
    'bytes',
    'content_type',
    'create_time',
    'expires_at',
    'file',
    'file_id',
    'file_name',
    'height',
    'sha256',
    'width',
  ]);
  expect(Number(file?.expires_at) - Number(file?.create_time)).toBe(60);
  expect(await client.files.get(file?.file_id ?? '')).toEqual(file);
  expect(await client.files.delete(file?.file_id ?? '')).toMatchObject({ deleted: true });
  await expect(client.files.get(file?.file_id ?? '')).rejects.toThrow(NotFoundError);

  await expect(client.files.upload(join(folder, 'none.png'))).rejects.toMatchObject({ code: 'ENOENT' });
  await mkdir(join(folder, 'sub'));
  await expect(client.files.upload(join(folder, 'sub'))).rejects.toMatchObject({ code: 'EISDIR' });
  await expect(client.files.upload(new Uint8Array([1, 2, 3]))).rejects.toThrow(PlantainError);
});

test('what can be wrong is told before anything is sent, and without the key', () => {
  const fault = (make: () => unknown) => {
    try {
      make();
    } catch (error) {
      return error;
    }
    return null;
  };
  const secret = 'secret\nof mine';
  for (const options of [
    { baseUrl: 'localhost:8787' },
    { baseUrl: '' },
    { baseUrl: `http://user:${secret}@127.0.0.1` },
    { baseUrl: 'http://127.0.0.1/?key=1' },
    { baseUrl: server.url, apiKey: secret },
    { baseUrl: server.url, headers: { 'x-token': secret } },
  ]) {
    const error = fault(() => createClient(options));
    expect(error).toBeInstanceOf(PlantainError);
    expect(`${(error as Error).stack} ${String((error as Error).cause)}`).not.toContain('of mine');
  }
});

test('an address that is missing, as from a variable that is not set, is said to be', () => {
  for (const baseUrl of [undefined as unknown as string, ''])
    expect(() => createClient({ baseUrl })).toThrow('baseUrl is missing.');
});

test('an id that is none makes no call, as it could lead to another', async () => {
  const proxy = await startFarSide((seen, response) => passOn(server.url, seen, response));
  const through = createClient({ baseUrl: proxy.url, apiKey: adminKey });
  for (const id of ['', '.', '..', 'a/b', 'a?b', ' a'])
    for (const call of [
      through.get,
      through.cancel,
      through.delete,
      through.requestOf,
      through.wait,
      through.files.delete,
      through.webhooks.delete,
    ])
      await expect(call(id)).rejects.toThrow(/is not an id/);
  await expect(through.getMany(['a,b'])).rejects.toThrow(PlantainError);
  expect(proxy.seen).toEqual([]);
});

test('refusals of the server are of their classes, with every fault', async () => {
  const stranger = createClient({ baseUrl: server.url, apiKey: 'wrong' });
  await expect(stranger.generate({ prompt: 'x' })).rejects.toThrow(AuthenticationError);
  const error: unknown = await client
    .generate({ prompt: '', aspect_ratio: 'wide' })
    .catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(InvalidRequestError);
  expect(error).toMatchObject({
    type: 'invalid_request',
    requestId: expect.stringMatching(/^req_/),
    details: [{ path: 'prompt' }, { path: 'aspect_ratio' }],
  });
});

test('headers of its own go with every call, and the path of the base URL is kept', async () => {
  const proxy = await startFarSide((seen, response) => {
    const path = seen.path.replace('/below', '');
    return passOn(server.url, { ...seen, path }, response);
  });
  const headers = { 'X-Of-A-Proxy': 'yes' };
  const below = createClient({ baseUrl: `${proxy.url}/below/`, apiKey: `Bearer ${adminKey}`, headers });
  await below.wait(await below.generate({ prompt: 'x' }));
  expect(proxy.seen.map(({ path }) => path)[0]).toBe(`/below${tasksPath}`);
  expect(proxy.seen.every(({ headers: sent }) => sent['x-of-a-proxy'] === 'yes')).toBe(true);
});

test('a header of the caller’s is never joined with one of the client’s own', async () => {
  const proxy = await startFarSide((seen, response) => passOn(server.url, seen, response));
  const options = { baseUrl: proxy.url, headers: { 'content-type': 'text/plain', authorization: adminKey } };
  await createClient(options).generate({ prompt: 'x' });
  const direct = createClient({ ...options, baseUrl: server.url });
  expect(await direct.files.upload(smallPng)).toMatchObject({ bytes: smallPng.length });
  expect(proxy.seen[0]?.headers).toMatchObject({
    'content-type': 'application/json',
    authorization: adminKey,
  });
  expect(() => createClient({ ...options, apiKey: adminKey })).toThrow(
    'headers has Authorization, in which apiKey is sent.',
  );
});

test('an administrator gives a key of an owner another secret, finds that in the log, and deletes the owner with its keys', async () => {
  const { admin } = client;
  const { owner_id: id } = await admin.owners.create({ name: 'Acme', limits: { running: 2 } });
  await admin.owners.update(id, { weight: 2, limits: { waiting: 5 } });
  expect(await admin.owners.get(id)).toMatchObject({ weight: 2, limits: { running: 2, waiting: 5 } });
  const found: string[] = [];
  for await (const owner of admin.owners.list({ limit: 1 })) found.push(owner.owner_id);
  expect(found).toContain(id);
  const made = await admin.keys.create({ name: 'shop', owner_id: id });
  const rolled = await admin.keys.roll(made.key_id, { overlap_seconds: 60 });
  expect(rolled.secret).not.toBe(made.secret);
  const acts: string[] = [];
  for await (const { act } of admin.audit({ subject: made.key_id, limit: 1 })) acts.push(act);
  expect(acts).toEqual(['key.roll', 'key.create']);
  await admin.owners.delete(id);
  await expect(admin.owners.get(id)).rejects.toThrow(NotFoundError);
  const keys = await admin.keys.list();
  expect(keys.find(({ key_id: each }) => each === made.key_id)?.revoked_at).not.toBeNull();
});

test('an administrator ends the pauses of an upstream', async () => {
  const { upstreams } = await client.admin.resumeUpstream('sandbox');
  expect(upstreams.map(({ name }) => name)).toEqual(['sandbox']);
  await expect(client.admin.resumeUpstream('none')).rejects.toThrow(NotFoundError);
});
