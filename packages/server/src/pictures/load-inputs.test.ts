import { Buffer } from 'node:buffer';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import sharp from 'sharp';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { TaskError, inputFailure } from '../core/errors.ts';
import type { PictureStore } from '../core/pictures/picture-store.ts';
import type { OnFetched, GuardedFetch } from '../core/pictures/inputs.ts';
import type { TaskInput } from '../core/tasks/task.ts';
import { createDecodeGate, type DecodeGate } from './decoding.ts';
import { createDiskPictureStore } from './stores/disk.ts';
import { createInputFitter } from './fit-inputs.ts';
import { createInspector } from './inspect.ts';
import { createInputLoader } from './load-inputs.ts';
import { createInputPreparer } from './prepare-input.ts';
import { createStoreInput, storeAsInput } from './store-input.ts';

const inspect = createInspector({ maxBytes: 100_000, maxPixels: 10_000 });
const prepare = createInputPreparer({ gate: createDecodeGate() });
const never = new AbortController().signal;
let directory: string;
let store: PictureStore;
const copies: Promise<TaskInput>[] = [];
beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'plantain-inputs-'));
  store = createDiskPictureStore({ directory });
});
afterEach(async () => {
  await Promise.allSettled(copies.splice(0));
  await rm(directory, { recursive: true, force: true });
});

const png = (width: number, background = 'red'): Promise<Buffer> =>
  sharp({ create: { width, height: 10, channels: 3, background } })
    .png()
    .toBuffer();

/** Serves `https://host/<width>` as a PNG of that width. */
const fetchByWidth: GuardedFetch = async (url) => ({
  bytes: await png(Number(new URL(url).pathname.slice(1))),
});

const noise = { type: 'gaussian' as const, mean: 128, sigma: 60 };

const links = (...paths: (string | number)[]): TaskInput[] =>
  paths.map((at) => ({ kind: 'url', url: `https://pictures.test/${at}` }));

const nobody: OnFetched = (_, kept) => void copies.push(kept);
const loader =
  (fetch: GuardedFetch, maxTotalBytes = 1_000_000) =>
  (inputs: TaskInput[], signal: AbortSignal, onFetched: OnFetched = nobody) =>
    createInputLoader({ fetch, store, inspect, prepare, maxTotalBytes })(inputs, signal, onFetched);

async function messageOf(loading: Promise<unknown>): Promise<string> {
  const error: unknown = await loading.catch((reason: unknown) => reason);
  if (!(error instanceof TaskError)) throw new Error('no TaskError', { cause: error });
  expect(error.failure).toMatchObject({ type: 'input_unreachable', message: error.message });
  return error.message;
}

test('whatever is decoded on the way waits for its turn among the pictures of its key', async () => {
  const owners = new Set<string | undefined>();
  const inner = createDecodeGate();
  const gate: DecodeGate = {
    run(picture, work) {
      owners.add(picture.owner);
      return inner.run(picture, work);
    },
  };
  const parts = {
    inspect: createInspector({ maxBytes: 100_000, maxPixels: 10_000, gate }),
    prepare: createInputPreparer({ gate }),
  };
  const kept = await createStoreInput({ store, ...parts })(await png(20), 'one key');
  const fetch: GuardedFetch = async () => ({
    bytes: await sharp(await png(9))
      .gif()
      .toBuffer(),
  });
  const load = createInputLoader({ fetch, store, ...parts });
  const { pictures } = await load([kept, ...links(1)], never, nobody, 'another key');
  const context = { model: 'a-model', signal: never, owner: 'a third key' };
  await createInputFitter({ gate })(pictures, { maxBytes: 50 }, context);
  expect(owners).toEqual(new Set(['one key', 'another key', 'a third key']));
});

test('a picture is decoded once to be checked, and not again for each task that works on it', async () => {
  let checks = 0;
  const inner = createDecodeGate();
  const gate: DecodeGate = {
    run(picture, work) {
      checks += picture.pixels > 0 ? 1 : 0;
      return inner.run(picture, work);
    },
  };
  const counting = createInspector({ maxBytes: 100_000, maxPixels: 10_000, gate });
  const load = createInputLoader({ fetch: fetchByWidth, store, inspect: counting, prepare });
  const uploaded = await createStoreInput({ store, inspect: counting })(await png(20));
  const result = await png(30);
  await store.put('results/aa/result.png', result);
  const resultInput = await storeAsInput(
    { store },
    {
      ...(await counting(result)),
      key: 'results/aa/result.png',
      fileName: 'result.png',
    },
  );
  if (resultInput === null) throw new Error('The result’s file is lost.');
  const fetched: Promise<TaskInput>[] = [];
  await load(links(40), never, (_, kept) => void fetched.push(kept));
  expect(checks).toBe(3);
  const { pictures } = await load([uploaded, resultInput, ...(await Promise.all(fetched))], never, nobody);
  expect(pictures.map(({ width, height }) => [width, height])).toEqual([
    [20, 10],
    [30, 10],
    [40, 10],
  ]);
  expect(checks).toBe(3);
  // Of an earlier version, which kept no details; and one that is not what was kept.
  const { key, details } = uploaded;
  const changed = { ...details, sha256: '0'.repeat(64) };
  await load(
    [
      { kind: 'stored', key },
      { kind: 'stored', key, details: changed },
    ],
    never,
    nobody,
  );
  expect(checks).toBe(5);
});

test('a stored picture that is larger than inputs may be is refused, whoever looked at it before', async () => {
  const large = createInspector({ maxBytes: 100_000, maxPixels: 100_000 });
  const input = await createStoreInput({ store, inspect: large })(await png(2_000));
  expect(await messageOf(loader(fetchByWidth)([input], never))).toMatch(
    /^image_urls\[0\]: The picture measures 2000 x 10 pixels, more than/,
  );
});

test('a stored picture that was damaged since is refused, and not sent', async () => {
  const input = await createStoreInput({ store, inspect })(await png(50, 'green'));
  const damaged = await png(50, 'green');
  damaged.fill(0, damaged.length - 40, damaged.length - 12);
  await store.put(input.key, damaged);
  expect(await messageOf(loader(fetchByWidth)([input], never))).toMatch(
    /^image_urls\[0\]: The PNG picture is damaged/,
  );
});

test('links and stored pictures come back in the order they were given, whichever is there first', async () => {
  const firstMayEnd = Promise.withResolvers<void>();
  const fetch: GuardedFetch = async (url, signal) => {
    if (url.endsWith('/1')) await firstMayEnd.promise;
    if (url.endsWith('/6')) firstMayEnd.resolve();
    return fetchByWidth(url, signal);
  };
  const stored = await createStoreInput({ store, inspect })(await png(30));
  const { pictures } = await loader(fetch)([...links(1, 2), stored, ...links(4, 5, 6)], never);
  expect(pictures.map(({ width }) => width)).toEqual([1, 2, 30, 4, 5, 6]);
  expect(pictures[2]).toMatchObject({ contentType: 'image/png', width: 30, height: 10 });
  const pixels = (bytes: Uint8Array | undefined) => sharp(bytes).raw().toBuffer();
  expect(await pixels(pictures[2]?.bytes)).toEqual(await pixels(await png(30)));
});

test('at most four are loaded at once', async () => {
  let open = 0;
  let most = 0;
  const fetch: GuardedFetch = async (url, signal) => {
    open += 1;
    most = Math.max(most, open);
    const fetched = await fetchByWidth(url, signal);
    open -= 1;
    return fetched;
  };
  await loader(fetch)(links(1, 2, 3, 4, 5, 6, 7, 8, 9), never);
  expect(most).toBe(4);
});

test('a failure names its place, keeps whether a retry helps, and stops the others', async () => {
  const stopped: unknown[] = [];
  const asked: string[] = [];
  const fetch: GuardedFetch = (url, signal) => {
    asked.push(url);
    if (url.endsWith('/broken')) return Promise.reject(inputFailure('Try later.', { retryable: true }));
    return new Promise((_, reject) => {
      signal.addEventListener('abort', () => {
        stopped.push(url);
        reject(signal.reason as Error);
      });
    });
  };
  const loading = loader(fetch)(links(0, 1, 'broken', 3, 4, 5), never);
  await expect(loading).rejects.toMatchObject({
    failure: { type: 'input_unreachable', message: 'image_urls[2]: Try later.', retryable: true },
  });
  expect([stopped.length, asked.length]).toEqual([3, 4]);
});

test('what is fetched and what is stored is looked at before it is handed on', async () => {
  const text: GuardedFetch = () =>
    Promise.resolve({ bytes: Buffer.from('<html>'), contentType: 'image/png' });
  expect(await messageOf(loader(text)(links('a'), never))).toMatch(
    /^image_urls\[0\]: The data is not a picture/,
  );
  await store.put('inputs/aa/bad', Buffer.from('<html>'));
  const stored: TaskInput = { kind: 'stored', key: 'inputs/aa/bad' };
  expect(await messageOf(loader(text)([stored], never))).toMatch(
    /^image_urls\[0\]: The data is not a picture/,
  );
});

test('a stored picture that is gone is said to be gone', async () => {
  const gone: TaskInput = { kind: 'stored', key: 'inputs/aa/gone' };
  expect(await messageOf(loader(fetchByWidth)([gone], never))).toContain(
    'image_urls[0]: The picture that came with',
  );
});

test('the pictures of a task are bounded together', async () => {
  const size = (await png(10)).length;
  const stored = await createStoreInput({ store, inspect })(await png(10));
  const { pictures } = await loader(fetchByWidth, 2 * size)([...links(10), stored], never);
  expect(pictures).toHaveLength(2);
  const tooMany = loader(fetchByWidth, 2 * size - 1)([...links(10), stored], never);
  expect(await messageOf(tooMany)).toContain(`more than ${2 * size - 1} bytes together`);
});

test('what a picture becomes on its way counts too', async () => {
  const gif = await sharp({ create: { width: 90, height: 90, channels: 3, background: 'red', noise } })
    .gif()
    .toBuffer();
  const fetch: GuardedFetch = () => Promise.resolve({ bytes: gif });
  const { pictures } = await loader(fetch)(links('gif'), never);
  expect(pictures[0]?.bytes.length).toBeGreaterThan(gif.length);
  expect(await messageOf(loader(fetch, gif.length)(links('gif'), never))).toMatch(
    /^image_urls\[0\]: The pictures have more than/,
  );
});

test('a picture goes upright, in a type that every upstream takes, with a word for what was lost', async () => {
  const lying = await sharp({ create: { width: 40, height: 20, channels: 3, background: 'red' } })
    .withMetadata({ orientation: 6 })
    .jpeg()
    .toBuffer();
  const frames = await Promise.all([png(30), png(30, 'blue')]);
  const moving = await sharp(frames, { join: { animated: true } })
    .gif()
    .toBuffer();
  const fetch: GuardedFetch = (url) => Promise.resolve({ bytes: url.endsWith('/lying') ? lying : moving });
  const { pictures, warnings } = await loader(fetch)(links('lying', 'moving'), never);
  expect(pictures.map(({ contentType, width, height }) => [contentType, width, height])).toEqual([
    ['image/jpeg', 20, 40],
    ['image/png', 30, 10],
  ]);
  expect((await sharp(pictures[0]?.bytes).metadata()).orientation).toBeUndefined();
  expect(warnings).toEqual(['Input picture 2 is an animation; only its first frame was sent.']);
});

test('what was fetched is kept as it came, by its place, also where another link fails; what is stored already is not', async () => {
  const given = [...links(1, 'broken', 3), await createStoreInput({ store, inspect })(await png(30))];
  const told = new Map<number, Promise<TaskInput>>();
  const both = Promise.withResolvers<void>();
  const fetch: GuardedFetch = async (url, signal) => {
    if (!url.endsWith('/broken')) return fetchByWidth(url, signal);
    await both.promise;
    throw inputFailure('Gone.');
  };
  const loading = loader(fetch)(given, never, (index, kept) => {
    told.set(index, kept);
    if (told.size === 2) both.resolve();
  });
  expect(await messageOf(loading)).toBe('image_urls[1]: Gone.');
  expect(told.size).toBe(2);
  for (const [index, width] of [
    [0, 1],
    [2, 3],
  ] as const) {
    const details = await inspect(await png(width));
    const { sha256 } = details;
    const key = `inputs/${sha256.slice(0, 2)}/${sha256}`;
    expect(await told.get(index)).toEqual({ kind: 'stored', key, details });
    expect((await buffer(store.read(key))).equals(await png(width))).toBe(true);
  }
});

test('a store that can’t keep what was fetched takes nothing from the task', async () => {
  const full = { ...store, put: () => Promise.reject(new Error('ENOSPC')) };
  const told: Promise<TaskInput>[] = [];
  const load = createInputLoader({ fetch: fetchByWidth, store: full, inspect, prepare });
  const { pictures } = await load(links(7), never, (_, kept) => {
    told.push(kept);
    kept.catch(() => {});
  });
  expect(pictures).toMatchObject([{ width: 7 }]);
  await expect(told[0]).rejects.toThrow('ENOSPC');
});

test('when the task is aborted, loading ends with the reason', async () => {
  const controller = new AbortController();
  const reason = new Error('deadline');
  const fetch: GuardedFetch = (_, signal) => {
    controller.abort(reason);
    return Promise.reject(signal.reason as Error);
  };
  await expect(loader(fetch)(links(1), controller.signal)).rejects.toBe(reason);
  await expect(loader(fetch)(links(1), controller.signal)).rejects.toBe(reason);
});

test("a failure that is nobody's picture, such as a broken disk, passes as it is", async () => {
  const broken = { ...store, size: () => Promise.reject(new Error('EIO')) };
  const load = createInputLoader({
    fetch: fetchByWidth,
    store: broken,
    inspect,
    prepare,
    maxTotalBytes: 1000,
  });
  await expect(load([{ kind: 'stored', key: 'a' }], never, nobody)).rejects.toThrow(/^EIO$/);
});

test('a picture is stored once under its content hash, and what is no picture never', async () => {
  let puts = 0;
  const counting: PictureStore = {
    ...store,
    put: (key, bytes) => {
      puts += 1;
      return store.put(key, bytes);
    },
  };
  const keep = createStoreInput({ store: counting, inspect });
  const first = await keep(await png(10));
  const details = await inspect(await png(10));
  const { sha256 } = details;
  const key = `inputs/${sha256.slice(0, 2)}/${sha256}`;
  expect(first).toEqual({ kind: 'stored', key, details });
  expect(await keep(await png(10))).toEqual(first);
  expect(await keep(await png(11))).not.toEqual(first);
  expect(await store.size(key)).toBe((await png(10)).length);
  await expect(keep(Buffer.from('text'))).rejects.toBeInstanceOf(TaskError);
  expect(puts).toBe(2);
  expect((await readdir(directory)).toSorted()).toEqual(['inputs', 'tmp']);
});
