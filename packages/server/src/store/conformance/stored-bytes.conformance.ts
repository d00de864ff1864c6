// Bytes of pictures and files, summed for limits.

import { describe, expect } from 'vitest';
import { apiKey } from '../../core/keys/api-key.fixture.ts';
import type { TaskResult } from '../../core/tasks/task.ts';
import { newTaskId } from '../../lib/ids.ts';
import type { Store } from '../store.ts';
import { newTask, type OpenStore, start, storeTest, succeeded } from './store.fixture.ts';

const picture = (bytes: number) => ({
  key: `results/${newTaskId()}`,
  fileName: 'output.png',
  width: 1,
  height: 1,
  content_type: 'image/png',
  bytes,
  sha256: '',
});
const resultOf = (...bytes: number[]): TaskResult => ({
  pictures: bytes.map(picture),
  description: 'done \u0000',
  warnings: [],
});

/** Stores a task of the key that ended with pictures of these sizes. */
export async function storePictures(store: Store, keyId: string, ...bytes: number[]): Promise<string> {
  const task = newTask({ keyId });
  await store.insert([task]);
  const end = {
    ...succeeded(start + 1),
    outcome: { state: 'succeeded' as const, result: resultOf(...bytes) },
  };
  expect(await store.finishIfPending(task.id, end)).toBe(true);
  return task.id;
}

const upload = (store: Store, keyId: string, bytes: number, expiresAt: number) =>
  store.insertFile({ ...picture(bytes), id: newTaskId(), keyId, createdAt: start, expiresAt });

export function testStoredBytes(name: string, open: OpenStore): void {
  const test = storeTest(open);
  const ofKey = (store: Store, id: string) => store.storedBytes({ kind: 'key', id }, start + 10);
  const ofOwner = (store: Store, id: string) => store.storedBytes({ kind: 'owner', id }, start + 10);

  describe(`stored bytes on ${name}`, () => {
    test('are those of all pictures and files of a key, and of all keys of an owner', async ({ store }) => {
      for (const [index, ownerId] of ['own_1', 'own_1', 'own_2', null].entries())
        await store.insertKey(apiKey({ id: `key_${index}`, ownerId }), Buffer.alloc(32, index));
      expect(await ofKey(store, 'key_0')).toBe(0);
      await storePictures(store, 'key_0', 1, 20);
      await storePictures(store, 'key_0');
      await storePictures(store, 'key_0', 300);
      await storePictures(store, 'key_1', 4_000);
      await upload(store, 'key_1', 50_000, start + 11);
      await upload(store, 'key_1', 9, start + 10);
      await storePictures(store, 'key_3', 7);
      expect(await Promise.all([0, 1, 2, 3].map((number) => ofKey(store, `key_${number}`)))).toEqual([
        321, 54_000, 0, 7,
      ]);
      expect([await ofOwner(store, 'own_1'), await ofOwner(store, 'own_2')]).toEqual([54_321, 0]);
    });

    test('go with the pictures, the task or the file', async ({ store }) => {
      const [first, second] = [
        await storePictures(store, 'key_1', 1),
        await storePictures(store, 'key_1', 20),
      ];
      expect(await ofKey(store, 'key_1')).toBe(21);
      await store.markPicturesDeleted([first], start + 5);
      expect(await ofKey(store, 'key_1')).toBe(20);
      await store.deleteIfFinal(second, 'key_1', start + 6);
      expect(await ofKey(store, 'key_1')).toBe(0);
      const file = { ...picture(300), id: newTaskId(), keyId: 'key_1', createdAt: start };
      await store.insertFile({ ...file, expiresAt: start + 90 });
      await upload(store, 'key_1', 4_000, start + 8);
      await upload(store, 'key_1', 50_000, start + 90);
      expect(await ofKey(store, 'key_1')).toBe(50_300);
      await store.deleteExpiredFiles(start + 9);
      await store.deleteFile(file.id, 'key_1');
      expect(await ofKey(store, 'key_1')).toBe(50_000);
      const last = await storePictures(store, 'key_1', 6);
      await store.markPicturesDeleted([last], start + 5);
      await store.deleteFinished({ finishedBy: start + 9, at: start + 9, limit: 9 });
      expect(await ofKey(store, 'key_1')).toBe(50_000);
    });
  });
}
