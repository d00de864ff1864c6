// Opens both ends of a move of data, and moves: pictures where it was asked for, records, and whether they are the same.

import { existsSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Config } from '../config/settings.ts';
import { StartRefusedError } from '../core/errors.ts';
import { linkSecretFile, readSecrets, storeSecrets } from '../pictures/stores/signing.ts';
import { copyPictures, type CopiedPictures } from '../store/migrate/copy-pictures.ts';
import {
  type Compared,
  compareRecords,
  copyRecords,
  type OnProgress,
} from '../store/migrate/move-records.ts';
import { openPostgresSource, openPostgresTarget } from '../store/migrate/postgres-end.ts';
import { openSqliteSource, openSqliteTarget } from '../store/migrate/sqlite-end.ts';
import { lockDirectory } from '../store/sqlite/directory-lock.ts';
import { placeOf } from './commands.ts';
import { openPictures } from './storage.ts';

export interface DataMove {
  /** Directories or addresses of databases, one of each. */
  from: string;
  to: string;
  /** Where pictures are copied from and to: folders, or `s3` for the bucket of the settings. */
  pictures?: { from: string; to: string };
}

export interface MoveListener {
  signal: AbortSignal;
  onProgress: OnProgress;
  onPictures: (copied: CopiedPictures) => void;
}

export interface Moved {
  tables: Compared[];
  pictures: CopiedPictures | null;
}

export const isDatabase = (place: string): boolean => /^postgres(?:ql)?:\/\//.test(place);

/** Says where records lie, without user and password. */
export const describePlace = (place: string): string =>
  placeOf(
    isDatabase(place) ? { database_url: place, data_dir: '' } : { database_url: undefined, data_dir: place },
  );

/** Moves, or goes on with a move that was begun. Only where all is equal at the end a server may start on the target. */
export async function moveData(
  { from, to, pictures }: DataMove,
  config: Config,
  { signal, onProgress, onPictures }: MoveListener,
): Promise<Moved> {
  await using lifetime = new AsyncDisposableStack();
  for (const directory of [from, to].filter((place) => !isDatabase(place))) {
    if (directory === to) mkdirSync(directory, { recursive: true, mode: 0o700 });
    else if (!existsSync(directory)) throw new StartRefusedError(`There is no directory ${directory}.`);
    const lock = lockDirectory(directory, 'Stop that one, and move then: nothing was moved.');
    lifetime.adopt(lock, ({ release }) => release());
  }
  const source = lifetime.adopt(await openSource(from), (end) => end.close());
  const target = lifetime.adopt(await openTarget(to), (end) => end.close());
  const stores = pictures === undefined ? null : await openBoth(pictures, config, lifetime);
  const move = { source, target, from: describePlace(from), signal, onProgress };
  await copyRecords(move);
  const copied = stores === null ? null : await copyPictures({ ...stores, signal, onProgress: onPictures });
  const tables = await compareRecords(move);
  if (tables.every(({ isEqual }) => isEqual)) await target.finish();
  return { tables, pictures: copied };
}

async function openSource(place: string) {
  return isDatabase(place) ? await openPostgresSource(place) : openSqliteSource(place, secretsIn(place));
}

async function openTarget(place: string) {
  return isDatabase(place) ? await openPostgresTarget(place) : openSqliteTarget(place, secretsIn(place));
}

const secretsIn = (directory: string) => ({
  readLinkSecrets: () => readSecrets(linkSecretFile(directory)),
  storeLinkSecrets: (secrets: Parameters<typeof storeSecrets>[1]) =>
    storeSecrets(linkSecretFile(directory), secrets),
});

/** Where the pictures of a data directory lie that has them itself. */
export const picturesOf = (directory: string): string => join(directory, 'pictures');

async function openBoth(
  { from, to }: Required<DataMove>['pictures'],
  config: Config,
  lifetime: AsyncDisposableStack,
) {
  const open = (place: string) =>
    openPictures(
      place === 's3'
        ? { ...config, picture_store: 's3' }
        : { ...config, picture_store: 'shared', pictures_dir: place },
      lifetime,
      { now: () => Date.now() },
    );
  if (from !== 's3' && !existsSync(from)) throw new StartRefusedError(`There are no pictures in ${from}.`);
  if (from === to || (from !== 's3' && to !== 's3' && resolve(from) === resolve(to)))
    throw new StartRefusedError(`The pictures lie in ${from} already.`);
  return { source: await open(from), target: await open(to) };
}
