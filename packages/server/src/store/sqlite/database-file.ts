// The database file of a data directory.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type PrepareOptions, prepareDatabase } from './database.ts';
import { refuseForeignLog } from './foreign-log.ts';

export function databaseFile(directory: string): string {
  return join(directory, 'plantain.db');
}

/**
 * Makes the directory and the file where there are none, and brings the schema up to date. Throws `StartRefusedError`, also for a file that
 * records are being moved into, unless it may be `unfinished`.
 */
export function prepareFile(directory: string, options: PrepareOptions = {}): string {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const file = databaseFile(directory);
  refuseForeignLog(file);
  prepareDatabase(file, options);
  return file;
}
