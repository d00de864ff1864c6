import { DatabaseSync } from 'node:sqlite';
import { expect, onTestFinished, test } from 'vitest';
import { migrations } from '../migrations.ts';
import { createLanes } from './lanes.ts';

/** Database with so many held tasks of a key, for each of two needs. */
function databaseWithHeld(count: number): DatabaseSync {
  const database = new DatabaseSync(':memory:');
  onTestFinished(() => database.close());
  for (const step of migrations) database.exec(step);
  database.exec(
    `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${2 * count})
     INSERT INTO tasks (id, key_id, owner_id, state, queued, action, model, inputs, created_at, updated_at, due_at, deadline_at, request)
     SELECT printf('%08d', i), 'key_1', 'own_1', 'pending', 'held', 'generate', iif(i % 2, 'a', 'b'), i % 2, 1, 1, 1, 9, '{}' FROM n`,
  );
  return database;
}

/** Shortest time of a place that is given on, of many. */
function timeOfGiveOn(database: DatabaseSync): number {
  const lanes = createLanes(database);
  const times = Array.from({ length: 40 }, () => {
    const begin = performance.now();
    lanes.giveOn({ ownerId: 'own_1', keyId: 'key_1' });
    return performance.now() - begin;
  });
  return Math.min(...times);
}

test('the place of a task is given on to the first held task of each need, however many there are', () => {
  const [few, many] = [databaseWithHeld(100), databaseWithHeld(25_000)];
  createLanes(few).giveOn({ ownerId: 'own_1', keyId: 'key_1' });
  expect(few.prepare(`SELECT id, model FROM tasks WHERE queued = 'ready' ORDER BY id`).all()).toEqual([
    { id: '00000001', model: 'a' },
    { id: '00000002', model: 'b' },
  ]);
  expect(timeOfGiveOn(many)).toBeLessThan(15 * timeOfGiveOn(few));
});
