import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { gunzipSync } from 'node:zlib';
import { expect, onTestFinished, test } from 'vitest';
import { createLocalChanges } from '../../core/tasks/changes.ts';
import { newTask } from '../conformance/store.fixture.ts';
import { migrate } from './database.ts';
import { databaseFile } from './database-file.ts';
import { migrations } from './migrations.ts';
import { createAllReads } from './reads/all-reads.ts';
import { openSqliteStore } from './sqlite-store.ts';

/**
 * Databases as servers of their time left them when they were killed, `<schema>.db.gz`: with a key, and a task in each state where the server
 * of that time came so far.
 */
const kept = globSync('*.db.gz', { cwd: join(import.meta.dirname, 'earlier') }).toSorted();

/** Schemas that never were those of a server, as the steps to them came with later ones. */
const neverServed = new Set([4, 5]);

/** A data directory with a kept database. */
function directoryWith(name: string): string {
  const directory = mkdtempSync(join(tmpdir(), 'plantain-earlier-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  writeFileSync(
    databaseFile(directory),
    gunzipSync(readFileSync(join(import.meta.dirname, 'earlier', name))),
  );
  return directory;
}

const rowsOf = (database: DatabaseSync) =>
  database.prepare('SELECT id, state, request FROM tasks ORDER BY id').all();

const schemaOf = (database: DatabaseSync) =>
  database.prepare('SELECT type, name, sql FROM sqlite_schema ORDER BY type, name').all();

/** Schema of a new database. */
function newest() {
  const database = new DatabaseSync(':memory:');
  migrate(database, 'memory');
  const schema = schemaOf(database);
  database.close();
  return schema;
}

test('a database of each earlier schema is kept', () => {
  const earlier = Array.from({ length: migrations.length - 1 }, (_, index) => index + 1);
  const missing = earlier.filter(
    (schema) => !neverServed.has(schema) && !kept.includes(`${String(schema).padStart(2, '0')}.db.gz`),
  );
  expect(
    missing,
    'A checkout from before the new step makes it: node scripts/keep-schema.ts CHECKOUT',
  ).toEqual([]);
});

test.each(kept)('%s is brought up to date with all that it has', (name) => {
  const file = databaseFile(directoryWith(name));
  const database = new DatabaseSync(file);
  onTestFinished(() => database.close());
  // No power is cut here.
  database.exec('PRAGMA synchronous = OFF; PRAGMA foreign_keys = ON');
  expect(database.prepare('PRAGMA user_version').get()).toEqual({ user_version: Number.parseInt(name, 10) });
  const before = rowsOf(database);
  expect(before.length).toBe(4);
  migrate(database, file);
  expect(rowsOf(database).map(({ id, state }) => [id, state])).toEqual(
    before.map(({ id, state }) => [id, state]),
  );
  expect(schemaOf(database)).toEqual(newest());
  expect(database.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' });
  expect(database.prepare('PRAGMA foreign_key_check').all()).toEqual([]);
  const { reads } = createAllReads(database, (error) => {
    throw error;
  });
  for (const { id, state, request } of before) {
    const { prompt } = JSON.parse(String(request)) as { prompt: string };
    expect(reads.find(String(id))).toMatchObject({ id, state, request: { prompt } });
  }
  expect(reads.listKeys()).toMatchObject([{ role: 'admin', revokedAt: null }]);
});

test('the oldest is opened by a store of today, which goes on with it', async () => {
  const [oldest = ''] = kept;
  expect(migrations.length).toBeGreaterThan(Number.parseInt(oldest, 10));
  const directory = directoryWith(oldest);
  const database = new DatabaseSync(databaseFile(directory));
  const pending = rowsOf(database)
    .filter(({ state }) => state === 'pending')
    .map(({ id }) => String(id));
  database.close();
  expect(pending).toHaveLength(3);
  const onDeath = (error: Error) => {
    throw error;
  };
  const store = openSqliteStore({ directory, changes: createLocalChanges(), onDeath });
  const task = newTask();
  await store.insert([task]);
  expect(await store.find(task.id)).toMatchObject({ id: task.id, state: 'pending' });
  const now = Date.now();
  const claimed = await store.claimPastDeadline({
    now,
    claimMs: 1_000,
    limit: 10,
    by: now + 3_650 * 24 * 3_600_000,
  });
  expect(claimed.map(({ id }) => id)).toEqual(expect.arrayContaining(pending));
  await store.close();
});
