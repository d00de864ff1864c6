import { DatabaseSync } from 'node:sqlite';
import { expect, onTestFinished, test } from 'vitest';
import { createLocalChanges } from '../../core/tasks/changes.ts';
import { temporaryDirectory } from '../../http/server.fixture.ts';
import { start } from '../conformance/store.fixture.ts';
import { storePictures } from '../conformance/stored-bytes.conformance.ts';
import { databaseFile } from './database-file.ts';
import { storedBytes } from './migrations/stored-bytes.ts';
import { storedSums } from './migrations/stored-sums.ts';
import { openSqliteStore } from './sqlite-store.ts';

test('pictures of an earlier version are counted as soon as the schema is up to date', async () => {
  const directory = temporaryDirectory();
  const open = () =>
    openSqliteStore({
      directory,
      changes: createLocalChanges(),
      onDeath(error) {
        throw error;
      },
    });
  const earlier = open();
  const deleted = await storePictures(earlier, 'key_a', 7);
  await storePictures(earlier, 'key_a', 300, 4_000);
  await earlier.markPicturesDeleted([deleted], start + 5);
  await earlier.close();
  const database = new DatabaseSync(databaseFile(directory));
  const triggers = database.prepare(`SELECT name FROM sqlite_schema WHERE type = 'trigger'`).all();
  for (const { name } of triggers) database.exec(`DROP TRIGGER ${String(name)}`);
  database.exec('DROP TABLE stored_sums; ALTER TABLE tasks DROP COLUMN stored_bytes');
  database.exec(storedBytes);
  database.exec(storedSums);
  database.close();
  const store = open();
  onTestFinished(() => store.close());
  expect(await store.storedBytes({ kind: 'key', id: 'key_a' }, start + 10)).toBe(4_300);
});
