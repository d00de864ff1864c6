// Conformance suite of PictureStore, wherever one stores the bytes.

import { Buffer } from 'node:buffer';
import { buffer } from 'node:stream/consumers';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { PictureStore, StoredFile } from '../../core/pictures/picture-store.ts';

interface Harness {
  store: PictureStore;
  /** The store as the next process finds it. */
  reopen(): Promise<PictureStore>;
  setModifiedAt(key: string, at: Date): Promise<void>;
  close(): Promise<void>;
}

const bytes = Buffer.from('0123456789');
/** Listings of S3 round down to it. */
const clockStepMs = 1_000;

const listed = async (store: PictureStore, prefix: string): Promise<StoredFile[]> => {
  const found: StoredFile[] = [];
  for await (const file of store.list(prefix)) found.push(file);
  return found.toSorted((a, b) => (a.key < b.key ? -1 : 1));
};

const segment = fc.stringMatching(/^[A-Za-z0-9._-]{1,20}$/).filter((text) => text !== '.' && text !== '..');

/** `open` makes an empty store. */
export function testPictureStore(name: string, open: () => Promise<Harness>): void {
  describe(`the picture store on ${name}`, () => {
    let harness: Harness;
    let store: PictureStore;
    beforeEach(async () => {
      harness = await open();
      ({ store } = harness);
    });
    afterEach(() => harness.close());

    test('what was put can be read, whole or in part, also by the next process', async () => {
      await store.put('results/ab/one.png', bytes);
      const next = await harness.reopen();
      expect(await next.size('results/ab/one.png')).toBe(10);
      expect(await buffer(next.read('results/ab/one.png'))).toEqual(bytes);
      expect(await buffer(next.read('results/ab/one.png', { start: 2, end: 4 }))).toEqual(Buffer.from('234'));
    });

    test('every key and every range of it gives back the bytes that were put', async () => {
      const picture = fc.uint8Array({ minLength: 1, maxLength: 5_000 });
      const segments = fc.array(segment, { minLength: 1, maxLength: 4 });
      let run = 0;
      await fc.assert(
        fc.asyncProperty(segments, picture, fc.nat(), fc.nat(), async (names, content, one, other) => {
          run += 1;
          const key = ['k', run, ...names].join('/');
          const [start = 0, end = 0] = [one % content.length, other % content.length].toSorted(
            (a, b) => a - b,
          );
          await store.put(key, content);
          expect(await store.size(key)).toBe(content.length);
          const part = await buffer(store.read(key, { start, end }));
          expect(part.equals(content.subarray(start, end + 1))).toBe(true);
          expect((await listed(store, `k/${run}/`)).map((file) => file.key)).toEqual([key]);
        }),
        { numRuns: 60 },
      );
    });

    test('a picture of no bytes is a picture', async () => {
      await store.put('a/empty', new Uint8Array());
      expect(await store.size('a/empty')).toBe(0);
      expect(await buffer(store.read('a/empty'))).toHaveLength(0);
    });

    test('where there is none, each call says so in its way', async () => {
      await store.put('a/b', bytes);
      for (const key of ['a', 'a/c', 'a/b/c', 'z/z']) {
        expect(await store.size(key)).toBeNull();
        expect(await store.touch(key)).toBe(false);
        await store.delete(key);
        await expect(buffer(store.read(key))).rejects.toThrow(/NoSuchKey|ENOENT|ENOTDIR|EISDIR/);
      }
      expect(await store.size('a/b')).toBe(10);
    });

    test('writers of one key never mix: one of them is there, whole', async () => {
      const versions = Array.from({ length: 8 }, (_, index) => Buffer.alloc(100_000, index));
      await Promise.all(versions.map((version) => store.put('a/b', version)));
      const found = await buffer(store.read('a/b'));
      expect(versions.some((version) => version.equals(found))).toBe(true);
      await store.put('a/b', bytes);
      expect(await buffer(store.read('a/b'))).toEqual(bytes);
    });

    test('a reader that stops early leaves the store as it was', async () => {
      await store.put('a/b', Buffer.alloc(2_000_000, 1));
      const stream = store.read('a/b');
      for await (const chunk of stream) {
        expect(chunk).toBeInstanceOf(Buffer);
        break;
      }
      expect(stream.destroyed).toBe(true);
      store.read('a/b').destroy();
      expect((await buffer(store.read('a/b'))).length).toBe(2_000_000);
    });

    test('a deleted picture is gone, and only that one', async () => {
      await store.put('a/b', bytes);
      await store.put('a/c', bytes);
      await store.delete('a/b');
      await store.delete('a/b');
      expect(await store.size('a/b')).toBeNull();
      expect((await listed(store, 'a/')).map(({ key }) => key)).toEqual(['a/c']);
      await store.put('a/b', bytes);
      expect(await store.size('a/b')).toBe(10);
    });

    test('a listing has every key below its prefix, with size and time, and no other', async () => {
      const before = Date.now();
      const keys = ['results/ab/1.png', 'results/ab/2.png', 'results/cd/3.png'];
      for (const key of [...keys, 'inputs/ab/1', 'resultsx/1', 'results-x']) await store.put(key, bytes);
      const found = await listed(store, 'results/');
      expect(found.map(({ key }) => key)).toEqual(keys);
      for (const file of found) {
        expect(file.bytes).toBe(10);
        expect(file.modifiedAt).toBeGreaterThan(before - clockStepMs);
        expect(file.modifiedAt).toBeLessThanOrEqual(Date.now());
      }
      expect(await listed(store, 'results/ab/')).toHaveLength(2);
      expect(await listed(store, '')).toHaveLength(6);
      expect(await listed(store, 'none/')).toEqual([]);
    });

    test('while a listing goes on, others may write and delete', async () => {
      const keys = Array.from({ length: 12 }, (_, index) => `a/${index % 3}/${index}`);
      for (const key of keys) await store.put(key, bytes);
      const seen = new Set<string>();
      for await (const { key } of store.list('a/')) {
        if (seen.size === 0) for (const each of keys) if (each.startsWith('a/1/')) await store.delete(each);
        await store.put(`a/2/new-${seen.size}`, bytes);
        seen.add(key);
      }
      const stayed = keys.filter((key) => !key.startsWith('a/1/'));
      expect(stayed.filter((key) => !seen.has(key))).toEqual([]);
    });

    test('a touched picture counts as new and is the same', async () => {
      await store.put('a/b', bytes);
      await harness.setModifiedAt('a/b', new Date(1_700_000_000_000));
      expect(await listed(store, 'a/')).toEqual([{ key: 'a/b', bytes: 10, modifiedAt: 1_700_000_000_000 }]);
      const before = Date.now();
      expect(await store.touch('a/b')).toBe(true);
      const [file] = await listed(store, 'a/');
      expect(file?.modifiedAt).toBeGreaterThan(before - clockStepMs);
      expect(await buffer(store.read('a/b'))).toEqual(bytes);
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
      await expect(store.put(key, bytes)).rejects.toThrow(TypeError);
      await expect(store.size(key)).rejects.toThrow(TypeError);
      await expect(store.delete(key)).rejects.toThrow(TypeError);
      await expect(store.touch(key)).rejects.toThrow(TypeError);
      expect(() => store.read(key)).toThrow(TypeError);
    });

    test.each(['a', '/', '../', 'a//', 'tmp/', './'])('the prefix %j is a bug and throws', async (prefix) => {
      await expect(listed(store, prefix)).rejects.toThrow(TypeError);
    });
  });
}
