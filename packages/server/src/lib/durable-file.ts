// Writes files so that after a crash, or a power cut, a name holds either all of the new bytes or what it held before.
// Each step is a hop to another thread and back, which costs more than the work of small files, so there are as few as will do.

import { close, fsync, mkdir, open, rename, rm, writeFile } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

const call = {
  open: promisify(open),
  sync: promisify(fsync),
  close: promisify(close),
  write: promisify(writeFile),
  rename: promisify(rename),
  remove: promisify(rm),
  makeFolder: promisify(mkdir) as (
    folder: string,
    options: { recursive: true; mode: number },
  ) => Promise<string | undefined>,
};

export interface DurableFiles {
  /**
   * Writes `bytes` to `target`, a path below the root, readable by this user only. Folders that are missing are made, the root
   * included, which somebody may have removed. When the promise resolves, the file and the folders down to it from the root are on
   * the disk; when it rejects, `target` is as it was. `temporary` must be on the same file system and used by nobody else.
   * File-system errors propagate as they are.
   */
  write(target: string, bytes: Uint8Array, temporary: string): Promise<void>;
}

/** `syncFolder` resolves when the names in a folder are on the disk. */
export function createDurableFiles(directory: string, { syncFolder = syncNames } = {}): DurableFiles {
  const root = path.resolve(directory);
  // Folders whose own name is on the disk since this process looked: of the others, another write may have made them just now and
  // not have come to its sync yet. Replaced when a folder is made, lest a sync that began before says something of the new one.
  let durable: ReadonlySet<string> & { add(folder: string): void } = new Set([root]);

  async function makeFolder(folder: string): Promise<void> {
    const highest = await call.makeFolder(folder, { recursive: true, mode: 0o700 });
    if (highest === undefined) return;
    const made = path.resolve(highest);
    const kept = [...durable].filter((each) => !isWithin(each, made));
    durable = new Set(isWithin(root, made) ? [...kept, path.dirname(made)] : kept);
  }

  /** Does it again where a folder was missing, or was none, which `mkdir` then says. */
  async function inFolder(folder: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!isMissingFolder(error)) throw error;
      await makeFolder(folder);
      await work();
    }
  }

  async function syncDown(folder: string): Promise<void> {
    const known = durable;
    await syncFolder(folder);
    for (let each = folder; !known.has(each) && each !== path.dirname(each); each = path.dirname(each)) {
      await syncFolder(path.dirname(each));
      known.add(each);
    }
  }

  return {
    async write(target, bytes, temporary) {
      const folder = path.dirname(path.resolve(target));
      try {
        await inFolder(path.dirname(path.resolve(temporary)), () =>
          call.write(temporary, bytes, { mode: 0o600, flush: true }),
        );
        await inFolder(folder, () => call.rename(temporary, target));
      } catch (error) {
        await call.remove(temporary, { force: true }).catch(() => undefined);
        throw error;
      }
      await syncDown(folder);
    },
  };
}

function isWithin(folder: string, ancestor: string): boolean {
  return folder === ancestor || folder.startsWith(ancestor + path.sep);
}

function isMissingFolder(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
}

/** Resolves when the names in a folder are on the disk. */
export async function syncNames(folder: string): Promise<void> {
  // Windows can't open a folder, and keeps its names in a journal of its own.
  if (process.platform === 'win32') return;
  const handle = await call.open(folder, 'r');
  try {
    await call.sync(handle);
  } finally {
    await call.close(handle);
  }
}
