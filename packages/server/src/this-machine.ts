// Facts about the machine for the operator: the disk under the data directory, and the process.

import { statSync } from 'node:fs';
import { stat, statfs } from 'node:fs/promises';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import type { OverviewDisk } from '@plantain/client';
import type { Config } from './config/settings.ts';
import type { Emit } from './core/events.ts';
import type { Node } from './core/nodes/nodes.ts';
import { databaseFile } from './store/sqlite/database-file.ts';

export async function freeBytes(directory: string): Promise<number> {
  const { bavail, bsize } = await statfs(directory);
  return bavail * bsize;
}

/** Warns where other users of the machine can read the data directory, which holds prompts, pictures and hashes of keys. */
export function warnOfReaders(directory: string, emit: Emit): void {
  const mode = statSync(directory).mode & 0o777;
  // The mode says nothing about rights on Windows.
  if (process.platform === 'win32' || (mode & 0o077) === 0) return;
  const path = resolve(directory);
  emit('data_readable', { directory: path, mode: mode.toString(8), mend: `chmod 700 '${path}'` });
}

/** Size of the embedded database. */
export async function databaseFileBytes(directory: string): Promise<number> {
  const file = databaseFile(directory);
  // The write-ahead log does not exist while nobody writes.
  const sizes = [file, `${file}-wal`].map((name) =>
    stat(name).then(
      ({ size }) => size,
      () => 0,
    ),
  );
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

/** Looks at the disk of `folder`. */
export async function lookAtDisk(
  config: Config,
  { folder, databaseBytes }: { folder: string; databaseBytes: () => Promise<number> },
): Promise<OverviewDisk> {
  const { bavail, blocks, bsize } = await statfs(folder);
  return {
    free_bytes: bavail * bsize,
    total_bytes: blocks * bsize,
    min_free_bytes: config.min_free_disk_bytes,
    database_bytes: await databaseBytes(),
    picture_store: config.picture_store,
  };
}

/** Describes this process as one of the nodes. */
export function describeProcess(): Pick<
  Node,
  'host' | 'pid' | 'nodeVersion' | 'memoryBytes' | 'heapUsedBytes'
> {
  const { rss, heapUsed } = process.memoryUsage();
  return {
    host: hostname(),
    pid: process.pid,
    nodeVersion: process.versions.node,
    memoryBytes: rss,
    heapUsedBytes: heapUsed,
  };
}
