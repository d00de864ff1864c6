// The one file that knows the driver, node:sqlite: how a connection is opened, and how the schema is brought up to date.

import { accessSync, constants, existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { StartRefusedError } from '../../core/errors.ts';
import type { OnSchemaStep } from '../store.ts';
import { migrations } from './migrations.ts';

/** 'plnt' in ASCII: marks the file as ours, see https://www.sqlite.org/pragma.html#pragma_application_id. */
const applicationId = 0x706c6e74;

/**
 * Pages after which the log is folded into the database, 16 MB. A task writes 7 to 25 of them, most of them pages that the next task
 * changes again: with SQLite's 1,000 the folding took an eighth of a task's processor time. Readers look pages up in tables of 4,096
 * (https://www.sqlite.org/walformat.html), so that more would make reads slower.
 */
const pagesInLog = 4_000;

/**
 * Opens for writing: WAL, and a sync at every commit, so that a commit survives a power cut. What is deleted is written over
 * (https://www.sqlite.org/pragma.html#pragma_secure_delete): otherwise prompts that had their time would lie on in free pages, and in every backup.
 */
export function openForWriting(file: string): DatabaseSync {
  const database = new DatabaseSync(file, { timeout: 10_000 });
  database.exec(
    `PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON; PRAGMA wal_autocheckpoint = ${pagesInLog}`,
  );
  return database;
}

const notWritable = 'may not be written by this user';

/** Reasons not to start, by the result codes of SQLite: https://www.sqlite.org/rescode.html */
const refusals: Record<number, string> = {
  8: notWritable,
  10: 'can’t be read or written: its disk fails or is full',
  11: 'is damaged',
  13: 'has no room: its disk is full',
  14: 'can’t be opened by this user, or its folder can’t be written',
  26: 'is no database',
};

/** Turns the driver's error into a sentence for the operator, where it is one that an operator can mend. */
export function explainRefusal(error: unknown, file: string): unknown {
  const code = error instanceof Error && 'errcode' in error ? Number(error.errcode) & 0xff : Number.NaN;
  const reason = refusals[code];
  return reason === undefined ? error : refusalOf(file, reason, error);
}

function refusalOf(file: string, reason: string, cause: unknown): StartRefusedError {
  return new StartRefusedError(
    `${file} ${reason}. Mend that, put a backup in its place, or choose another data directory (PLANTAIN_DATA_DIR).`,
    { cause },
  );
}

/** SQLite would make a log that can't be written beside such a file, and fail on it when the file has long been mended. */
function refuseReadOnly(file: string): void {
  if (!existsSync(file)) return;
  try {
    accessSync(file, constants.W_OK);
  } catch (error) {
    throw refusalOf(file, notWritable, error);
  }
}

export interface PrepareOptions {
  /** Whether records may be on their way into the file. */
  unfinished?: boolean;
  onSchemaStep?: OnSchemaStep;
}

/** Brings the file's schema up to date, making the file where there is none. Throws `StartRefusedError`, as `prepareFile` says. */
export function prepareDatabase(
  file: string,
  { unfinished = false, onSchemaStep = () => {} }: PrepareOptions = {},
): void {
  refuseReadOnly(file);
  let database: DatabaseSync | undefined;
  try {
    database = openForWriting(file);
    migrate(database, file, onSchemaStep);
    if (!unfinished && isBeingMovedInto(database))
      throw new StartRefusedError(
        `Records are being moved into ${file}, and not all are there: go on with "plantain-server migrate-data", or remove the file.`,
      );
    // A database that can only be read would accept nothing and say so once a second.
    writeFirstPage(database);
  } catch (error) {
    throw explainRefusal(error, file);
  } finally {
    database?.close();
  }
}

/** Whether records are being moved into this database, by a move that goes on or was broken off. */
export function isBeingMovedInto(database: DatabaseSync): boolean {
  return database.prepare(`SELECT 1 FROM sqlite_schema WHERE name = 'move_progress'`).get() !== undefined;
}

/** Commits the first page as it is. */
export function writeFirstPage(database: DatabaseSync): void {
  database.exec(`BEGIN IMMEDIATE; PRAGMA user_version = ${migrations.length}; COMMIT`);
}

/**
 * Opens for reading. Pages are mapped instead of copied: measured a quarter faster on random reads among a million rows. SQLite maps the
 * first 2 GiB at most, as Node builds it.
 */
export function openForReading(file: string): DatabaseSync {
  const database = new DatabaseSync(file, { readOnly: true, timeout: 10_000 });
  database.exec(`PRAGMA mmap_size = ${2 ** 31}; PRAGMA query_only = ON`);
  return database;
}

/** Throws `StartRefusedError` for a file that is not ours, or that a newer version has written; gives its schema. */
export function refuseUnknown(database: DatabaseSync, file: string): number {
  const version = readPragma(database, 'user_version');
  const tables = Number(database.prepare('SELECT count(*) AS count FROM sqlite_schema').get()?.['count']);
  if (tables > 0 && readPragma(database, 'application_id') !== applicationId)
    throw new StartRefusedError(
      `${file} is a database of another program. Choose another data directory (PLANTAIN_DATA_DIR).`,
    );
  if (version > migrations.length)
    throw new StartRefusedError(
      `${file} was written by a newer Plantain (schema ${version}; this one knows up to ${migrations.length}). ` +
        'Run that version again, or restore a backup made before the upgrade.',
    );
  return version;
}

/**
 * Brings the schema up to date, each step in a transaction of its own.
 * Throws `StartRefusedError` as `refuseUnknown` does.
 */
export function migrate(database: DatabaseSync, file: string, onSchemaStep: OnSchemaStep = () => {}): void {
  const version = refuseUnknown(database, file);
  for (const [index, sql] of migrations.entries()) {
    if (index < version) continue;
    if (version > 0) onSchemaStep(index + 1, migrations.length);
    database.exec('BEGIN IMMEDIATE');
    try {
      // Another process may have taken the same step while this one waited for the lock.
      if (readPragma(database, 'user_version') === index) {
        database.exec(sql);
        database.exec(`PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${index + 1}`);
      }
      database.exec('COMMIT');
    } catch (error) {
      database.exec('ROLLBACK');
      throw error;
    }
  }
}

function readPragma(database: DatabaseSync, name: string): number {
  return Number(database.prepare(`PRAGMA ${name}`).get()?.[name]);
}
