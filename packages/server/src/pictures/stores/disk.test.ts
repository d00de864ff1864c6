import { Buffer } from 'node:buffer';
import { mkdir, mkdtemp, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import * as fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createDiskPictureStore } from './disk.ts';
import { testPictureStore } from './picture-store.conformance.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'plantain-disk-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const bytes = Buffer.from('0123456789');

testPictureStore('disk', async () => ({
  store: createDiskPictureStore({ directory }),
  reopen: async () => createDiskPictureStore({ directory }),
  setModifiedAt: (key, at) => utimes(path.join(directory, key), at, at),
  close: async () => undefined,
}));

test('a directory that does not exist yet is made', async () => {
  const store = createDiskPictureStore({ directory: path.join(directory, 'a', 'b') });
  await store.put('c', bytes);
  expect(await store.size('c')).toBe(10);
});

test.each(['.', 'tmp', 'results', 'results/ab'])(
  'folders that were removed while the store is open are made again, for this user only: %s',
  async (gone) => {
    const root = path.join(directory, 'pictures');
    const store = createDiskPictureStore({ directory: root });
    await store.put('results/ab/1.png', bytes);
    await rm(path.join(root, gone), { recursive: true });
    await store.put('results/ab/2.png', bytes);
    expect(await buffer(store.read('results/ab/2.png'))).toEqual(bytes);
    expect(await readdir(path.join(root, 'tmp'))).toEqual([]);
    for (const folder of ['', 'tmp', 'results', 'results/ab'])
      expect((await stat(path.join(root, folder))).mode & 0o777).toBe(0o700);
  },
);

test.each(['', 'tmp', 'results', 'results/ab'])(
  'where a file has taken the place of a folder a write fails, and works again once that is mended: /%s',
  async (taken) => {
    const root = path.join(directory, 'pictures');
    const store = createDiskPictureStore({ directory: root });
    await mkdir(path.join(root, 'results', 'ab'), { recursive: true });
    await rm(path.join(root, taken), { recursive: true });
    await writeFile(path.join(root, taken), '');
    await expect(store.put('results/ab/1.png', bytes)).rejects.toMatchObject({
      code: expect.stringMatching(/^(?:EEXIST|ENOTDIR)$/),
    });
    await rm(path.join(root, taken));
    await store.put('results/ab/1.png', bytes);
    expect(await store.size('results/ab/1.png')).toBe(10);
  },
);

test('a write that fails says why and leaves nothing behind', async () => {
  const store = createDiskPictureStore({ directory });
  await store.put('a', bytes);
  await expect(store.put('a/b', bytes)).rejects.toMatchObject({ code: 'EEXIST' });
  await mkdir(path.join(directory, 'folder', 'in'), { recursive: true });
  await expect(store.put('folder', bytes)).rejects.toMatchObject({ code: 'EISDIR' });
  expect(await readdir(path.join(directory, 'tmp'))).toEqual([]);
  expect(await buffer(store.read('a'))).toEqual(bytes);
});

test('half-written files of a process that died are removed at the start', async () => {
  await mkdir(path.join(directory, 'tmp'));
  await writeFile(path.join(directory, 'tmp', '17'), 'half');
  createDiskPictureStore({ directory });
  expect(await readdir(path.join(directory, 'tmp'))).toEqual([]);
});

test('of a directory that several share each process leaves alone what others are writing, and removes what is left over', async () => {
  const one = createDiskPictureStore({ directory, isShared: true });
  const [own = ''] = await readdir(path.join(directory, 'tmp'));
  await writeFile(path.join(directory, 'tmp', own, '17'), 'half');
  const leftOver = path.join(directory, 'tmp', 'left-over');
  await mkdir(leftOver);
  const twoDaysAgo = Date.now() / 1000 - 2 * 86_400;
  await utimes(leftOver, twoDaysAgo, twoDaysAgo);
  const other = createDiskPictureStore({ directory, isShared: true });
  expect(await readdir(path.join(directory, 'tmp', own))).toEqual(['17']);
  expect(await readdir(path.join(directory, 'tmp'))).not.toContain('left-over');
  await Promise.all([one.put('a/one', bytes), other.put('a/other', bytes)]);
  const keys: string[] = [];
  for await (const { key } of other.list('')) keys.push(key);
  expect(keys.toSorted()).toEqual(['a/one', 'a/other']);
});

test('a listing passes over what is being written and what no store has made', async () => {
  const store = createDiskPictureStore({ directory });
  await store.put('a/b', bytes);
  await writeFile(path.join(directory, 'tmp', '17'), 'half');
  await mkdir(path.join(directory, 'lost+found'));
  await writeFile(path.join(directory, 'lost+found', '1'), 'x');
  await writeFile(path.join(directory, 'a', 'two words'), 'x');
  const keys: string[] = [];
  for await (const { key } of store.list('')) keys.push(key);
  expect(keys).toEqual(['a/b']);
});

test('a folder is never taken for a picture', async () => {
  const store = createDiskPictureStore({ directory });
  await store.put('a/b/c', bytes);
  await store.delete('a/b');
  expect([await store.size('a/b'), await store.touch('a/b')]).toEqual([null, false]);
  expect(await store.size('a/b/c')).toBe(10);
});

test('no key leads out of the directory', async () => {
  const store = createDiskPictureStore({ directory: path.join(directory, 'inner') });
  await writeFile(path.join(directory, 'outside'), 'x');
  const segment = fc.oneof(fc.constantFrom('..', '.', '', 'outside', 'inner', '...'), fc.string());
  const key = fc.array(segment, { maxLength: 4 }).map((segments) => segments.join('/'));
  await fc.assert(
    fc.asyncProperty(key, async (text) => {
      const outcome = await store.size(text).catch((error: unknown) => error instanceof TypeError);
      expect([null, true]).toContain(outcome);
    }),
  );
});
