// Folders that a backup is made of, and that one is restored into.

import { join, resolve } from 'node:path';
import type { Config } from '../../config/settings.ts';

export interface Folders {
  /** The data directory; `null` where the records lie in PostgreSQL, and the secrets of links with them. */
  records: string | null;
  /** `null` where pictures lie in a bucket. */
  pictures: string | null;
}

type Where = Pick<Config, 'database_url' | 'data_dir' | 'picture_store' | 'pictures_dir'>;

export function foldersOf({
  database_url: url,
  data_dir: data,
  picture_store: store,
  pictures_dir: shared,
}: Where): Folders {
  const pictures = { disk: join(data, 'pictures'), shared: shared ?? '', s3: null }[store];
  return {
    records: url === undefined ? resolve(data) : null,
    pictures: pictures === null ? null : resolve(pictures),
  };
}

/** Where pictures lie below the folder of a backup, and of a data directory. */
export const picturesFolder = 'pictures';
