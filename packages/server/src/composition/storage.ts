// Opens the storage of a server: the lock on its data directory, the secrets that sign links, the picture store and the store.

import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Config } from '../config/settings.ts';
import { StartRefusedError } from '../core/errors.ts';
import type { Messages } from '../core/nodes/messages.ts';
import { createLocalPartialImages, type PartialImages } from '../core/partial-images/partial-images.ts';
import { sharePartialImages } from '../core/partial-images/shared-partial-images.ts';
import { createLocalNodes } from '../core/nodes/local-nodes.ts';
import type { NodeStore } from '../core/nodes/nodes.ts';
import { createDiskRoom, withinRoom } from '../core/pictures/disk-room.ts';
import type { LinkSecrets } from '../core/pictures/link-secrets.ts';
import type { PictureStore } from '../core/pictures/picture-store.ts';
import type { Changes } from '../core/tasks/changes.ts';
import type { Clock } from '../lib/clock.ts';
import { createDiskPictureStore } from '../pictures/stores/disk.ts';
import { createS3PictureStore } from '../pictures/stores/s3.ts';
import { linkSecretFile, loadOrCreateSecrets } from '../pictures/stores/signing.ts';
import { renditionsPrefix } from '../pictures/renditions.ts';
import { createDeletePictures } from '../retention/delete-pictures.ts';
import { refuseHalfRestored } from '../store/sqlite/database-file.ts';
import { lockDirectory } from '../store/sqlite/directory-lock.ts';
import { openSqliteStore } from '../store/sqlite/sqlite-store.ts';
import type { StartThread } from '../store/sqlite/writes/writer.ts';
import type { AwayAtStart, DatabaseListeners, OnWritten, Store } from '../store/store.ts';
import { databaseFileBytes, freeBytes } from '../this-machine.ts';

export type Storage = Awaited<ReturnType<typeof buildStorage>>;

interface StorageOptions {
  clock: Clock;
  changes: Changes;
  /** Called when the store becomes unusable by itself. */
  onDeath: (error: Error) => void;
  /** Called with a sentence for the operator when some of the store can't be read. */
  onDamage: (sentence: string) => void;
  /** Told how the database is, where it is not in the data directory. */
  database: DatabaseListeners;
  /** Starts the thread that writes to SQLite. */
  startWriter?: StartThread;
  onWritten: OnWritten;
}

/** Opens the storage; `lifetime` closes it. Throws `StartRefusedError` when the directory, the database or the bucket can't be used. */
export async function buildStorage(config: Config, lifetime: AsyncDisposableStack, options: StorageOptions) {
  if (usesDataFolder(config)) {
    makeFolder(resolve(config.data_dir));
    lifetime.adopt(lockDirectory(config.data_dir), (lock) => lock.release());
    // Before anything is made there, which would be in the way of the restore that mends it.
    refuseHalfRestored(config.data_dir);
  }
  refuseMissingFolder(config);
  const { store, messages, ...records } = await openRecords(config, options);
  lifetime.adopt(store, (opened) => opened.close());
  const pictureStore = await openPictures(config, lifetime, options.clock);
  const freeNow = async () => Math.min(...(await Promise.all(foldersInUse(config).map(freeBytes))));
  const disk = createDiskRoom({
    freeBytes: freeNow,
    minFreeBytes: config.min_free_disk_bytes,
    clock: options.clock,
  });
  /** Store for all pictures but results. They may not use the last free bytes of the disk, which are for results, since those are paid for. */
  const otherPictures = config.picture_store === 's3' ? pictureStore : withinRoom(pictureStore, disk);
  return {
    ...records,
    store,
    /** Id of this process among the nodes. */
    nodeId: randomUUID(),
    disk,
    /** Bytes that are free where this server stores anything; `Infinity` where it stores nothing on a disk. */
    freeBytes: freeNow,
    /** Store for results. */
    pictureStore,
    deletePictures: createDeletePictures({ pictures: pictureStore, renditionsOf: renditionsPrefix }),
    partialImages: buildPartialImages(usesDataFolder(config) ? null : messages, otherPictures),
    otherPictures,
  };
}

/** Builds the way of partial images from runs to those who wait for their tasks. */
function buildPartialImages(messages: Messages | null, pictures: PictureStore): PartialImages {
  const local = createLocalPartialImages();
  return messages === null ? local : sharePartialImages({ local, messages, pictures });
}

/** The store, and what lies beside it: in the data directory, or in the database that servers share. */
interface Records {
  store: Store;
  /** Clock that all servers on the store go by, in Unix milliseconds; `null` where there is one server. */
  time: (() => number) | null;
  nodes: NodeStore;
  /** Messages of servers on the store; `null` where there is one server. */
  messages: Messages | null;
  /** `null` while they are unknown. */
  linkSecrets: () => LinkSecrets | null;
  databaseBytes: () => Promise<number>;
  /** `null` where the store was opened. */
  away: AwayAtStart | null;
}

async function openRecords(
  config: Config,
  { changes, onDeath, onDamage, database, onWritten, startWriter }: StorageOptions,
): Promise<Records> {
  const { database_url: url, database_listen_url: listenUrl = url, data_dir: directory } = config;
  if (url !== undefined) {
    // Only here, so that whoever has no such database loads nothing for it.
    const { openPostgres } = await import('../store/postgres/open-postgres.ts');
    const lasting = listenUrl === 'none' ? null : (listenUrl ?? null);
    return await openPostgres({
      ...database,
      url,
      listenUrl: lasting,
      changes,
      onWritten,
      alone: usesDataFolder(config),
      onTaken: onDeath,
    });
  }
  const linkSecrets = await loadOrCreateSecrets(linkSecretFile(directory));
  const nodes = createLocalNodes();
  const store = openSqliteStore({
    directory,
    changes,
    onDeath,
    onDamage,
    onSchemaStep: database.onSchemaStep,
    ...(startWriter && { startWriter }),
    onWritten,
  });
  return {
    store,
    time: null,
    nodes,
    messages: null,
    linkSecrets: () => linkSecrets,
    databaseBytes: () => databaseFileBytes(directory),
    away: null,
  };
}

/** Whether something lies in the data directory, which no other server shares: then this one is alone on its records. */
export function usesDataFolder({ database_url: url, picture_store: pictures }: Config): boolean {
  return url === undefined || pictures === 'disk';
}

/** Folders whose disk must not become full. */
export function foldersInUse(config: Config): string[] {
  const shared = config.picture_store === 'shared' ? [sharedFolder(config)] : [];
  return usesDataFolder(config) ? [config.data_dir, ...shared] : shared;
}

/** A folder that is made where another machine's should be mounted would take pictures that nobody finds. */
function refuseMissingFolder(config: Config): void {
  const folder = resolve(sharedFolder(config));
  if (config.picture_store !== 'shared' || existsSync(folder)) return;
  throw new StartRefusedError(
    `The folder of the pictures, ${folder} (PLANTAIN_PICTURES_DIR), is not there. Mount it, or make it where this is the first server.`,
  );
}

/** The settings are refused without it. */
const sharedFolder = ({ pictures_dir: folder }: Config): string => folder ?? '';

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
export async function openPictures(
  config: Config,
  lifetime: AsyncDisposableStack,
  clock: Clock,
): Promise<PictureStore> {
  if (config.picture_store === 'disk')
    return createDiskPictureStore({ directory: join(config.data_dir, 'pictures') });
  if (config.picture_store === 'shared') {
    makeFolder(resolve(sharedFolder(config)));
    return createDiskPictureStore({ directory: sharedFolder(config), isShared: true });
  }
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
