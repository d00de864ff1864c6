// Opens what a server keeps: the lock on its data directory, the secrets of its links, the pictures and the store.

import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Config } from './config/settings.ts';
import type { PictureStore } from './core/pictures/picture-store.ts';
import type { Clock } from './lib/clock.ts';
import { createDiskPictureStore } from './pictures/stores/disk.ts';
import { createS3PictureStore } from './pictures/stores/s3.ts';
import { linkSecretFile, loadOrCreateSecrets } from './pictures/stores/signing.ts';
import { lockDirectory } from './store/sqlite/directory-lock.ts';
import { openSqliteStore } from './store/sqlite/sqlite-store.ts';

/**
 * The store comes last: its thread would keep alive a process that failed to start. Throws `StartRefusedError` when the
 * directory or the bucket can't be had.
 */
export async function openDataDirectory(
  config: Config,
  {
    changes,
    clock,
    onDeath,
    onDamage,
  }: Omit<Required<Parameters<typeof openSqliteStore>[0]>, 'directory'> & { clock: Clock },
) {
  const directory = config.data_dir;
  makeFolder(resolve(directory));
  const lock = lockDirectory(directory);
  try {
    const linkSecrets = await loadOrCreateSecrets(linkSecretFile(directory));
    const { pictureStore, closePictures } = await openPictures(config, clock);
    const store = openSqliteStore({ directory, changes, onDeath, onDamage });
    return { lock, linkSecrets, pictureStore, closePictures, store };
  } catch (error) {
    lock.release();
    throw error;
  }
}

/**
 * Node's own recursive way never ends where the system says that there is no such folder although the one above is there, as in `/proc` and
 * below the mount points of autofs.
 */
function makeFolder(folder: string): void {
  if (!existsSync(dirname(folder))) makeFolder(dirname(folder));
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) throw error;
  }
}

/** Throws `StartRefusedError` when the bucket can't be used: better now than when a picture is there. */
async function openPictures(
  config: Config,
  clock: Clock,
): Promise<{ pictureStore: PictureStore; closePictures: () => void }> {
  if (config.picture_store === 'disk') {
    const directory = join(config.data_dir, 'pictures');
    return { pictureStore: createDiskPictureStore({ directory }), closePictures() {} };
  }
  const pictureStore = await createS3PictureStore({
    bucket: config.s3_bucket ?? '',
    region: config.s3_region,
    endpoint: config.s3_endpoint,
    forcePathStyle:
      config.s3_path_style === 'auto' ? config.s3_endpoint !== undefined : config.s3_path_style === 'true',
    prefix: config.s3_prefix,
    accessKeyId: config.s3_access_key_id,
    secretAccessKey: config.s3_secret_access_key,
    clock,
  });
  try {
    await pictureStore.check();
  } catch (error) {
    pictureStore.close();
    throw error;
  }
  return { pictureStore, closePictures: () => pictureStore.close() };
}
