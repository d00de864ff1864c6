// Brings the schema up to date. Several processes may start at once: each step is taken by one of them, under a lock of the database.

import { StartRefusedError } from '../../../core/errors.ts';
import { numberAbove } from '../changes-order.ts';
import { type Database, openDatabase } from './database.ts';
import { lockFor, locks } from './locks.ts';
import { migrations } from './migrations.ts';
import type { Query } from './statements.ts';

/** Does as `migrate` says, and brings changes into their order where the database was restored or moved; for as long as both take. */
export async function migrateAt(url: string): Promise<void> {
  const database = openDatabase({
    url,
    connections: { reads: 1, writes: 1 },
    timeouts: { statementMs: 0, answerMs: 0, pauseMs: 0 },
  });
  try {
    await migrate(database);
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

/** Takes the steps that are missing. Throws `StartRefusedError` for a schema that a newer version has made. */
export async function migrate(
  database: Pick<Database, 'transaction'>,
  steps: readonly string[] = migrations,
): Promise<void> {
  await database.transaction(async (query) => {
    await lockFor(query, locks.migrations);
    await query('CREATE TABLE IF NOT EXISTS plantain_schema (version integer NOT NULL)');
    const version = await readVersion(query);
    if (version > steps.length)
      throw new StartRefusedError(
        `The database was written by a newer Plantain (schema ${version}; this one knows up to ${steps.length}). ` +
          'Run that version again, or restore a backup made before the upgrade.',
      );
    for (const step of steps.slice(version))
      for (const statement of statementsOf(step)) await query(statement);
    if (version === steps.length) return;
    await query('DELETE FROM plantain_schema');
    await query('INSERT INTO plantain_schema (version) VALUES ($1)', [steps.length]);
  });
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
