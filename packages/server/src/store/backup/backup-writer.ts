// Writes the files of a backup, each with its line in the list, and at the end the manifest.

import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { syncNames } from '../../lib/durable-file.ts';
import { copyFile, hashOf } from './copy-file.ts';
import { createFileList } from './file-list.ts';
import { type Manifest, writeManifest } from './manifest.ts';

export interface BackupWriter {
  /** Writes a new file; gives its bytes. `path` is below the folder, with slashes. Rejects with what the stream fails with. */
  add(path: string, from: () => Readable): Promise<number>;
  /** Takes up a file that lies in the folder already. */
  addWritten(path: string): Promise<number>;
  /** Writes the list and the manifest, once all names are on the disk. */
  finish(about: Omit<Manifest, 'files' | 'bytes' | 'list_sha256' | 'format'>): Promise<Manifest>;
  close(): Promise<void>;
}

/** `folder` is there and empty. */
export async function createBackupWriter(folder: string, signal: AbortSignal): Promise<BackupWriter> {
  const list = await createFileList(folder);
  const folders = new Set([folder]);
  const total = { files: 0, bytes: 0 };

  function note(path: string, { sha256, bytes }: { sha256: string; bytes: number }): number {
    list.add({ sha256, path });
    const steps = path.split('/');
    for (let depth = 1; depth < steps.length; depth += 1) folders.add(join(folder, ...steps.slice(0, depth)));
    total.files += 1;
    total.bytes += bytes;
    return bytes;
  }

  return {
    add: async (path, from) => note(path, await copyFile(from, join(folder, path), signal)),
    addWritten: async (path) => note(path, await hashOf(createReadStream(join(folder, path)), signal)),
    async finish(about) {
      const sum = await list.end();
      for (const each of folders) await syncNames(each);
      const manifest: Manifest = { format: 1, ...about, ...total, list_sha256: sum };
      await writeManifest(folder, manifest);
      return manifest;
    },
    close: () => list.close(),
  };
}
