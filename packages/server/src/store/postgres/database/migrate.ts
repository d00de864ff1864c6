// Brings the schema up to date. Several processes may start at once: each step is taken by one of them, under a lock of the database.

import { setTimeout as delay } from 'node:timers/promises';
import { StartRefusedError } from '../../../core/errors.ts';
import { numberAbove } from '../changes-order.ts';
import { type Database, openDatabase } from './database.ts';
import type { OnSchemaStep } from '../../store.ts';
import { isLockedOut } from './faults.ts';
import { lockFor, locks } from './locks.ts';
import { pictures } from './migrations/pictures.ts';
import { migrations } from './migrations.ts';
import type { Query } from './statements.ts';

/**
 * Oldest schema whose servers may go on while they run beside that of this version; they end when it is newer than theirs: before it a task had
 * one open attempt at most, and made one picture. It stays as it is for as long as steps only add: tables, indexes, and columns that may be
 * left out. An index on a table that may be large is made CONCURRENTLY, so not in a step as they are.
 */
export const compatibleSince = migrations.indexOf(pictures) + 1;

/** Does as `migrate` says, and brings changes into their order where the database was restored or moved; for as long as both take. */
export async function migrateAt(url: string, onSchemaStep: OnSchemaStep = () => {}): Promise<void> {
  const database = openDatabase({
    url,
    connections: { reads: 1, writes: 1 },
    timeouts: { statementMs: 0, answerMs: 0, pauseMs: 0 },
  });
  try {
    await migrate(database, { onSchemaStep });
    await refuseUnfinished(database.query);
    await database.query(numberAbove);
  } finally {
    await database.close();
  }
}

/** Statement that tells whether records are being moved into this database, by a move that goes on or was broken off. */
export const unfinishedMove = `SELECT to_regclass('move_progress') IS NOT NULL AS unfinished`;

/** Throws `StartRefusedError` where half of the records may be missing. */
async function refuseUnfinished(query: Query): Promise<void> {
  const [row] = await query(unfinishedMove);
  if (row?.['unfinished'] === true)
    throw new StartRefusedError(
      'Records are being moved into this database, and not all are there: go on with "plantain-server migrate-data", or empty the database.',
    );
}

export interface MigrateOptions {
  steps?: readonly string[];
  /** Oldest schema whose servers may go on while they run. */
  since?: number;
  /** How long a step waits for a lock. Whoever comes behind it waits as long, also those who only read. */
  lockMs?: number;
  onSchemaStep?: OnSchemaStep;
}

/** How often the steps are tried where a lock is not got, and the pause between, milliseconds. */
const tries = 100;
const pauseMs = 1_000;
const lockedOut =
  'The schema can’t be brought up to date, as somebody has held a table of the database for minutes. End long transactions (pg_stat_activity shows them), and start again.';

/**
 * Takes the steps that are missing, all in one transaction. Throws `StartRefusedError` for a schema that a newer version has made. Servers
 * that run are not held up: where a lock is not got soon it lets go of all, and tries again.
 */
export async function migrate(
  { transaction }: Pick<Database, 'transaction'>,
  options: MigrateOptions = {},
): Promise<void> {
  const { lockMs = 1_000 } = options;
  for (let left = tries; ; left -= 1) {
    try {
      await transaction((query) => takeSteps(query, options));
      return;
    } catch (error) {
      if (!isLockedOut(error)) throw error;
      if (left === 1) throw new StartRefusedError(lockedOut, { cause: error });
    }
    await delay(Math.min(pauseMs, 2 * lockMs));
  }
}

async function takeSteps(query: Query, options: MigrateOptions): Promise<void> {
  const { steps = migrations, since = compatibleSince, lockMs = 1_000, onSchemaStep } = options;
  await lockFor(query, locks.migrations);
  await query(
    'CREATE TABLE IF NOT EXISTS plantain_schema (version integer NOT NULL, compatible_since integer NOT NULL)',
  );
  const version = await readVersion(query);
  if (version > steps.length)
    throw new StartRefusedError(
      `The database was written by a newer Plantain (schema ${version}; this one knows up to ${steps.length}). ` +
        'Run that version again, or restore a backup made before the upgrade.',
    );
  if (version === steps.length) return;
  // Only from here on: another process that migrates is waited for.
  await query(`SET LOCAL lock_timeout = ${lockMs}`);
  for (const [index, step] of steps.entries()) {
    if (index < version) continue;
    if (version > 0) onSchemaStep?.(index + 1, steps.length);
    for (const statement of statementsOf(step)) await query(statement);
  }
  await query('DELETE FROM plantain_schema');
  await query('INSERT INTO plantain_schema (version, compatible_since) VALUES ($1, $2)', [
    steps.length,
    since,
  ]);
}

export async function readVersion(query: Query): Promise<number> {
  const [row] = await query('SELECT version FROM plantain_schema');
  return Number(row?.['version'] ?? 0);
}

/** A statement that is prepared is one; those of a step end with a semicolon at the end of a line. */
function statementsOf(step: string): string[] {
  return step
    .split(/;\n/)
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '');
}
