import { DatabaseSync } from 'node:sqlite';
import { expect, onTestFinished, test } from 'vitest';
import { migrations } from '../migrations.ts';
import { createRetentionWrites } from './retention-writes.ts';
import { createWriteParts } from './write-parts.ts';

test('a step that deletes prompts goes through no table', () => {
  const database = new DatabaseSync(':memory:');
  onTestFinished(() => database.close());
  for (const step of migrations) database.exec(step);
  const statements: string[] = [];
  const watched = {
    prepare(sql: string) {
      statements.push(sql);
      return database.prepare(sql);
    },
  } as DatabaseSync;
  createRetentionWrites({ ...createWriteParts(database, () => {}), database: watched });
  const steps = statements
    .filter((sql) => sql.includes(':finishedBy ORDER BY') || sql.includes('prompt_deleted_at'))
    .flatMap((sql) => database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all())
    .map(({ detail }) => String(detail));
  const between =
    /^SEARCH tasks USING (COVERING )?INDEX tasks_finished \(finished_at>\? AND finished_at<\?\)$/;
  expect(steps.filter((step) => between.test(step))).toHaveLength(2);
  expect(steps.filter((step) => /^SCAN tasks|TEMP B-TREE/.test(step))).toEqual([]);
});
