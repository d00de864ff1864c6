// The manifest of a backup, `backup.json`: what the backup has, and a checksum of the list of its files. It is written last, so a folder
// without it is a backup that was cut off.

import { open } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { StartRefusedError } from '../../core/errors.ts';
import { createDurableFiles } from '../../lib/durable-file.ts';

const manifestName = 'backup.json';
/** One written here has less than one KiB. */
const maxManifestBytes = 65_536;

const count = z.int().nonnegative();

const manifestShape = z.object({
  /** Raised when an older version could not restore the backup. */
  format: z.literal(1),
  plantain: z.string().max(100),
  made_at: z.iso.datetime(),
  /** Counts of the database; `null` where the records lie in PostgreSQL, and so are not part of the backup. */
  records: z.object({ schema: count, tasks: count, open_tasks: count, keys: count }).nullable(),
  /** `null` where pictures were left out. */
  pictures: z.object({ count, bytes: count }).nullable(),
  files: count,
  bytes: count,
  list_sha256: z.hash('sha256'),
});

/** `open_tasks` are those that waited or ran. Bytes are those of all files together, without the list and the manifest. */
export type Manifest = z.infer<typeof manifestShape>;

/** Writes the manifest, readable by its owner only. */
export async function writeManifest(folder: string, manifest: Manifest): Promise<void> {
  const target = join(folder, manifestName);
  const text = `${JSON.stringify(manifest, null, 2)}\n`;
  await createDurableFiles(folder).write(target, Buffer.from(text), `${target}.tmp`);
}

/** Reads the manifest of the backup in a folder. Throws `StartRefusedError` where there is none that can be used. */
export async function readManifest(folder: string): Promise<Manifest> {
  const text = await readBounded(join(folder, manifestName));
  if (text === null)
    throw new StartRefusedError(
      `${folder} has no whole backup: ${manifestName}, which is written last, is missing. Either the backup was cut off, or the folder is another.`,
    );
  const parsed = manifestShape.safeParse(parseJson(text));
  if (!parsed.success)
    throw new StartRefusedError(
      `${join(folder, manifestName)} can’t be read: it is damaged, or of another version of Plantain.`,
    );
  return parsed.data;
}

async function readBounded(file: string): Promise<string | null> {
  const handle = await open(file, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null;
    throw error;
  });
  if (handle === null) return null;
  try {
    const { buffer, bytesRead } = await handle.read({ buffer: Buffer.alloc(maxManifestBytes) });
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await handle.close();
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
