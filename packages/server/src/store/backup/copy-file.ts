// Copies one file into a backup or out of it, and finds its checksum on the way.

import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

export interface Hashed {
  bytes: number;
  /** In hex. */
  sha256: string;
}

/**
 * Writes what the stream of `from` gives into a new file, readable by its owner only, and makes the folders that are missing. When it resolves, the bytes
 * are on the disk. Rejects with what the stream or the file system fails with, and leaves no file then.
 */
export async function copyFile(from: () => Readable, to: string, signal: AbortSignal): Promise<Hashed> {
  await mkdir(dirname(to), { recursive: true, mode: 0o700 });
  try {
    return await hashOf(from(), signal, createWriteStream(to, { flags: 'wx', mode: 0o600, flush: true }));
  } catch (error) {
    const isOlder = error instanceof Error && 'code' in error && error.code === 'EEXIST';
    if (!isOlder) await rm(to, { force: true });
    throw error;
  }
}

/** Reads a stream to its end, and writes it on where there is somewhere to write to. */
export async function hashOf(
  from: Readable,
  signal: AbortSignal,
  to: Writable = new Writable({ write: (_chunk, _encoding, done) => done() }),
): Promise<Hashed> {
  const hash = createHash('sha256');
  let bytes = 0;
  await pipeline(
    from,
    async function* (chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        hash.update(chunk);
        bytes += chunk.length;
        yield chunk;
      }
    },
    to,
    { signal },
  );
  return { bytes, sha256: hash.digest('hex') };
}
