import { DatabaseSync } from 'node:sqlite';
import { expect, onTestFinished, test } from 'vitest';
import { createLocalChanges } from '../../../core/tasks/changes.ts';
import { newTask } from '../../conformance/store.fixture.ts';
import { databaseFile } from '../database-file.ts';
import { migrations } from '../migrations.ts';
import { fairOrder } from '../migrations/fair-order.ts';
import { openSqliteStore } from '../sqlite-store.ts';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const before = migrations.indexOf(fairOrder);
const open = (directory: string) =>
  openSqliteStore({ directory, changes: createLocalChanges(), onDeath: () => {} });

/** Directory whose database is of the version before the fair order, with tasks that waited there. */
function directoryOfBefore(insert: (database: DatabaseSync) => void): string {
  const directory = mkdtempSync(join(tmpdir(), 'plantain-order-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const database = new DatabaseSync(databaseFile(directory));
  for (const sql of migrations.slice(0, before)) database.exec(sql);
  // The mark of a database of ours.
  database.exec(`PRAGMA application_id = 1886154356; PRAGMA user_version = ${before}`);
  insert(database);
  database.close();
  return directory;
}

const row = (database: DatabaseSync) =>
  database.prepare(
    `INSERT INTO tasks (id, key_id, owner_id, state, action, model, created_at, updated_at, due_at, deadline_at, request)
     VALUES (?, ?, ?, 'pending', 'generate', 'nano-banana', ?, ?, ?, ?, '{"prompt":"","inputs":[]}')`,
  );

test('tasks that waited in a database of before are in the order, each as it stood', async () => {
  const [first, second, other, later] = [newTask(), newTask(), newTask(), newTask()];
  const resumed = newTask();
  const far = Date.now() + 3_600_000;
  const directory = directoryOfBefore((database) => {
    const insert = row(database);
    for (const [task, key, dueAt] of [
      [first, 'key_a', 1],
      [second, 'key_a', 1],
      [other, 'key_b', 1],
      [later, 'key_b', far],
      [resumed, 'key_a', 1],
    ] as const)
      insert.run(task.id, key, key, 1, 1, dueAt, far * 2);
    database
      .prepare(
        `INSERT INTO attempts (task_id, number, upstream, upstream_model, started_at, operation) VALUES (?, 1, 'u', 'm', 1, '{"operation":{},"warnings":[]}')`,
      )
      .run(resumed.id);
  });
  const store = open(directory);
  onTestFinished(() => store.close());
  const take = async (now: number) => {
    const needs = [{ model: 'nano-banana', inputs: 0, limit: 9 }];
    return (await store.takeDue({ needs, now, leaseMs: 9 })).map(({ task }) => task.id);
  };
  expect(await take(Date.now())).toEqual([first.id, other.id, second.id]);
  expect(await take(Date.now())).toEqual([]);
  expect(await take(far)).toEqual([later.id]);
  const operations = await store.takeOperations({ limit: 9, now: Date.now(), leaseMs: 9 });
  expect(operations.map(({ task }) => task.id)).toEqual([resumed.id]);
});

test('a hundred thousand tasks that waited are in the order soon', async () => {
  const count = 100_000;
  const directory = directoryOfBefore((database) => {
    const insert = row(database);
    database.exec('BEGIN');
    for (let index = 0; index < count; index += 1)
      insert.run(newTask().id, `key_${index % 50}`, `key_${index % 50}`, 1, 1, 1, Date.now() * 2);
    database.exec('COMMIT');
  });
  const store = open(directory);
  onTestFinished(() => store.close());
  const needs = [{ model: 'nano-banana', inputs: 0, limit: 100 }];
  const taken = await store.takeDue({ needs, now: Date.now(), leaseMs: 9 });
  expect(new Set(taken.map(({ task }) => task.ownerId)).size).toBe(50);
  expect(taken).toHaveLength(100);
});
