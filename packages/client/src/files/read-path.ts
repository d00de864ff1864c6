// Reads a file by its path, where there is a file system. For browsers, the package's import map has no-paths.ts in its place.

import { readFile, stat } from 'node:fs/promises';

/** Rejects with the system's own error, the signal's reason, or the error of `tooLarge` for a file of more than `maxBytes`. */
export async function readPath(
  path: string | URL,
  {
    maxBytes,
    tooLarge,
    signal,
  }: { maxBytes: number; tooLarge: () => Error; signal: AbortSignal | undefined },
): Promise<Uint8Array<ArrayBuffer>> {
  if ((await stat(path)).size > maxBytes) throw tooLarge();
  return new Uint8Array(await readFile(path, { signal }));
}
