import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import sharp from 'sharp';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { createLocalChanges } from '../core/tasks/changes.ts';
import type { TaskStore } from '../core/tasks/task-store.ts';
import { openTestStore } from '../store/test-store.fixture.ts';
import { adminKey, editPath, refusalOf, startServer, type TestServer } from './server.fixture.ts';

const png = await sharp({ create: { width: 90, height: 60, channels: 3, background: 'gold' } })
  .png()
  .toBuffer();
const asked: string[] = [];
const hanging = Promise.withResolvers<ServerResponse>();
/** Has each picture once; `/missing…` never, `/large` with more bytes than are taken, and `/hang` sends nothing. */
const pictures = createServer(({ url = '' }, response) => {
  const gone = asked.includes(url) || url.startsWith('/missing');
  asked.push(url);
  if (url === '/hang') hanging.resolve(response);
  else if (url === '/large') response.end(Buffer.alloc(200_000));
  else response.writeHead(gone ? 404 : 200).end(gone ? '' : png);
}).listen(0, '127.0.0.1');
await once(pictures, 'listening');
afterAll(() => void pictures.close());
beforeEach(() => void asked.splice(0));
const { port } = pictures.address() as AddressInfo;
const link = (name: string) => `http://127.0.0.1:${port}/${name}`;
const settings = { ALLOWED_PRIVATE_HOSTS: `127.0.0.1:${port}`, MAX_PICTURE_BYTES: '100000' };

/** Asks the server's own store, opened beside it. */
async function ask<T>({ directory }: TestServer, question: (store: TaskStore) => T): Promise<T> {
  const store = openTestStore({ directory, changes: createLocalChanges() });
  try {
    return await question(store);
  } finally {
    await store.close();
  }
}
const hasNoTask = (server: TestServer) => ask(server, async (store) => (await store.latestTime()) === 0);

test('a link is fetched once, and a later try has its picture although the link has died', async () => {
  const server = await startServer(settings);
  const edit = { prompt: '[[fail upstream_unavailable x2]] at night', image_urls: [link('a'), link('b')] };
  const task = await server.final(await server.submit(edit, editPath));
  expect(task, task.msg).toMatchObject({ state: 'succeeded' });
  expect(task.attempts).toHaveLength(3);
  expect(asked.toSorted()).toEqual(['/a', '/b']);
});

test('a restart in the middle of a call fetches nothing again', async () => {
  const first = await startServer(settings);
  const id = await first.submit({ prompt: '[[delay 30s]]', image_urls: [link('a')] }, editPath);
  await first.until(id, ({ attempts }) => attempts?.length === 1);
  const inputs = () => ask(first, async (store) => (await store.find(id))?.request.inputs);
  await expect.poll(inputs).toMatchObject([{ kind: 'stored' }]);
  await first.stop();
  const second = await startServer(settings, { directory: first.directory });
  await second.until(id, ({ attempts }) => attempts?.length === 2);
  expect(asked).toEqual(['/a']);
});

test('with fetch_inputs `accept` the link may die right after the answer', async () => {
  const server = await startServer({ ...settings, FETCH_INPUTS: 'accept' });
  const id = await server.submit({ prompt: 'at night', image_urls: [link('a'), link('b')] }, editPath);
  expect(asked.toSorted()).toEqual(['/a', '/b']);
  const task = await server.final(id);
  expect(task, task.msg).toMatchObject({ state: 'succeeded', attempts: [{ number: 1 }] });
  expect(asked).toHaveLength(2);
});

test('with `accept` every link that can’t be had is named at once, and no task is made', async () => {
  const server = await startServer({ ...settings, FETCH_INPUTS: 'accept' });
  const image_urls = [link('missing-1'), link('good'), link('missing-2')];
  const { error } = refusalOf(await server.post({ prompt: 'at night', image_urls }, editPath), 422);
  expect(error.details?.map(({ path }) => path)).toEqual(['image_urls[0]', 'image_urls[2]']);
  expect(error.message).toMatch(/^image_urls\[0\]: .*404.* image_urls\[2\]: .*404.*\.$/);
  expect(await hasNoTask(server)).toBe(true);
});

test('with `accept` a picture that is too large is said to be', async () => {
  const server = await startServer({ ...settings, FETCH_INPUTS: 'accept' });
  const image_urls = [link('good'), link('large')];
  const { error } = refusalOf(await server.post({ prompt: 'at night', image_urls }, editPath), 413);
  expect(error.details).toMatchObject([
    { path: 'image_urls[1]', message: expect.stringContaining('100000') },
  ]);
  const upload = await server.call('/api/files', {
    method: 'POST',
    body: JSON.stringify({ url: link('large') }),
  });
  expect(refusalOf(upload, 413).error.details).toMatchObject([{ path: 'url' }]);
});

test('with `accept` the fetching ends when the client goes away, and that is no fault of the server’s', async () => {
  const server = await startServer({ ...settings, FETCH_INPUTS: 'accept' });
  const client = new AbortController();
  const submit = fetch(server.url + editPath, {
    method: 'POST',
    headers: { authorization: adminKey },
    body: JSON.stringify({ prompt: 'at night', image_urls: [link('hang')] }),
    signal: client.signal,
  });
  const response = await hanging.promise;
  const closed = once(response, 'close');
  client.abort();
  await expect(submit).rejects.toThrow('abort');
  await closed;
  expect(await hasNoTask(server)).toBe(true);
  expect(server.log.filter(({ event }) => event === 'request_failed')).toEqual([]);
});
