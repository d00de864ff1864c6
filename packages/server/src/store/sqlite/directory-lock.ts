// One process owns a data directory. The lock is an open SQLite transaction, so the operating system holds it:
// it ends with the process, however that ends, and a lock file left by a dead process is no obstacle.

import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { StartRefusedError } from '../../core/errors.ts';
import { explainRefusal } from './database.ts';

export interface DirectoryLock {
  release(): void;
}

/** Takes the directory for this process. Throws `StartRefusedError` with `remedy`, a sentence, when another one has it. */
export function lockDirectory(
  directory: string,
  remedy = 'Stop that one, or give this one a directory of its own (PLANTAIN_DATA_DIR).',
): DirectoryLock {
  const ownerFile = join(directory, 'owner.pid');
  const database = openLocked(directory, ownerFile, remedy);
  writeFileSync(ownerFile, `${process.pid}\n`);
  return {
    release() {
      if (!database.isOpen) return;
      rmSync(ownerFile, { force: true });
      database.close();
    },
  };
}

/** SQLITE_BUSY: https://www.sqlite.org/rescode.html#busy */
const busy = 5;

function openLocked(directory: string, ownerFile: string, remedy: string): DatabaseSync {
  const lockFile = join(directory, 'owner.lock');
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(lockFile, { timeout: 0 });
    // EXCLUSIVE mode keeps the file lock until the connection closes; no journal, as nothing is ever written.
    database.exec('PRAGMA journal_mode = MEMORY; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
    return database;
  } catch (error) {
    database?.close();
    if (!(error instanceof Error && 'errcode' in error && error.errcode === busy))
      throw explainRefusal(error, lockFile);
    throw new StartRefusedError(
      `The data directory ${directory} is in use by another Plantain${describeOwner(ownerFile)}. ${remedy}`,
      { cause: error },
    );
  }
}

function describeOwner(ownerFile: string): string {
  try {
    return ` (process ${readFileSync(ownerFile, 'utf8').trim()})`;
  } catch {
    return '';
  }
}
