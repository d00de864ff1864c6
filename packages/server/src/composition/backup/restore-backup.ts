// Restores a backup into the folders of the settings, which must be missing or empty. Files are copied into a folder within each, held to their
// checksums, and moved to their places when all are there, the database last: a server finds all of it or nothing.

import {
  chmodSync,
  createReadStream,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Config } from '../../config/settings.ts';
import { StartRefusedError } from '../../core/errors.ts';
import { syncNames } from '../../lib/durable-file.ts';
import { secretFiles } from '../../pictures/stores/signing.ts';
import { temporaryFolder } from '../../pictures/stores/store-key.ts';
import { copyFile } from '../../store/backup/copy-file.ts';
import { type ListedFile, readFileList } from '../../store/backup/file-list.ts';
import { type Manifest, readManifest } from '../../store/backup/manifest.ts';
import { databaseName, restoringFolder } from '../../store/sqlite/database-file.ts';
import { lockDirectory } from '../../store/sqlite/directory-lock.ts';
import { picturesFolder } from './folders.ts';
import { type Places, placesOf } from './restore-places.ts';

export interface RestoredFiles {
  files: number;
  of: number;
  bytes: number;
}

export interface RestoreListener {
  signal: AbortSignal;
  /** Called before anything is written, with the folders that will be. */
  onManifest: (manifest: Manifest, roots: readonly string[]) => void;
  onFiles: (restored: RestoredFiles) => void;
}

/** Files that are copied at once. */
const atOnce = 4;

/** Names of what a folder may have that is empty: a volume's own, what a server left that had nothing, and what a restore left that was cut off. */
const passedOver = new Set(['lost+found', 'owner.lock', 'owner.pid', temporaryFolder, restoringFolder]);

/** Names of what a restore moves to its place in a data directory. No server begins on one in which it has not ended, so they are all its own then. */
const moved = [databaseName, ...secretFiles, picturesFolder];

/**
 * Restores the backup in `folder`; gives its manifest. Throws `StartRefusedError` where the backup is not whole, was made by a newer version or does
 * not fit the settings, and where something is in its place. Nothing is left behind then.
 */
export async function restoreBackup(
  config: Config,
  folder: string,
  { withoutPictures, ...listener }: RestoreListener & { withoutPictures: boolean },
): Promise<Manifest> {
  const source = resolve(folder);
  const manifest = await readManifest(source);
  const places = placesOf(manifest, config, withoutPictures);
  const data = resolve(config.data_dir);
  for (const root of places.roots) refuseFilled(root, root === data ? moved : []);
  listener.onManifest(manifest, places.roots);
  await using undo = new AsyncDisposableStack();
  for (const root of places.roots) undo.defer(makeFolder(root));
  const lock = places.roots.includes(data) ? lockDirectory(data, 'Stop that one, and restore then.') : null;
  undo.defer(() => lock?.release());
  if (lock !== null && existsSync(join(data, restoringFolder)))
    for (const name of moved) rmSync(join(data, name), { recursive: true, force: true });
  for (const root of places.roots) {
    undo.defer(() => rmSync(join(root, restoringFolder), { recursive: true, force: true }));
    rmSync(join(root, restoringFolder), { recursive: true, force: true });
    mkdirSync(join(root, restoringFolder), { mode: 0o700 });
  }
  await copyFiles(source, manifest, places, listener);
  for (const root of places.roots)
    await moveUp(root, (path) => undo.defer(() => rmSync(path, { recursive: true })));
  // All is in its place: nothing is taken back.
  undo.move();
  lock?.release();
  if (manifest.records !== null) chmodSync(data, 0o700);
  return manifest;
}

/** Names that are `half` of a restore are there by right where one was cut off. */
function refuseFilled(root: string, half: readonly string[]): void {
  const found = statSync(root, { throwIfNoEntry: false });
  if (found === undefined) return;
  const names = found.isDirectory() ? readdirSync(root) : [root];
  const own = names.includes(restoringFolder) ? half : [];
  if (names.every((name) => passedOver.has(name) || own.includes(name))) return;
  throw new StartRefusedError(
    `${root} is not empty, and nothing is restored over anything. Move away what is there, or choose another folder in the settings.`,
  );
}

/** Makes a folder and those above it; gives what takes them away again. */
function makeFolder(root: string): () => void {
  const highest = mkdirSync(root, { recursive: true, mode: 0o700 });
  return () => {
    if (highest !== undefined) rmSync(highest, { recursive: true, force: true });
  };
}

async function copyFiles(
  source: string,
  manifest: Manifest,
  places: Places,
  { signal, onFiles }: RestoreListener,
): Promise<void> {
  const files = readFileList(source, manifest.list_sha256);
  const restored: RestoredFiles = { files: 0, of: manifest.files, bytes: 0 };
  const folders = new Set<string>();

  // One that fails ends the list, which leaving the loop closes, so that the others end with their files.
  async function copyNext(): Promise<void> {
    for await (const file of { [Symbol.asyncIterator]: () => files[Symbol.asyncIterator]() }) {
      signal.throwIfAborted();
      const place = places.placeOf(file.path);
      if (place !== null) {
        const to = join(place.root, restoringFolder, place.path);
        for (let each = dirname(to); each !== place.root; each = dirname(each)) folders.add(each);
        restored.bytes += await copyChecked(source, file, to, signal);
      }
      restored.files += 1;
      onFiles(restored);
    }
  }
  // All have ended before somebody removes what they wrote.
  const ended = await Promise.allSettled(Array.from({ length: atOnce }, copyNext));
  signal.throwIfAborted();
  for (const each of ended) if (each.status === 'rejected') throw each.reason;
  for (const each of folders) await syncNames(each);
}

async function copyChecked(
  source: string,
  { path, sha256 }: ListedFile,
  to: string,
  signal: AbortSignal,
): Promise<number> {
  const copied = await copyFile(() => createReadStream(join(source, path)), to, signal).catch(
    (error: unknown) => {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT')
        throw new StartRefusedError(`The backup is damaged: ${join(source, path)} is missing.`, {
          cause: error,
        });
      throw error;
    },
  );
  if (copied.sha256 !== sha256)
    throw new StartRefusedError(`The backup is damaged: ${join(source, path)} is not as it was written.`);
  return copied.bytes;
}

/** Moves what was restored to its place, the database last; tells each path before. */
async function moveUp(root: string, onMove: (path: string) => void): Promise<void> {
  const staged = join(root, restoringFolder);
  const names = readdirSync(staged).toSorted(
    (a, b) => Number(a === databaseName) - Number(b === databaseName),
  );
  for (const name of names) {
    renameSync(join(staged, name), join(root, name));
    onMove(join(root, name));
  }
  rmSync(staged, { recursive: true });
  await syncNames(root);
}
