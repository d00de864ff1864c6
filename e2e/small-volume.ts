// A file system of a few megabytes that a test can fill. It is mounted in a namespace of its own, which needs no root where
// the kernel lets users have such, and it is gone with the process that holds it, however the test ends.

import { spawn, spawnSync } from 'node:child_process';
import { closeSync, fstatSync, ftruncateSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { temporaryDirectory } from './server-process.ts';

const inNamespace = ['--user', '--map-root-user', '--mount'];

/** Whether this machine lets its user have one: Linux, util-linux, and user namespaces that are not forbidden. */
export function canMountVolumes(): boolean {
  return spawnSync('unshare', [...inNamespace, 'mount', '-t', 'tmpfs', 'tmpfs', '/tmp']).status === 0;
}

export interface SmallVolume {
  /** Where a process that is started through `launcher` sees it. */
  directory: string;
  launcher: readonly string[];
  /** Where this process sees it. */
  seenFromHere: string;
  /** Takes every byte that is left, but for so many. */
  fill(leftBytes?: number): void;
  /** Gives back what `fill` took. */
  makeRoom(): void;
}

export async function mountVolume(mebibytes: number): Promise<SmallVolume> {
  const directory = temporaryDirectory();
  const mount = `mount -t tmpfs -o size=${mebibytes}m tmpfs "$0" && echo mounted && exec cat`;
  const holder = spawn('unshare', [...inNamespace, 'sh', '-c', mount, directory], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const closed = new Promise<void>((resolve) => holder.once('close', () => resolve()));
  onTestFinished(async () => {
    holder.stdin.end();
    await closed;
  });
  await new Promise((resolve, reject) => {
    holder.stdout.once('data', resolve);
    void closed.then(() => reject(new Error('The volume could not be mounted.')));
  });
  const target = String(holder.pid);
  const seenFromHere = join('/proc', target, 'root', directory);
  const filler = join(seenFromHere, 'filler');
  return {
    directory,
    launcher: ['nsenter', '--user', '--preserve-credentials', '--mount', '--target', target, '--'],
    seenFromHere,
    fill(leftBytes = 0) {
      const file = openSync(filler, 'a');
      for (let size = 2 ** 20; size >= 1; size /= 2) while (tryWrite(file, size));
      ftruncateSync(file, fstatSync(file).size - leftBytes);
      closeSync(file);
    },
    makeRoom: () => rmSync(filler),
  };
}

/** False when there is no room for so much. */
function tryWrite(file: number, size: number): boolean {
  try {
    return writeSync(file, Buffer.alloc(size)) > 0;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOSPC') return false;
    throw error;
  }
}
