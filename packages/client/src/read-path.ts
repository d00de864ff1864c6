// The bytes of a file by its path, where there is a file system. The package's import map has no-paths.ts in its place for browsers.

import { readFile, stat } from 'node:fs/promises';

/** Throws the system's own error, the signal's reason, and what `tooLarge` gives for a file of more than `most` bytes. */
export async function readPath(
  path: string | URL,
  { most, tooLarge, signal }: { most: number; tooLarge: () => Error; signal: AbortSignal | undefined },
): Promise<Uint8Array<ArrayBuffer>> {
  if ((await stat(path)).size > most) throw tooLarge();
  return new Uint8Array(await readFile(path, { signal }));
}
