// Room where records and pictures are stored, and the bucket where there is one.

import { existsSync, readdirSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Config } from '../../config/settings.ts';
import { uploadsFolder } from '../../core/pictures/file-store.ts';
import { inputsFolder, resultsFolder } from '../../core/pictures/picture-folders.ts';
import { createSystemClock } from '../../lib/clock.ts';
import { renditionsFolder } from '../../pictures/renditions.ts';
import { temporaryFolder } from '../../pictures/stores/store-key.ts';
import { foldersInUse, openPictures } from '../storage.ts';
import { advice, fault, fine, type Finding } from './finding.ts';
import { isFolder, mayUse } from './rights.ts';

/** Throws `StartRefusedError` where a bucket can't be used. */
export async function checkDisk(config: Config, may = mayUse): Promise<Finding[]> {
  const found: Finding[] = [];
  for (const folder of foldersInUse(config))
    found.push(await checkFolder(resolve(folder), config.min_free_disk_bytes));
  if (config.picture_store === 'shared' && !existsSync(config.pictures_dir ?? ''))
    found.push(
      fault(
        'disk',
        `the folder of the pictures, ${config.pictures_dir}, is not there`,
        'Mount it, or make it where this is the first server (PLANTAIN_PICTURES_DIR).',
      ),
    );
  found.push(...checkPictureFolders(config, may));
  if (config.picture_store === 's3') {
    await using lifetime = new AsyncDisposableStack();
    await openPictures(config, lifetime, createSystemClock());
    found.push(fine('disk', `the bucket ${config.s3_bucket ?? ''} takes, lists and deletes pictures`));
  }
  return found;
}

/** Folders that pictures are written into, as far as they are there; each is made when it is needed first. */
function checkPictureFolders(
  { picture_store: kind, data_dir: data, pictures_dir: shared }: Config,
  may: (path: string) => boolean,
): Finding[] {
  if (kind === 's3') return [];
  const root = resolve(kind === 'shared' ? (shared ?? '') : join(data, 'pictures'));
  const folders = ['', temporaryFolder, ...pictureFolders].map((name) => join(root, name));
  const wrong =
    folders.find((folder) => existsSync(folder) && (!isFolder(folder) || !may(folder))) ??
    pictureFolders.flatMap((name) => foldersIn(join(root, name))).find((folder) => !may(folder));
  if (wrong === undefined) return [];
  return [
    isFolder(wrong)
      ? fault(
          'disk',
          `this user may not write ${wrong}, where pictures lie`,
          'Run this as the user of the server, or give the folder with all in it to that user (chown -R).',
        )
      : fault('disk', `${wrong} is a file, where a folder of pictures should be`, 'Move it away.'),
  ];
}

const pictureFolders = [inputsFolder, uploadsFolder, resultsFolder, renditionsFolder];
/** Folders in a folder of pictures that are looked at: keys have two characters there, so that more are none of the server's. */
const maxWithin = 2_000;

/** Folders in one that may be used, if it is there. A command that ran as another user leaves some of its own here. */
function foldersIn(folder: string): string[] {
  if (!isFolder(folder)) return [];
  const entries = readdirSync(folder, { withFileTypes: true }).slice(0, maxWithin);
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(folder, name));
}

async function checkFolder(folder: string, minFreeBytes: number): Promise<Finding> {
  let there = folder;
  while (!existsSync(there)) there = dirname(there);
  const { bavail, blocks, bsize, files, ffree } = await statfs(there);
  const free = bavail * bsize;
  const says = `${inMebibytes(free)} of ${inMebibytes(blocks * bsize)} MiB are free for ${folder}`;
  if (free < minFreeBytes)
    return fault(
      'disk',
      `${says}, less than min_free_disk_bytes (${inMebibytes(minFreeBytes)} MiB): submits are refused, and no task is taken`,
      'Make room, or keep pictures for a shorter time (PLANTAIN_PICTURE_LIFETIME_SECONDS).',
    );
  // Some file systems have no such number.
  if (files > 0 && ffree < 1_000)
    return fault(
      'disk',
      `${folder} has room for ${ffree} more files only (inodes)`,
      'Remove files, or choose a file system with more.',
    );
  return free < 4 * minFreeBytes
    ? advice(
        'disk',
        `${says}, and below ${inMebibytes(minFreeBytes)} MiB submits are refused`,
        'Make room soon.',
      )
    : fine('disk', says);
}

const inMebibytes = (bytes: number): string => Math.floor(bytes / 2 ** 20).toLocaleString('en');
