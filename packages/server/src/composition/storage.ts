// Opens the storage of a server: the lock on its data directory, the secret that signs links, the picture store and the store.

import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Config } from '../config/settings.ts';
import { createDiskRoom, withinRoom } from '../core/pictures/disk-room.ts';
import type { PictureStore } from '../core/pictures/picture-store.ts';
import type { Clock } from '../lib/clock.ts';
import { createDiskPictureStore } from '../pictures/stores/disk.ts';
import { createS3PictureStore } from '../pictures/stores/s3.ts';
import { linkSecretFile, loadOrCreateSecrets } from '../pictures/stores/signing.ts';
import { lockDirectory } from '../store/sqlite/directory-lock.ts';
import { openSqliteStore } from '../store/sqlite/sqlite-store.ts';
import { freeBytes } from '../this-machine.ts';

export type Storage = Awaited<ReturnType<typeof buildStorage>>;

/** Opens the storage; `lifetime` closes it. Throws `StartRefusedError` when the directory or the bucket can't be used. */
export async function buildStorage(
  config: Config,
  lifetime: AsyncDisposableStack,
  {
    clock,
    ...options
  }: Omit<Required<Parameters<typeof openSqliteStore>[0]>, 'directory'> & { clock: Clock },
) {
  const directory = config.data_dir;
  makeFolder(resolve(directory));
  lifetime.adopt(lockDirectory(directory), (lock) => lock.release());
  const linkSecrets = await loadOrCreateSecrets(linkSecretFile(directory));
  const pictureStore = await openPictures(config, lifetime, clock);
  const store = lifetime.adopt(openSqliteStore({ ...options, directory }), (opened) => opened.close());
  const disk = createDiskRoom({
    freeBytes: () => freeBytes(directory),
    minFreeBytes: config.min_free_disk_bytes,
    clock,
  });
  return {
    store,
    linkSecrets,
    disk,
    /** Store for results. */
    pictureStore,
    /** Store for all other pictures. They may not use the last free bytes of the disk, which are for results, since those are paid for. */
    otherPictures: config.picture_store === 'disk' ? withinRoom(pictureStore, disk) : pictureStore,
  };
}

/**
 * Makes a folder and those above it. Node's `recursive` never ends where the system denies that a folder exists although its parent does,
 * as in `/proc` and below the mount points of autofs.
 */
function makeFolder(folder: string): void {
  if (!existsSync(dirname(folder))) makeFolder(dirname(folder));
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) throw error;
  }
}

/** Opens the picture store. Throws `StartRefusedError` when the bucket can't be used, as it is better to learn so at the start. */
async function openPictures(
  config: Config,
  lifetime: AsyncDisposableStack,
  clock: Clock,
): Promise<PictureStore> {
  if (config.picture_store === 'disk')
    return createDiskPictureStore({ directory: join(config.data_dir, 'pictures') });
  const bucket = await createS3PictureStore({
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
  lifetime.defer(() => bucket.close());
  await bucket.check();
  return bucket;
}
