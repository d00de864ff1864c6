// Looks at the database of a data directory beside a server or without one, and changes nothing.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import {
  countLiveSql,
  type LiveEndpoint,
  liveSql,
  toLive,
  toTroubled,
  troubledSql,
} from '../endpoints-on-record.ts';
import { type Counts, statementsOfState, type StateOnRecord } from '../state-on-record.ts';
import { explainRefusal, openForReading, refuseUnknown } from './database.ts';
import { databaseFile } from './database-file.ts';
import { refuseForeignLog } from './foreign-log.ts';
import { migrations } from './migrations.ts';

/** Throws `StartRefusedError` where a start would be refused for the database. A schema older than this version has no counts. */
export function lookAtDatabase(
  directory: string,
  now: number,
): StateOnRecord | { schema: number; newest: number } {
  return look(directory, (database, file) => {
    const schema = refuseUnknown(database, file);
    const newest = migrations.length;
    if (schema < newest) return { schema, newest };
    const counts = Object.entries(statementsOfState(now)).map(
      ([name, sql]) => [name, Number(database.prepare(sql).get()?.['value'])] as const,
    );
    const troubled = database
      .prepare(troubledSql(now))
      .all()
      .map((row) => toTroubled(row, asItIs));
    return { schema, newest, ...(Object.fromEntries(counts) as Counts), troubled };
  });
}

/** The first endpoints that are told of things, and how many there are. Throws as `lookAtDatabase` does; the schema must be this version's. */
export function findLiveEndpoints(
  directory: string,
  now: number,
): { endpoints: LiveEndpoint[]; count: number } {
  return look(directory, (database) => ({
    endpoints: toLive(database.prepare(liveSql(now)).all(), asItIs),
    count: Number(database.prepare(countLiveSql).get()?.['value']),
  }));
}

const asItIs = (text: string): string => text;

function look<Seen>(directory: string, read: (database: DatabaseSync, file: string) => Seen): Seen {
  const file = databaseFile(directory);
  refuseForeignLog(file);
  const database = openForReading(file);
  try {
    return read(database, file);
  } catch (error) {
    throw explainRefusal(error, file);
  } finally {
    database.close();
  }
}

/** Whether a process has the directory; its id where it has written that down. */
export function findOwner(directory: string): { isOwned: boolean; pid: string | null } {
  const lock = join(directory, 'owner.lock');
  if (!existsSync(lock)) return { isOwned: false, pid: null };
  const database = new DatabaseSync(lock, { readOnly: true, timeout: 0 });
  try {
    // Shared for an instant, as nothing is read; refused while somebody has it alone.
    database.prepare('SELECT 1 FROM sqlite_schema').get();
    return { isOwned: false, pid: null };
  } catch {
    return { isOwned: true, pid: readPid(join(directory, 'owner.pid')) };
  } finally {
    database.close();
  }
}

function readPid(file: string): string | null {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return null;
  }
}
