// The picture store on a local directory: one file a key, and `tmp/` beside them for files that are being written.
// Only one process may own the directory: what it finds in `tmp/` at the start it takes for left over, and removes.

import { createReadStream, mkdirSync, rmSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { PictureStore } from '../core/picture-store.ts';
import { writeDurably } from '../lib/durable-file.ts';

const temporaryFolder = 'tmp';
const longestKey = 500;
const longestSegment = 200;

/**
 * A store in `directory`, which is made where it is missing. File-system errors, such as a full disk, propagate as
 * they are. A key that is not a plain relative path throws a `TypeError`: keys are made by this server, so it is a bug.
 */
export function createDiskPictureStore({ directory }: { directory: string }): PictureStore {
  const root = path.resolve(directory);
  const temporaryRoot = path.join(root, temporaryFolder);
  rmSync(temporaryRoot, { recursive: true, force: true });
  mkdirSync(temporaryRoot, { recursive: true });
  let written = 0;

  const pathOf = (key: string): string => path.join(root, checkedKey(key));

  return {
    async put(key, bytes) {
      written += 1;
      const temporary = path.join(temporaryRoot, String(written));
      await writeDurably(pathOf(key), bytes, { temporary, root });
    },
    async size(key) {
      const file = pathOf(key);
      try {
        const found = await stat(file);
        return found.isFile() ? found.size : null;
      } catch (error) {
        if (isMissing(error)) return null;
        throw error;
      }
    },
    read: (key, range) => createReadStream(pathOf(key), range),
  };
}

function checkedKey(key: string): string {
  const segments = key.split('/');
  const fine =
    key.length <= longestKey &&
    segments[0] !== temporaryFolder &&
    segments.every(
      (segment) =>
        /^[A-Za-z0-9._-]+$/.test(segment) &&
        segment.length <= longestSegment &&
        segment !== '.' &&
        segment !== '..',
    );
  if (!fine) throw new TypeError(`Not a key of the picture store: ${JSON.stringify(key.slice(0, 100))}`);
  return key;
}

/** `ENOTDIR`: a part of the path is a file, so nothing is below it. */
function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
}
