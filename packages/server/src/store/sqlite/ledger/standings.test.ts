import { DatabaseSync } from 'node:sqlite';
import { expect, onTestFinished, test } from 'vitest';
import { createLocalChanges } from '../../../core/tasks/changes.ts';
import { temporaryDirectory } from '../../../http/server.fixture.ts';
import { newTask, start } from '../../conformance/store.fixture.ts';
import { databaseFile } from '../database-file.ts';
import { openSqliteStore } from '../sqlite-store.ts';
import { migrations } from '../migrations.ts';
import { createLimitedStandings } from './standings.ts';
import { setLimited } from '../../limits.fixture.ts';

test('tasks of a key that wait are counted without a look at those that have ended', () => {
  const database = new DatabaseSync(':memory:');
  onTestFinished(() => database.close());
  for (const step of migrations) database.exec(step);
  const insert = database.prepare('INSERT INTO limits (subject_id, budget, limits) VALUES (?, NULL, ?)');
  for (const id of ['own_1', 'key_1', 'key_2']) insert.run(id, JSON.stringify({ waiting: 9 }));
  const statements: string[] = [];
  const watched = {
    prepare(sql: string) {
      statements.push(sql);
      return database.prepare(sql);
    },
  } as DatabaseSync;
  createLimitedStandings(watched, () => ({ reserved: 0, spent: 0, pictures: 0 }));
  const plans = statements
    .filter((sql) => sql.includes('FROM tasks'))
    .map((sql) =>
      database
        .prepare(`EXPLAIN QUERY PLAN ${sql}`)
        .all()
        .map(({ detail }) => String(detail)),
    );
  expect(plans).toHaveLength(2);
  for (const plan of plans)
    expect(plan.filter((step) => /\btasks\b/.test(step))).toEqual([
      expect.stringMatching(/^SEARCH tasks USING COVERING INDEX tasks_waiting \(owner_id=\?/),
    ]);
});

test('entries are summed once for a budget that was edited, by the writer, and not at all where there are none', async () => {
  const directory = temporaryDirectory();
  const store = openSqliteStore({
    directory,
    changes: createLocalChanges(),
    onDeath(error) {
      throw error;
    },
  });
  const database = new DatabaseSync(databaseFile(directory), { readOnly: true });
  onTestFinished(async () => {
    database.close();
    await store.close();
  });
  const kept = () => database.prepare('SELECT subject_id, reserved FROM balances ORDER BY subject_id').all();
  const subjects = ['key_a', 'key_b'].map((id) => ({ kind: 'key', id }) as const);
  const reserved = async () =>
    (await store.standingsOf(subjects, start)).map((standing) => standing.reserved);
  await store.insert([newTask({ price: { estimatedMicroUsd: 40, unitMicroUsd: null } })]);
  for (const { id } of subjects)
    await setLimited(store, id, {
      limits: {},
      budget: { period: 'month', amountMicroUsd: 100, timeZone: 'UTC' },
    });
  expect(await reserved()).toEqual([40, 0]);
  const both = kept();
  expect(both).toMatchObject([{ subject_id: 'key_a', reserved: 40 }, { subject_id: 'key_b' }]);
  expect(await reserved()).toEqual([40, 0]);
  expect(kept()).toEqual(both);
  await setLimited(store, 'key_b', {
    limits: {},
    budget: { period: 'day', amountMicroUsd: 100, timeZone: 'UTC' },
  });
  expect(await reserved()).toEqual([40, 0]);
  expect(kept()).toEqual(both);
  await store.insert([newTask({ price: { estimatedMicroUsd: 2, unitMicroUsd: null } })]);
  expect(await reserved()).toEqual([42, 0]);
});
