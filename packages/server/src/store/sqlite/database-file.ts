// The database file of a data directory.

import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { StartRefusedError } from '../../core/errors.ts';
import { type PrepareOptions, prepareDatabase } from './database.ts';
import { refuseForeignLog } from './foreign-log.ts';

export const databaseName = 'plantain.db';

export function databaseFile(directory: string): string {
  return join(directory, databaseName);
}

/** Folder within a data directory into which a backup is being restored: the directory is not whole while it is there. */
export const restoringFolder = '.restoring';

/** Throws `StartRefusedError` where a backup is being restored into the directory, or was in part. Nothing may be made in it then. */
export function refuseHalfRestored(directory: string): void {
  if (existsSync(join(directory, restoringFolder)))
    throw new StartRefusedError(
      `A backup is being restored into ${directory}, or that was cut off: then give the command "plantain-server restore" again, or empty the directory.`,
    );
}

/**
 * Makes the directory and the file where there are none, and brings the schema up to date. Throws `StartRefusedError`, also for a file that
 * records are being moved into, unless it may be `unfinished`.
 */
export function prepareFile(directory: string, options: PrepareOptions = {}): string {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  refuseHalfRestored(directory);
  const file = databaseFile(directory);
  refuseForeignLog(file);
  prepareDatabase(file, options);
  return file;
}
