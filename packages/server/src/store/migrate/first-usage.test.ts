// The step that makes the usage of days of the tasks which there are: it comes to what their submits and ends would have counted.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, onTestFinished, test } from 'vitest';
import { isMissing } from '../../../../../e2e/needed-tool.fixture.ts';
import { createLocalChanges } from '../../core/tasks/changes.ts';
import type { TaskResult } from '../../core/tasks/task.ts';
import { dayMs } from '../../lib/time/days.ts';
import { callAt, failed, failedAttempt, newTask, start, succeeded } from '../conformance/store.fixture.ts';
import { usage as stepOnPostgres } from '../postgres/database/migrations/usage.ts';
import { command, databaseOfTest, postgresUrl } from '../postgres/database/store.fixture.ts';
import { createPostgresStore } from '../postgres/postgres-store.ts';
import { databaseFile } from '../sqlite/database-file.ts';
import { usage as stepOnSqlite } from '../sqlite/migrations/usage.ts';
import { openSqliteStore } from '../sqlite/sqlite-store.ts';
import type { Store } from '../store.ts';
import { usagePlaceColumns, usageSumColumns } from '../usage-rows.ts';

const place = Object.values(usagePlaceColumns).join(', ');
const sums = Object.values(usageSumColumns);
const rowsSql = `SELECT ${place}, ${sums.map((column) => `sum(${column}) AS ${column}`).join(', ')} FROM usage_days
  GROUP BY ${place} HAVING ${sums.map((column) => `sum(${column}) <> 0`).join(' OR ')} ORDER BY ${place}`;

const odd = 'says "fileName": and "type":"cancelled" \0 \ud800';
const oddResult: TaskResult = {
  pictures: ['a', 'b'].map(
    (key) => ({ key, fileName: '"fileName":', bytes: 7 }) as TaskResult['pictures'][number],
  ),
  description: odd,
  warnings: [odd],
};
const withOddWords = { type: 'no_image', message: odd, retryable: false } as const;

/** Inserts six tasks of one key and model, and ends four of them. */
async function fill(store: Store): Promise<void> {
  const price = { estimatedMicroUsd: 40, unitMicroUsd: null };
  const tasks = Array.from({ length: 6 }, (_, index) =>
    newTask({ price, ...(index > 2 ? { ownerId: 'own_a' } : {}) }),
  );
  await store.insert(tasks.slice(0, 3));
  await store.insert(tasks.slice(3));
  const later = { createdAt: start + dayMs, deadlineAt: start + dayMs + 9 };
  await store.insert([newTask({ ...later, keyId: 'key_b' })]);
  const needs = [{ model: 'nano-banana', inputs: 0, limit: 5 }];
  const taken = await store.takeDue({ needs, now: start + 1, leaseMs: 9_000 });
  const [done, again, held, cancelled] = taken.map(({ lease }) => lease);
  for (const lease of [done!, again!, held!]) await store.openAttemptIfLeased(lease, callAt(start + 2));
  const attempt = { ...failedAttempt, costMicroUsd: 30 };
  await store.finishIfLeased(done!, {
    ...succeeded(start + 3),
    outcome: { state: 'succeeded', result: oddResult },
    charge: { kind: 'settle', chargedMicroUsd: 33, reason: 'cost' },
    attempt: { ...attempt, outcome: 'succeeded', failure: null },
  });
  await store.closeAttemptIfLeased(again!, start + 3, attempt);
  await store.openAttemptIfLeased(again!, { ...callAt(start + 4), upstream: 'other' });
  const outcome = { state: 'error', failure: withOddWords } as const;
  await store.finishIfLeased(again!, { ...failed(start + 5), outcome, attempt });
  await store.finishIfLeased(held!, {
    ...failed(start + 5),
    attempt,
    charge: { kind: 'hold', until: start + 9 },
  });
  await store.finishIfLeased(cancelled!, failed(start + 5, 'cancelled'));
}

/** Gives what was counted, and what the step makes of the tasks. */
async function countTwice(run: (sql: string) => Promise<unknown[]>, step: string) {
  const counted = await run(rowsSql);
  await run(`DROP TABLE usage_days; ${step}`);
  return { counted, made: await run(rowsSql) };
}

test('the usage of what is on SQLite is that of its tasks', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'plantain-usage-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const onDeath = (error: Error) => {
    throw error;
  };
  const store = openSqliteStore({ directory, changes: createLocalChanges(), onDeath });
  await fill(store);
  await store.close();
  const database = new DatabaseSync(databaseFile(directory));
  onTestFinished(() => database.close());
  const run = async (sql: string) =>
    sql.startsWith('SELECT') ? database.prepare(sql).all() : (database.exec(sql), []);
  const { counted, made } = await countTwice(run, stepOnSqlite);
  expect(counted).toHaveLength(5);
  expect(made).toEqual(counted);
});

describe.skipIf(isMissing('PostgreSQL', postgresUrl() !== null))('on PostgreSQL', () => {
  test('the usage of what is there is that of its tasks', async () => {
    const url = await databaseOfTest();
    const { store } = createPostgresStore({ url, changes: createLocalChanges() });
    await fill(store);
    await store.close();
    const { counted, made } = await countTwice((sql) => command(url, sql), stepOnPostgres);
    expect(counted).toHaveLength(5);
    expect(made).toEqual(counted);
  });
});
