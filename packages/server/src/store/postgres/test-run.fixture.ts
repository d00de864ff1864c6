// Begins a run of tests: removes what killed ones have left, starts the PostgreSQL server, and makes the database that the others are copied from.

import type { TestProject } from 'vitest/node';
import { removeOldFolders } from '../../lib/old-folders.fixture.ts';
import { openDatabase } from './database/database.ts';
import { migrate } from './database/migrate.ts';
import { startPostgres } from './database/server.fixture.ts';
import { command, templateDatabase } from './database/store.fixture.ts';

export default async function setup(project: TestProject): Promise<(() => Promise<void>) | void> {
  removeOldFolders();
  const server = await startPostgres(undefined, project.config.env['PLANTAIN_TEST_POSTGRES_BIN']).catch(
    (error: unknown) => {
      if (process.env['CI'] !== undefined) throw error;
      console.warn(`PostgreSQL can’t be started here, so its tests are skipped: ${String(error)}`);
      return null;
    },
  );
  project.provide('postgresUrl', server?.urlOf('postgres') ?? null);
  if (server === null) return;
  await command(server.urlOf('postgres'), `CREATE DATABASE ${templateDatabase}`);
  const database = openDatabase({ url: server.urlOf(templateDatabase) });
  await migrate(database);
  await database.close();
  return () => server.stop();
}
