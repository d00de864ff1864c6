// Copies the database of a server at work into a file, as it was at one moment.
//
// SQLite's backup begins anew whenever another connection writes (https://www.sqlite.org/c3ref/backup_finish.html), so beside a busy
// server it would never end. Here the connection that is copied from holds a read transaction meanwhile: the copy is of its beginning,
// whatever is written. The log of the server grows until the end.

import { existsSync, writeFileSync } from 'node:fs';
import { backup, DatabaseSync } from 'node:sqlite';
import { StartRefusedError } from '../../core/errors.ts';
import { explainRefusal, isBeingMovedInto, openForReading, refuseUnknown } from './database.ts';
import { databaseFile } from './database-file.ts';
import { refuseForeignLog } from './foreign-log.ts';

/** 8 MiB, after which it is told how far the copy is. */
const pagesInStep = 2_048;

export interface CopiedRecords {
  schema: number;
  tasks: number;
  /** Tasks that waited or ran. */
  openTasks: number;
  keys: number;
}

export interface PagesCopied {
  pages: number;
  of: number;
}

/**
 * Copies the database of `directory` into the new file `to`, one file that needs no log beside it, and checks the copy. Throws
 * `StartRefusedError` where there is no database that this version knows, or where it is damaged; rejects with the signal's reason, or with
 * SQLite's error where the copy has no room.
 */
export async function copyDatabase(
  directory: string,
  to: string,
  { signal, onProgress }: { signal: AbortSignal; onProgress: (copied: PagesCopied) => void },
): Promise<CopiedRecords> {
  const file = databaseFile(directory);
  if (!existsSync(file))
    throw new StartRefusedError(
      `There is no database in ${directory}. Name the data directory of the server (PLANTAIN_DATA_DIR).`,
    );
  refuseForeignLog(file);
  // Made here, as SQLite would make it readable by others.
  writeFileSync(to, '', { flag: 'wx', mode: 0o600 });
  const source = openSource(file);
  try {
    const pages = await backup(source, to, {
      rate: pagesInStep,
      progress({ totalPages, remainingPages }) {
        signal.throwIfAborted();
        onProgress({ pages: totalPages - remainingPages, of: totalPages });
      },
    });
    // A copy of one step has no progress before its end.
    onProgress({ pages, of: pages });
    signal.throwIfAborted();
  } catch (error) {
    signal.throwIfAborted();
    // Of the copy's disk, and not of the file's.
    throw copyFault(error) === undefined ? explainRefusal(error, file) : error;
  } finally {
    source.close();
  }
  return checkCopy(to, file);
}

/** SQLITE_IOERR_WRITE, _FSYNC, _DIR_FSYNC and _TRUNCATE (https://www.sqlite.org/rescode.html): nothing is written but the copy. */
const failedWrites: ReadonlySet<number> = new Set([778, 1034, 1290, 1546]);

/**
 * Tells of an error of SQLite's whether the copy's disk is the reason: it has no room (SQLITE_FULL), or refuses a write, as it does where the share
 * of a user is used up. `undefined` for all else.
 */
export function copyFault(error: unknown): 'full' | 'refused' | undefined {
  if (!(error instanceof Error) || !('errcode' in error)) return undefined;
  const code = Number(error.errcode);
  if ((code & 0xff) === 13) return 'full';
  return failedWrites.has(code) ? 'refused' : undefined;
}

function openSource(file: string): DatabaseSync {
  const source = openForReading(file);
  try {
    source.exec('BEGIN');
    refuseUnknown(source, file);
    if (isBeingMovedInto(source))
      throw new StartRefusedError(
        `Records are being moved into ${file}, and not all are there: go on with "plantain-server migrate-data", and back up then.`,
      );
    return source;
  } catch (error) {
    source.close();
    throw explainRefusal(error, file);
  }
}

function checkCopy(copy: string, file: string): CopiedRecords {
  const database = new DatabaseSync(copy);
  try {
    // Otherwise whoever reads the copy would make a log beside it, which a disk that can only be read refuses.
    database.exec('PRAGMA journal_mode = DELETE');
    const [found] = Object.values(database.prepare('PRAGMA quick_check(1)').get() ?? {});
    if (found !== 'ok')
      throw new StartRefusedError(
        `${file} is damaged, and so is a copy of it: ${String(found).replaceAll(/\s+/g, ' ').slice(0, 200)}. Keep the backup before this one.`,
      );
    const schema = Number(database.prepare('PRAGMA user_version').get()?.['user_version']);
    const counted = (sql: string) =>
      Number(database.prepare(`SELECT count(*) AS count FROM ${sql}`).get()?.['count']);
    return {
      schema,
      tasks: counted('tasks'),
      openTasks: counted(`tasks WHERE state IN ('pending', 'running')`),
      keys: counted('api_keys'),
    };
  } catch (error) {
    throw explainRefusal(error, file);
  } finally {
    database.close();
  }
}
