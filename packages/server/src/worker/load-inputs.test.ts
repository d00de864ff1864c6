import { createServer } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import type { TaskInput } from '../core/tasks/task.ts';
import type { TaskStore } from '../core/tasks/task-store.ts';
import { createAddressPolicy } from '../lib/addresses.ts';
import { newTaskId } from '../lib/ids.ts';
import { createDecodeGate } from '../pictures/decoding.ts';
import { createGuardedFetch } from '../outside/guarded-fetch.ts';
import { listen } from '../outside/guarded-fetch.fixture.ts';
import { createInspector } from '../pictures/inspect.ts';
import { createInputLoader } from '../pictures/load-inputs.ts';
import { createInputPreparer } from '../pictures/prepare-input.ts';
import { deafHang, failWith, png, result, type UpstreamCall } from './test-upstream.fixture.ts';
import { openStore } from './worker.fixture.ts';
import { createWorker } from './worker.ts';

/** A server of pictures that has each path once, and a worker that fetches from it, to a disk that `/last` fills up. */
async function openWithLinks() {
  const asked: string[] = [];
  const opened = openStore();
  const server = createServer(({ url = '' }, response) => {
    opened.disk.full = url === '/last';
    const gone = asked.includes(url) || url === '/missing';
    asked.push(url);
    response.writeHead(gone ? 404 : 200).end(gone ? '' : png);
  });
  const { port } = await listen(server);
  const fetch = createGuardedFetch({
    policy: createAddressPolicy([`127.0.0.1:${port}`]),
    limits: { maxBytes: 1e6, totalMs: 10_000 },
  });

  function start(
    answer: Parameters<typeof opened.worker>[0],
    { store = opened.store }: { store?: TaskStore } = {},
  ) {
    const { dependencies } = opened.worker(answer);
    const inspect = createInspector({ maxBytes: 1e6, maxPixels: 1e6 });
    const prepare = createInputPreparer({ gate: createDecodeGate() });
    const loadInputs = createInputLoader({ fetch, store: dependencies.pictures.store, inspect, prepare });
    const worker = createWorker(
      { ...dependencies, store, loadInputs },
      { concurrency: 1, leaseMs: 60_000, isShared: false },
    );
    worker.start();
    return { ...worker, pictures: dependencies.pictures.store };
  }

  async function add(...names: string[]): Promise<string> {
    const id = newTaskId();
    const inputs = names.map((name): TaskInput => ({ kind: 'url', url: `http://127.0.0.1:${port}/${name}` }));
    const request = { prompt: 'a banana', inputs, aspectRatio: 'auto', imageSize: '1K' } as const;
    const createdAt = Date.now();
    const named = { id, keyId: 'key', action: 'edit', model: 'nano-banana', request } as const;
    await opened.store.insert([{ ...named, createdAt, deadlineAt: createdAt + 60_000 }]);
    return id;
  }

  return { ...opened, asked, start, add };
}

const sizes = ({ request }: UpstreamCall) => request.inputs.map(({ width, height }) => [width, height]);

test('what a task fetched serves every try, although its links have died since', async () => {
  const { start, add, final, asked } = await openWithLinks();
  const seen: unknown[] = [];
  const worker = start((call) => {
    seen.push(sizes(call));
    return call.context.attempt < 3 ? failWith({}) : result;
  });
  const task = await final(await add('a', 'b'));
  expect(task).toMatchObject({ state: 'succeeded', result: { warnings: [] } });
  expect(task.attempts).toHaveLength(3);
  expect(asked.toSorted()).toEqual(['/a', '/b']);
  expect(seen).toEqual(
    Array.from({ length: 3 }, () => [
      [640, 480],
      [640, 480],
    ]),
  );
  const [input] = task.request.inputs;
  const key = input?.kind === 'stored' ? input.key : '';
  expect(key).toMatch(/^inputs\/(..)\/\1[0-9a-f]{62}$/);
  expect((await buffer(worker.pictures.read(key))).equals(png)).toBe(true);
  await worker.stop(0);
});

test('after a crash in the middle of the call, the next worker has the pictures that the first one fetched', async () => {
  const { start, add, until, find, final, asked } = await openWithLinks();
  const first = start(deafHang);
  const id = await add('a');
  await until(id, ({ attempts }) => attempts.length === 1);
  await expect.poll(async () => (await find(id)).request.inputs[0]?.kind).toBe('stored');
  const second = start((call) => ({ ...result, description: JSON.stringify(sizes(call)) }));
  expect(await second.rescueAll()).toBe(1);
  expect(await final(id)).toMatchObject({ state: 'succeeded', result: { description: '[[640,480]]' } });
  expect(asked).toEqual(['/a']);
  await Promise.all([first.stop(0), second.stop(0)]);
});

test('what could be fetched is kept although the run failed on another link', async () => {
  const { start, add, final } = await openWithLinks();
  const worker = start(() => result);
  const task = await final(await add('a', 'missing'));
  expect(task).toMatchObject({ failure: { type: 'input_unreachable' }, attempts: [] });
  expect(task.request.inputs.map(({ kind }) => kind)).toEqual(['stored', 'url']);
  await worker.stop(0);
});

test('a task is not put back before its copies are noted, however long that takes', async () => {
  const { start, add, final, asked, store } = await openWithLinks();
  const failed = Promise.withResolvers<void>();
  const order: string[] = [];
  const slow: TaskStore = {
    ...store,
    async saveInputsIfLeased(...args) {
      await failed.promise;
      for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
      order.push('noted');
      return store.saveInputsIfLeased(...args);
    },
    putBackIfLeased(...args) {
      order.push('put back');
      return store.putBackIfLeased(...args);
    },
  };
  const worker = start(
    ({ context: { attempt } }) => {
      if (attempt > 1) return result;
      failed.resolve();
      return failWith({});
    },
    { store: slow },
  );
  expect(await final(await add('a'))).toMatchObject({ state: 'succeeded' });
  expect(order).toEqual(['noted', 'put back']);
  expect(asked).toEqual(['/a']);
  await worker.stop(0);
});

test('on a full disk the task has its pictures all the same, and only the log knows', async () => {
  const { start, add, final, disk, log } = await openWithLinks();
  const called = Promise.withResolvers<unknown>();
  const answer = Promise.withResolvers<typeof result>();
  const worker = start((call) => {
    called.resolve(sizes(call));
    return answer.promise;
  });
  const id = await add('last');
  expect(await called.promise).toEqual([[640, 480]]);
  await expect.poll(() => log.map(({ event }) => event)).toContain('task_fault');
  disk.full = false;
  answer.resolve(result);
  expect(await final(id)).toMatchObject({ state: 'succeeded', result: { warnings: [] } });
  await worker.stop(0);
});
