import { DatabaseSync } from 'node:sqlite';
import { expect, onTestFinished, test } from 'vitest';
import { migrations } from '../migrations.ts';
import { createLimitedStandings } from './standings.ts';

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
