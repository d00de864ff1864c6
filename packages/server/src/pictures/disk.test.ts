import { Buffer } from 'node:buffer';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import * as fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createDiskPictureStore } from './disk.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'plantain-disk-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const bytes = Buffer.from('0123456789');

test('what was put can be read, whole or in part, also by the next process', async () => {
  await createDiskPictureStore({ directory }).put('results/ab/one.png', bytes);
  const store = createDiskPictureStore({ directory });
  expect(await store.size('results/ab/one.png')).toBe(10);
  expect(await buffer(store.read('results/ab/one.png'))).toEqual(bytes);
  expect(await buffer(store.read('results/ab/one.png', { start: 2, end: 4 }))).toEqual(Buffer.from('234'));
});

test('a directory that does not exist yet is made', async () => {
  const store = createDiskPictureStore({ directory: path.join(directory, 'a', 'b') });
  await store.put('c', bytes);
  expect(await store.size('c')).toBe(10);
});

test('a key that has no picture has no size', async () => {
  const store = createDiskPictureStore({ directory });
  await store.put('a/b', bytes);
  expect([await store.size('a'), await store.size('a/c'), await store.size('a/b/c')]).toEqual([
    null,
    null,
    null,
  ]);
});

test('writers of one key never mix: one of them is there, whole', async () => {
  const store = createDiskPictureStore({ directory });
  const versions = Array.from({ length: 8 }, (_, index) => Buffer.alloc(100_000, index));
  await Promise.all(versions.map((version) => store.put('a/b', version)));
  const found = await buffer(store.read('a/b'));
  expect(versions.some((version) => version.equals(found))).toBe(true);
  await store.put('a/b', bytes);
  expect(await buffer(store.read('a/b'))).toEqual(bytes);
});

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

test.each([
  '',
  'a b',
  'a\0b',
  'a\n',
  'x'.repeat(201),
  ...'/ /etc/passwd .. . a/.. ../a a/../../b a//b a/ ./a a\\..\\b ä a%2e tmp tmp/1 C:/a'.split(' '),
  `${'x/'.repeat(300)}x`,
])('the key %j is a bug and throws', async (key) => {
  const store = createDiskPictureStore({ directory });
  await expect(store.put(key, bytes)).rejects.toThrow(TypeError);
  await expect(store.size(key)).rejects.toThrow(TypeError);
  expect(() => store.read(key)).toThrow(TypeError);
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
