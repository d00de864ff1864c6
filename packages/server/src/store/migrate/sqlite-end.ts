// The embedded store as an end of a move.

import { existsSync } from 'node:fs';
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import { StartRefusedError } from '../../core/errors.ts';
import { databaseFile, prepareFile } from '../sqlite/database-file.ts';
import {
  isBeingMovedInto,
  migrate,
  openForReading,
  openForWriting,
  prepareDatabase,
} from '../sqlite/database.ts';
import { refuseForeignLog } from '../sqlite/foreign-log.ts';
import { migrations } from '../sqlite/migrations.ts';
import { fillQueue } from '../sqlite/order/queue-state.ts';
import {
  kindsOf,
  type MovedRow,
  type MovedTable,
  pageLength,
  readList,
  type Value,
  writtenRows,
} from './moved-table.ts';
import type { MoveProgress, StoreEnd, TargetEnd } from './store-end.ts';
import { movedTables } from './tables.ts';

/** Secrets of links lie beside the database. */
type SecretFiles = Pick<TargetEnd, 'readLinkSecrets' | 'storeLinkSecrets'>;

/** Opens a directory to be read. An older schema is brought up to date first, as by a start of the server. */
export function openSqliteSource(
  directory: string,
  { readLinkSecrets }: Pick<SecretFiles, 'readLinkSecrets'>,
): StoreEnd {
  const file = databaseFile(directory);
  if (!existsSync(file)) throw new StartRefusedError(`There is no database of Plantain in ${directory}.`);
  refuseForeignLog(file);
  let database = openForReading(file);
  try {
    if (versionOf(database) < migrations.length) {
      database.close();
      prepareDatabase(file);
      database = openForReading(file);
    }
    // Nothing is done, but a database that is another's or newer is refused.
    migrate(database, file);
    if (findProgress(database) !== null)
      throw new StartRefusedError(`${file} is itself the target of a move that has not ended.`);
  } catch (error) {
    if (database.isOpen) database.close();
    throw error;
  }
  return { ...createReads(database), readLinkSecrets, close: async () => database.close() };
}

const versionOf = (database: DatabaseSync) =>
  Number(database.prepare('PRAGMA user_version').get()?.['user_version']);

/** Opens a directory to be filled, making the database where there is none. */
export function openSqliteTarget(directory: string, secrets: SecretFiles): TargetEnd {
  const database = openForWriting(prepareFile(directory, { unfinished: true }));
  return {
    ...createReads(database),
    ...secrets,
    ...createWrites(database),
    close: async () => database.close(),
  };
}

function createReads(database: DatabaseSync): Pick<StoreEnd, 'readPage' | 'countRows'> {
  const statementOf = keptByTable((table) => database.prepare(pageSql(table)));
  const first = keptByTable((table) => database.prepare(pageSql(table, '')));
  return {
    async readPage(table, after, limit) {
      const rows: MovedRow[] = [];
      let length = 0;
      const read = after === null ? first(table).iterate() : statementOf(table).iterate(...after);
      for (const row of read) {
        const moved = toMoved(table, row as MovedRow);
        rows.push(moved);
        length += lengthOf(moved);
        if (length > pageLength || rows.length === limit) break;
      }
      return rows;
    },
    async countRows({ name }) {
      return Number(database.prepare(`SELECT count(*) AS count FROM ${name}`).get()?.['count']);
    },
  };
}

function pageSql(
  table: MovedTable,
  where = ` WHERE (${table.key.join(', ')}) > (${table.key.map(() => '?').join(', ')})`,
) {
  const { name, key, sqlite } = table;
  const from = sqlite?.from === undefined ? name : `${sqlite.from} AS ${name}`;
  return `SELECT ${readList(table, sqlite)} FROM ${from}${where} ORDER BY ${key.join(', ')}`;
}

function toMoved({ columns, sqlite }: MovedTable, row: MovedRow): MovedRow {
  const moved = { ...row };
  for (const [column, kind] of Object.entries(columns))
    if (kind === 'list') moved[column] = JSON.stringify(JSON.parse(String(row[column])));
  return sqlite?.toMoved?.(moved) ?? moved;
}

function lengthOf(row: MovedRow): number {
  return Object.values(row).reduce<number>(
    (sum, value) => sum + (typeof value === 'string' ? value.length : 8),
    0,
  );
}

function keptByTable(make: (table: MovedTable) => StatementSync): (table: MovedTable) => StatementSync {
  const kept = new Map<MovedTable, StatementSync>();
  return (table) => {
    const known = kept.get(table) ?? make(table);
    kept.set(table, known);
    return known;
  };
}

function findProgress(database: DatabaseSync): MoveProgress | null {
  if (!isBeingMovedInto(database)) return null;
  const row = database.prepare('SELECT progress FROM move_progress').get();
  return row === undefined ? null : (JSON.parse(String(row['progress'])) as MoveProgress);
}

function createWrites(database: DatabaseSync): Omit<TargetEnd, keyof StoreEnd | keyof SecretFiles> {
  const insertOf = keptByTable((table) => {
    const columns = kindsOf(table, table.sqlite).map(([column]) => column);
    const values = columns.map((column) => `:${column}`).join(', ');
    return database.prepare(
      `INSERT INTO ${table.name} (${columns.join(', ')}) VALUES (${values}) ON CONFLICT DO NOTHING`,
    );
  });
  const store = (progress: MoveProgress) =>
    database.prepare('UPDATE move_progress SET progress = ?').run(JSON.stringify(progress));

  function inTransaction(work: () => void): void {
    database.exec('BEGIN IMMEDIATE');
    try {
      work();
      database.exec('COMMIT');
    } catch (error) {
      database.exec('ROLLBACK');
      throw error;
    }
  }

  return {
    readProgress: async () => findProgress(database),
    findFilled: async () =>
      movedTables
        .map(({ name }) => name)
        .filter((name) => database.prepare(`SELECT 1 FROM ${name} LIMIT 1`).get() !== undefined),
    begin: async (progress) =>
      inTransaction(() => {
        database.exec('CREATE TABLE move_progress (progress TEXT NOT NULL) STRICT');
        database.prepare('INSERT INTO move_progress VALUES (?)').run(JSON.stringify(progress));
      }),
    write: async (table, rows, progress) =>
      inTransaction(() => {
        const insert = insertOf(table);
        const columns = kindsOf(table, table.sqlite).map(([column]) => column);
        for (const row of writtenRows(rows, table.sqlite)) insert.run(picked(row, columns));
        store(progress);
      }),
    finish: async () =>
      inTransaction(() => {
        database.exec(fillQueue);
        database.exec('DROP TABLE move_progress');
      }),
  };
}

function picked(row: MovedRow, columns: readonly string[]): Record<string, SQLInputValue> {
  return Object.fromEntries(columns.map((column): [string, Value] => [column, row[column] ?? null]));
}
