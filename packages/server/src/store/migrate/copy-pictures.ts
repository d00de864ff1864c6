// Copies pictures from one picture store to the other. Those that are there already, with all their bytes, are passed over: a copy that was
// broken off goes on where it was.

import { buffer } from 'node:stream/consumers';
import type { PictureStore, StoredFile } from '../../core/pictures/picture-store.ts';

/** Each is in memory as a whole. */
const atOnce = 4;

export interface CopiedPictures {
  pictures: number;
  bytes: number;
}

export async function copyPictures({
  source,
  target,
  signal,
  onProgress,
}: {
  source: PictureStore;
  target: PictureStore;
  signal: AbortSignal;
  onProgress: (copied: CopiedPictures) => void;
}): Promise<CopiedPictures> {
  const copied = { pictures: 0, bytes: 0 };
  const files = source.list('');

  async function copyNext(): Promise<void> {
    for await (const file of { [Symbol.asyncIterator]: () => files[Symbol.asyncIterator]() }) {
      signal.throwIfAborted();
      await copyOne(source, target, file);
      copied.pictures += 1;
      copied.bytes += file.bytes;
      onProgress(copied);
    }
  }
  await Promise.all(Array.from({ length: atOnce }, copyNext));
  return copied;
}

async function copyOne(
  source: PictureStore,
  target: PictureStore,
  { key, bytes }: StoredFile,
): Promise<void> {
  if ((await target.size(key)) === bytes) return;
  await target.put(key, await buffer(source.read(key)));
  const found = await target.size(key);
  if (found !== bytes)
    throw new Error(`The picture ${key} has ${bytes} bytes, and its copy ${found ?? 'none'}.`);
}
