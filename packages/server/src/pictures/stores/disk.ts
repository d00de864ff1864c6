// The picture store on a directory: one file a key, and `tmp/` beside them for files that are being written. One process owns the
// directory, and removes at its start what it finds in `tmp/`; of a directory that several share, each has a folder in `tmp/`.
// Folders stay when their last file goes: keys have a few hundred of them in all, and a folder that is removed while a
// picture is moved into it would fail that write.

import { randomUUID } from 'node:crypto';
import { createReadStream, mkdirSync, readdirSync, rmSync, statSync, type Stats } from 'node:fs';
import { readdir, rm, stat, utimes } from 'node:fs/promises';
import path from 'node:path';
import type { PictureStore } from '../../core/pictures/picture-store.ts';
import { createDurableFiles } from '../../lib/durable-file.ts';
import { checkedKey, checkedPrefix, isKey, temporaryFolder } from './store-key.ts';

/** Reads pictures of a directory, in which nothing is made or removed: a server may be at work on it. */
export function createDiskPictureReads(directory: string): Pick<PictureStore, 'size' | 'read' | 'list'> {
  const root = path.resolve(directory);

  /** Lists the keys below a prefix. A file that no store has made, such as `lost+found`, is passed over. */
  async function* keysBelow(prefix: string): AsyncGenerator<string> {
    const entries = await orMissing(readdir(path.join(root, prefix), { withFileTypes: true }));
    for (const entry of entries ?? []) {
      const key = prefix + entry.name;
      if (!isKey(key)) continue;
      if (entry.isDirectory()) yield* keysBelow(`${key}/`);
      else if (entry.isFile()) yield key;
    }
  }

  return {
    size: async (key) => (await fileAt(root, key))?.size ?? null,
    read: (key, range) => createReadStream(pathOf(root, key), range),
    async *list(prefix) {
      for await (const key of keysBelow(checkedPrefix(prefix))) {
        const found = await fileAt(root, key);
        if (found !== null) yield { key, bytes: found.size, modifiedAt: Math.floor(found.mtimeMs) };
      }
    },
  };
}

/**
 * A store in `directory`, which is made where it is missing. File-system errors, such as a full disk, propagate as
 * they are.
 */
export function createDiskPictureStore({
  directory,
  isShared = false,
}: {
  directory: string;
  isShared?: boolean;
}): PictureStore {
  const root = path.resolve(directory);
  const temporaryRoot = isShared ? ownTemporaryFolder(root) : path.join(root, temporaryFolder);
  rmSync(temporaryRoot, { recursive: true, force: true });
  mkdirSync(temporaryRoot, { recursive: true, mode: 0o700 });
  const files = createDurableFiles(root);
  let written = 0;

  return {
    ...createDiskPictureReads(root),
    async put(key, bytes) {
      written += 1;
      const temporary = path.join(temporaryRoot, String(written));
      await files.write(pathOf(root, key), bytes, temporary);
    },
    async delete(key) {
      if ((await fileAt(root, key)) !== null) await rm(pathOf(root, key), { force: true });
    },
    async touch(key) {
      if ((await fileAt(root, key)) === null) return false;
      // The machine's time, as the file system takes it for every write.
      const now = new Date();
      return (await orMissing(utimes(pathOf(root, key), now, now).then(() => true))) ?? false;
    },
  };
}

const pathOf = (root: string, key: string): string => path.join(root, checkedKey(key));

async function fileAt(root: string, key: string): Promise<Stats | null> {
  const found = await orMissing(stat(pathOf(root, key)));
  return found?.isFile() === true ? found : null;
}

/** No write takes as long. */
const leftOverMs = 24 * 3_600_000;

/** Path of a new folder for what this process writes, beside those of others. Removes those that processes have left behind. */
function ownTemporaryFolder(root: string): string {
  const parent = path.join(root, temporaryFolder);
  mkdirSync(parent, { recursive: true, mode: 0o700 });
  for (const name of readdirSync(parent)) {
    const folder = path.join(parent, name);
    const writtenAt = statSync(folder, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
    if (Date.now() - writtenAt > leftOverMs) rmSync(folder, { recursive: true, force: true });
  }
  return path.join(parent, randomUUID());
}

/** `null` where the file system says that there is none. `ENOTDIR`: a part of the path is a file, so nothing is below it. */
async function orMissing<T>(found: Promise<T>): Promise<T | null> {
  try {
    return await found;
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR'))
      return null;
    throw error;
  }
}
