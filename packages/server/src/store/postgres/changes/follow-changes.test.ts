import { describe, expect, onTestFinished, test } from 'vitest';
import { isMissing } from '../../../../../../e2e/needed-tool.fixture.ts';
import { createLocalChanges } from '../../../core/tasks/changes.ts';
import { createTestTime } from '../../../lib/timers.fixture.ts';
import { openDatabase } from '../database/database.ts';
import type { Query } from '../database/statements.ts';
import { databaseOfTest, postgresUrl } from '../database/store.fixture.ts';
import { createFollower } from './follow-changes.ts';
import { createHorizon } from './horizon.ts';
import { insertTask, openWrite } from './open-transaction.fixture.ts';

const minute = 60_000;

/** A follower of a database whose time and start are as the test says, with what it told of. */
async function startFollower() {
  const url = await databaseOfTest();
  const database = openDatabase({ url });
  const time = createTestTime();
  const is = { ahead: 0, server: 'first', away: false };
  const query: Query = async (...asked) => {
    if (is.away) throw new Error('away');
    const rows = await database.query(...asked);
    for (const row of rows)
      if ('read_at' in row)
        Object.assign(row, { read_at: Number(row['read_at']) + is.ahead * 1_000, server: is.server });
    return rows;
  };
  const changes = createLocalChanges();
  const told: string[] = [];
  changes.addCache({ forget: () => {}, forgetAll: () => told.push('all forgotten') });
  changes.listen(
    ({ taskId }) => told.push(taskId),
    () => told.push('all told'),
  );
  const { startTimer } = time;
  const horizon = createHorizon(query, startTimer);
  const follower = createFollower({
    database: { query, commits: database.commits },
    horizon,
    startTimer,
    changes,
  });
  onTestFinished(async () => {
    await follower.close();
    time.end();
    await database.close();
  });
  await follower.follow();
  const follow = async () => {
    await follower.follow();
    return told.splice(0);
  };
  return { url, database, time, is, follow };
}

describe.skipIf(isMissing('PostgreSQL', postgresUrl() !== null))('whoever follows changes', () => {
  test('takes it that any task may have changed after a silence for which silent changes are not kept', async () => {
    const { url, is, follow } = await startFollower();
    is.away = true;
    const early = await insertTask(url);
    expect(await follow()).toEqual([]);
    is.away = false;
    is.ahead += 8 * minute;
    expect(await follow()).toEqual([early]);
    await insertTask(url);
    is.ahead += 10 * minute;
    expect(await follow()).toEqual(['all forgotten', 'all told']);
    const late = await insertTask(url);
    // Others may be told of once more, where a transaction of another database was open as it began anew.
    const told = await follow();
    expect(told).toContain(late);
    expect(told).not.toContain('all told');
    is.ahead += 8 * minute;
    expect(await follow()).toEqual([]);
  });

  test('takes it so too when the database was started again, which may be another with other numbers', async () => {
    const { url, is, follow } = await startFollower();
    is.server = 'second';
    expect(await follow()).toEqual(['all forgotten', 'all told']);
    const late = await insertTask(url);
    expect(await follow()).toContain(late);
  });

  test('takes it so each second while more is held up than is told of one by one', async () => {
    const { url, database, time, follow } = await startFollower();
    const held = await openWrite(url);
    await database.query(
      `INSERT INTO silent_changes (changed, task_id, key_id, state)
       SELECT (pg_current_xact_id()::text)::bigint, 'task_' || n, 'key_a', 'error' FROM generate_series(1, 600) AS n`,
    );
    const isNamed = (name: string) => name.startsWith('task_');
    const first = await follow();
    expect(first.filter(isNamed)).toHaveLength(500);
    expect(first.slice(500)).toEqual(['all forgotten', 'all told']);
    expect(await follow()).toEqual([]);
    time.pass(1_000);
    expect(await follow()).toEqual(['all forgotten', 'all told']);
    await held.rollBack();
    // Writes in other databases may hold them up for a moment.
    const rest: string[] = [];
    await expect.poll(async () => rest.push(...(await follow()).filter(isNamed))).toBe(100);
  });
});
