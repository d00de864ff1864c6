// Makes a backup of an installation while its server works: first the database as it is at one moment, then the secrets of links, then the
// pictures, so that every picture that the database names is a file by then. The manifest is last. The backup has the form of a data directory.

import {
  createReadStream,
  existsSync,
  mkdirSync,
  readdirSync,
  realpathSync,
  rmSync,
  statSync,
} from 'node:fs';
import { basename, dirname, join, resolve, sep } from 'node:path';
import type { Config } from '../../config/settings.ts';
import { StartRefusedError } from '../../core/errors.ts';
import { createDiskPictureReads } from '../../pictures/stores/disk.ts';
import { secretFiles } from '../../pictures/stores/signing.ts';
import { renditionsFolder } from '../../pictures/renditions.ts';
import { type BackupWriter, createBackupWriter } from '../../store/backup/backup-writer.ts';
import type { Manifest } from '../../store/backup/manifest.ts';
import { copyDatabase, copyFault, type PagesCopied } from '../../store/sqlite/copy-database.ts';
import { databaseName } from '../../store/sqlite/database-file.ts';
import { type Folders, foldersOf, picturesFolder } from './folders.ts';

export interface SavedPictures {
  pictures: number;
  bytes: number;
}

export interface BackupListener {
  signal: AbortSignal;
  onPages: (copied: PagesCopied) => void;
  /** Called when all records are copied, before any picture is. */
  onRecords: (records: Manifest['records']) => void;
  onPictures: (saved: SavedPictures) => void;
}

export interface Backup {
  manifest: Manifest;
  /** Number of pictures that were deleted while the backup was made, and so are not in it. */
  gone: number;
}

interface Wanted extends BackupListener {
  version: string;
  withoutPictures: boolean;
}

/** Pictures that are copied at once. */
const atOnce = 4;

/**
 * Backs up into `folder`, which must be missing or empty; where that fails, it is left as it was. Throws `StartRefusedError` where
 * there is nothing to back up, or no place for it; rejects with the signal's reason.
 */
export async function makeBackup(config: Config, folder: string, wanted: Wanted): Promise<Backup> {
  const { records, pictures } = foldersOf(config);
  const parts = { records, pictures: wanted.withoutPictures ? null : pictures };
  if (parts.records === null && parts.pictures === null)
    throw new StartRefusedError(
      'There is nothing here that this command could copy: no records, since they lie in PostgreSQL, and no pictures either.',
    );
  const target = resolve(folder);
  refuseWithin(target, parts);
  const clear = makeTarget(target);
  try {
    return await copyAll(target, parts, wanted);
  } catch (error) {
    clear();
    wanted.signal.throwIfAborted();
    const reason = writeFault(error);
    throw reason === undefined
      ? error
      : new StartRefusedError(
          `${target} can’t take the backup: ${reason}. Nothing is left of it; mend that, or choose another folder.`,
          { cause: error },
        );
  }
}

/** Reasons for which nothing more can be written, by the codes of Node and the faults of a copy of the database. */
const writeFaults: Readonly<Record<string, string>> = {
  ENOSPC: 'its disk is full',
  full: 'its disk is full',
  EDQUOT: 'this user’s share of its disk is used up',
  EFBIG: 'a file of it is larger than its disk or this process may have',
  refused: 'its disk fails, or this user’s share of it is used up',
};

/** Reason why what was to be written was not; `undefined` for other errors. Nothing is written but the backup. */
function writeFault(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return writeFaults[copyFault(error) ?? code];
}

function refuseWithin(target: string, parts: Folders): void {
  for (const source of Object.values(parts))
    if (source !== null && `${realPath(target)}${sep}`.startsWith(`${realPath(source)}${sep}`))
      throw new StartRefusedError(
        `${target} lies within ${source}, which is backed up. Choose a place beside it, or better on another disk.`,
      );
}

/** Path without links, of which the last steps may be missing. */
function realPath(path: string): string {
  if (existsSync(path)) return realpathSync(path);
  const above = dirname(path);
  return above === path ? path : join(realPath(above), basename(path));
}

/** Makes the folder, unless it is there and empty; gives what takes away all that was put into it. */
function makeTarget(target: string): () => void {
  const found = statSync(target, { throwIfNoEntry: false });
  if (found === undefined) {
    mkdirSync(target, { recursive: true, mode: 0o700 });
    return () => rmSync(target, { recursive: true, force: true });
  }
  if (!found.isDirectory() || readdirSync(target).length > 0)
    throw new StartRefusedError(`${target} is not an empty folder. Choose a new one for each backup.`);
  if (process.platform !== 'win32' && (found.mode & 0o077) !== 0)
    throw new StartRefusedError(
      `Other users can read ${target}, and a backup has all prompts and pictures: chmod 700 '${target}'`,
    );
  return () => {
    for (const name of readdirSync(target)) rmSync(join(target, name), { recursive: true, force: true });
  };
}

async function copyAll(target: string, { records, pictures }: Folders, wanted: Wanted): Promise<Backup> {
  const madeAt = new Date().toISOString();
  const writer = await createBackupWriter(target, wanted.signal);
  try {
    const copied = records === null ? null : await copyRecords(records, target, writer, wanted);
    wanted.onRecords(copied);
    const saved = pictures === null ? null : await copyPictures(pictures, writer, wanted);
    wanted.signal.throwIfAborted();
    const manifest = await writer.finish({
      plantain: wanted.version,
      made_at: madeAt,
      records: copied,
      pictures: saved === null ? null : { count: saved.pictures, bytes: saved.bytes },
    });
    return { manifest, gone: saved?.gone ?? 0 };
  } finally {
    await writer.close();
  }
}

/** Copies the database and the secrets of links. */
async function copyRecords(
  directory: string,
  target: string,
  writer: BackupWriter,
  { signal, onPages }: BackupListener,
): Promise<Manifest['records']> {
  const to = join(target, databaseName);
  const { schema, tasks, openTasks, keys } = await copyDatabase(directory, to, {
    signal,
    onProgress: onPages,
  });
  await writer.addWritten(databaseName);
  for (const name of secretFiles) {
    const file = join(directory, name);
    if (existsSync(file)) await writer.add(name, () => createReadStream(file));
  }
  return { schema, tasks, open_tasks: openTasks, keys };
}

async function copyPictures(
  directory: string,
  writer: BackupWriter,
  { signal, onPictures }: BackupListener,
): Promise<SavedPictures & { gone: number }> {
  const source = createDiskPictureReads(directory);
  const files = source.list('');
  const saved = { pictures: 0, bytes: 0, gone: 0 };

  // One that fails ends the list, which leaving the loop closes, so that the others end with their files.
  async function copyNext(): Promise<void> {
    for await (const { key } of { [Symbol.asyncIterator]: () => files[Symbol.asyncIterator]() }) {
      signal.throwIfAborted();
      // Made anew where somebody asks for them.
      if (key.startsWith(`${renditionsFolder}/`)) continue;
      try {
        const bytes = await writer.add(`${picturesFolder}/${key}`, () => source.read(key));
        saved.bytes += bytes;
        saved.pictures += 1;
        onPictures(saved);
      } catch (error) {
        if (!isMissing(error, join(directory, key))) throw error;
        saved.gone += 1;
      }
    }
  }
  // All have ended before somebody removes what they wrote.
  const ended = await Promise.allSettled(Array.from({ length: atOnce }, copyNext));
  for (const each of ended) if (each.status === 'rejected') throw each.reason;
  return saved;
}

function isMissing(error: unknown, file: string): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    error.code === 'ENOENT' &&
    'path' in error &&
    error.path === file
  );
}
