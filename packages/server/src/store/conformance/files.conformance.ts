// Files that users uploaded.

import { describe, expect } from 'vitest';
import type { UploadedFile } from '../../core/pictures/file-store.ts';
import { newTaskId } from '../../lib/ids.ts';
import { type OpenStore, start, storeTest } from './store.fixture.ts';

const fileOf = (change: Partial<UploadedFile> = {}): UploadedFile => ({
  id: newTaskId(),
  keyId: 'key_a',
  key: 'inputs/aa/picture',
  fileName: 'input.png',
  content_type: 'image/png',
  width: 2,
  height: 3,
  bytes: 5,
  sha256: 'x',
  createdAt: start,
  expiresAt: start + 1_000,
  ...change,
});

export function testFiles(name: string, open: OpenStore): void {
  const test = storeTest(open);
  describe(`an uploaded file on ${name}`, () => {
    test('is found until it expires, by whoever has its id', async ({ store }) => {
      const file = fileOf();
      await store.insertFile(file);
      expect(await store.findFile(file.id, file.expiresAt - 1)).toEqual(file);
      expect(await store.findFile(file.id, file.expiresAt)).toBeNull();
      expect(await store.findFile(newTaskId(), start)).toBeNull();
      // As `%00` in a path gives it.
      expect(await store.findFile('\0', start)).toBeNull();
    });

    test('stays as it is where another comes under its id', async ({ store }) => {
      const file = fileOf();
      expect(await store.insertFile(file)).toBe(true);
      expect(await store.insertFile(fileOf({ id: file.id, sha256: 'y' }))).toBe(false);
      expect(await store.findFile(file.id, start)).toEqual(file);
    });

    test('is listed for its key alone, the newest first, so many at once', async ({ store }) => {
      const files = [1, 2, 3].map((at) => fileOf({ createdAt: start + at }));
      for (const file of [...files, fileOf({ keyId: 'key_b' })]) await store.insertFile(file);
      const listed = (now: number, limit: number) => store.listFiles({ keyId: 'key_a', now, limit });
      expect(await listed(start, 9)).toEqual(files.toReversed());
      expect(await listed(start, 2)).toEqual(files.toReversed().slice(0, 2));
      expect(await listed(start + 1_000, 9)).toEqual([]);
    });

    test('of a purpose is found and listed by that purpose alone', async ({ store }) => {
      const [picture, document] = [fileOf(), fileOf({ fileName: '\0.jsonl' })];
      await store.insertFile(picture);
      await store.insertFile(document, 'batch');
      expect(await store.findFile(document.id, start)).toBeNull();
      expect(await store.findFile(document.id, start, 'other')).toBeNull();
      expect(await store.findFile(document.id, start, 'batch')).toEqual(document);
      expect(await store.findFile(picture.id, start, 'batch')).toBeNull();
      const query = { keyId: 'key_a', now: start, limit: 9 };
      expect(await store.listFiles(query)).toEqual([picture]);
      expect(await store.listFiles({ ...query, purpose: 'batch' })).toEqual([document]);
    });

    test('keeps its picture for as long as one file that has it has not expired', async ({ store }) => {
      await store.insertFile(fileOf({ key: 'inputs/aa', expiresAt: start + 10 }));
      await store.insertFile(fileOf({ key: 'inputs/aa', expiresAt: start + 20 }));
      expect(await store.isFileStored('inputs/aa', start + 19)).toBe(true);
      expect(await store.isFileStored('inputs/aa', start + 20)).toBe(false);
      expect(await store.isFileStored('inputs/bb', start)).toBe(false);
    });

    test('is deleted with all others of its key, whatever their purpose, so many at once', async ({
      store,
    }) => {
      const other = fileOf({ keyId: 'key_b' });
      await store.insertFile(other);
      await store.insertFile(fileOf());
      await store.insertFile(fileOf({ createdAt: start - 5, expiresAt: start }));
      const document = fileOf();
      await store.insertFile(document, 'batch');
      expect(await store.deleteFilesOfKey('key_a', 2)).toBe(2);
      expect(await store.deleteFilesOfKey('key_a', 2)).toBe(1);
      expect(await store.deleteFilesOfKey('key_a', 2)).toBe(0);
      expect(await store.findFile(document.id, start, 'batch')).toBeNull();
      expect(await store.findFile(other.id, start)).toEqual(other);
    });

    test('is deleted by its key alone, and when it has expired', async ({ store }) => {
      const [mine, old] = [fileOf(), fileOf({ expiresAt: start + 5 })];
      for (const file of [mine, old]) await store.insertFile(file);
      expect(await store.deleteFile(mine.id, 'key_b')).toBe(false);
      expect(await store.deleteFile('\0', 'key_a')).toBe(false);
      expect(await store.deleteExpiredFiles(start + 4)).toBe(0);
      expect(await store.deleteExpiredFiles(start + 5)).toBe(1);
      expect(await store.findFile(old.id, start)).toBeNull();
      expect(await store.deleteFile(mine.id, 'key_a')).toBe(true);
      expect(await store.deleteFile(mine.id, 'key_a')).toBe(false);
    });
  });
}
