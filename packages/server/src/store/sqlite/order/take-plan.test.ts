import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { expect, onTestFinished, test } from 'vitest';
import { createLocalChanges } from '../../../core/tasks/changes.ts';
import { newTask, start } from '../../conformance/store.fixture.ts';
import { databaseFile } from '../database-file.ts';
import { openInFolder } from '../store.fixture.ts';
import { createTakeWrites } from '../writes/take-writes.ts';
import { createWriteParts } from '../writes/write-parts.ts';
import { setLimited } from '../../limits.fixture.ts';

/** Notes the statements that are run. */
function watched(database: DatabaseSync, ran: Set<string>): DatabaseSync {
  const bound = (target: object, name: string | symbol) => {
    const value = Reflect.get(target, name, target) as unknown;
    return typeof value === 'function' ? (value.bind(target) as unknown) : value;
  };
  const watch = (sql: string, statement: StatementSync) =>
    new Proxy(statement, {
      get(target, name) {
        if (['get', 'all', 'run', 'iterate'].includes(String(name))) ran.add(sql);
        return bound(target, name);
      },
    });
  return new Proxy(database, {
    get: (target, name) =>
      name === 'prepare' ? (sql: string) => watch(sql, target.prepare(sql)) : bound(target, name),
  });
}

test('a take goes through no table, however many tasks wait', async () => {
  const { store, directory, cleanUp } = await openInFolder(createLocalChanges());
  onTestFinished(cleanUp);
  const some = Array.from({ length: 500 }, (_, index) => ({ keyId: `key_${index % 5}`, ownerId: 'own_a' }));
  await store.insert(some.map((of) => newTask(of)));
  for (const id of ['own_a', 'key_1']) await setLimited(store, id, { limits: { running: 20 }, budget: null });
  await store.close();
  const database = new DatabaseSync(databaseFile(directory));
  onTestFinished(() => database.close());
  const ran = new Set<string>();
  const { takeDue } = createTakeWrites(createWriteParts(watched(database, ran), () => {}));
  const call = { upstream: 'u', upstreamModel: 'm', credential: 'key_1' };
  const needs = [{ model: 'nano-banana', inputs: 0, limit: 10, calls: [call] }];
  expect(takeDue({ needs, now: start + 10, leaseMs: 10_000 }).taken).toHaveLength(10);
  const steps = [...ran].flatMap((sql) =>
    database
      .prepare(`EXPLAIN QUERY PLAN ${sql}`)
      .all()
      .map(({ detail }) => String(detail)),
  );
  expect(steps).toContainEqual(expect.stringMatching(/^SEARCH tasks USING .*tasks_ready/));
  // An index that has nothing but running tasks is no way through those that wait.
  const scans = steps.filter((step) => /^SCAN (tasks|attempts|lanes)\b/.test(step));
  expect(scans.filter((step) => !step.includes('tasks_running'))).toEqual([]);
});
