// Types and settings that the rows of PostgreSQL have in common.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { BenchPostgres } from '../../postgres/server.ts';
import type { Row, RowOptions } from '../row.ts';
import { key } from '../../seed.ts';

export interface PostgresRowOptions extends RowOptions {
  postgres: BenchPostgres;
  /** Whether the queue is to have a million tasks, and a snapshot to be held for three minutes. */
  large: boolean;
}

export type MeasurePostgres = (options: PostgresRowOptions) => Promise<Row[]>;

/** Settings of a server on a database; `directory` is the folder of the row, where all its servers have their pictures. */
export function settingsAt(directory: string, url: string): Record<string, string> {
  const pictures = join(directory, 'pictures');
  mkdirSync(pictures, { recursive: true });
  return {
    PLANTAIN_DATABASE_URL: url,
    PLANTAIN_DATA_DIR: join(directory, 'data'),
    PLANTAIN_PICTURE_STORE: 'shared',
    PLANTAIN_PICTURES_DIR: pictures,
    PLANTAIN_ADMIN_KEY: key,
    PLANTAIN_MIN_FREE_DISK_BYTES: '0',
  };
}
