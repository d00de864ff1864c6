import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { createDiskPictureStore } from '../../pictures/stores/disk.ts';
import { copyPictures } from './copy-pictures.ts';

function openStore() {
  const directory = mkdtempSync(join(tmpdir(), 'plantain-pictures-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  return createDiskPictureStore({ directory });
}

const none = new AbortController().signal;

test('pictures are copied whole, and one that is there already is not copied again', async () => {
  const [source, target] = [openStore(), openStore()];
  const keys = Array.from({ length: 9 }, (_, index) => `results/${index}/a.png`);
  for (const [index, key] of keys.entries()) await source.put(key, Buffer.alloc(100 + index, index));
  await target.put('results/0/a.png', Buffer.alloc(100, 7));
  await target.put('results/1/a.png', Buffer.alloc(1));
  const copied = await copyPictures({ source, target, signal: none, onProgress: () => {} });
  expect(copied).toEqual({ pictures: 9, bytes: 936 });
  const found = await Promise.all(keys.map((key) => buffer(target.read(key))));
  expect(found.map((bytes) => [bytes.length, bytes[0]])).toEqual(
    keys.map((_, index) => [100 + index, index === 0 ? 7 : index]),
  );
});

test('a copy that is stopped goes on the next time', async () => {
  const [source, target] = [openStore(), openStore()];
  for (let index = 0; index < 30; index += 1) await source.put(`results/${index}.png`, Buffer.alloc(9));
  const stop = new AbortController();
  const stopped = copyPictures({
    source,
    target,
    signal: stop.signal,
    onProgress: ({ pictures }) => void (pictures === 5 && stop.abort()),
  });
  await expect(stopped).rejects.toThrow('aborted');
  const copied = await copyPictures({ source, target, signal: none, onProgress: () => {} });
  expect(copied.pictures).toBe(30);
});
