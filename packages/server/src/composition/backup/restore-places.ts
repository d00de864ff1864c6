// Where the files of a backup belong by the settings: judged before anything is written.

import { join, resolve } from 'node:path';
import type { Config } from '../../config/settings.ts';
import { StartRefusedError } from '../../core/errors.ts';
import { secretFiles } from '../../pictures/stores/signing.ts';
import { isKey } from '../../pictures/stores/store-key.ts';
import type { Manifest } from '../../store/backup/manifest.ts';
import { databaseName } from '../../store/sqlite/database-file.ts';
import { migrations } from '../../store/sqlite/migrations.ts';
import { foldersOf, picturesFolder } from './folders.ts';

export interface Place {
  /** Folder that is filled. */
  root: string;
  /** Path below it. */
  path: string;
}

export interface Places {
  /** Folders that are filled, the data directory last. */
  roots: string[];
  /** Finds the place of a file; `null` for one that is left out. Throws `StartRefusedError` for a path that no backup has. */
  placeOf(path: string): Place | null;
}

/** Throws `StartRefusedError` where the backup is of a newer version, or does not fit the settings. */
export function placesOf(manifest: Manifest, config: Config, withoutPictures: boolean): Places {
  refuseNewer(manifest);
  refuseOtherStore(manifest, config);
  const data = resolve(config.data_dir);
  const hasPictures = manifest.pictures !== null && !withoutPictures;
  if (hasPictures && config.picture_store === 's3')
    throw new StartRefusedError(
      'The backup has pictures, and by the settings these lie in a bucket (PLANTAIN_PICTURE_STORE): restore with --without-pictures, and copy them there with the bucket’s own tools.',
    );
  const pictures = hasPictures ? rootOfPictures(config, data) : null;
  const roots = [...(pictures === null ? [] : [pictures.root]), ...(manifest.records === null ? [] : [data])];
  if (roots.length === 0)
    throw new StartRefusedError(
      'The backup has pictures alone, and these are left out: nothing would be restored.',
    );
  return {
    roots: [...new Set(roots)],
    placeOf(path) {
      const [folder, ...steps] = path.split('/');
      const key = steps.join('/');
      if (folder === picturesFolder && isKey(key))
        return pictures === null ? null : { root: pictures.root, path: join(pictures.below, key) };
      if (manifest.records !== null && [databaseName, ...secretFiles].includes(path))
        return { root: data, path };
      throw new StartRefusedError(
        `The backup lists a file that no backup has: ${JSON.stringify(path.slice(0, 200))}.`,
      );
    },
  };
}

function rootOfPictures(config: Config, data: string): { root: string; below: string } {
  return config.picture_store === 'disk'
    ? { root: data, below: picturesFolder }
    : { root: foldersOf(config).pictures ?? data, below: '' };
}

function refuseNewer({ records, plantain }: Manifest): void {
  if (records === null || records.schema <= migrations.length) return;
  throw new StartRefusedError(
    `The backup was made by a newer Plantain, ${JSON.stringify(plantain)} (schema ${records.schema}; this one knows up to ${migrations.length}). Restore it with that version, or a later one.`,
  );
}

function refuseOtherStore({ records }: Manifest, { database_url: url }: Config): void {
  if (records !== null && url !== undefined)
    throw new StartRefusedError(
      'The backup has the records of a data directory, and the settings name a PostgreSQL database. Restore without PLANTAIN_DATABASE_URL, and then move the records with "plantain-server migrate-data".',
    );
  if (records === null && url === undefined)
    throw new StartRefusedError(
      'The backup has pictures alone, as its records lay in PostgreSQL. Restore those with pg_restore, and this backup with the settings of that server (PLANTAIN_DATABASE_URL).',
    );
}
