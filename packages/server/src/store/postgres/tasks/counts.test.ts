import { describe, expect, onTestFinished, test } from 'vitest';
import { isMissing } from '../../../../../../e2e/needed-tool.fixture.ts';
import { fineMs } from '../../../core/tasks/task-counts.ts';
import { openDatabase } from '../database/database.ts';
import { command, databaseOfTest, postgresUrl } from '../database/store.fixture.ts';
import { noUsage } from '../../../core/usage/usage.ts';
import type { Transaction } from '../database/writer.ts';
import { joinedPart } from '../parts.ts';
import { joinUsage } from '../usage/usage-reads.ts';
import { addCounts } from './counts.ts';

describe.skipIf(isMissing('PostgreSQL', postgresUrl() !== null))('a count', () => {
  test('is written into another row after some thousand transactions, and is the sum of its rows', async () => {
    const url = await databaseOfTest();
    const database = openDatabase({ url, connections: { reads: 1, writes: 1 } });
    onTestFinished(() => database.close());
    const place = { day: 0, owner: 'o', key: 'k', model: 'm', upstream: 'u' };
    const add = () =>
      database.transaction((query) =>
        addCounts(
          query,
          [{ at: 5 * fineMs + 7, model: 'nano-banana', name: 'submitted', by: 1 }],
          [{ ...noUsage, ...place, submitted: 1 }],
        ),
      );
    for (let round = 0; round < 3; round += 1) {
      await add();
      await add();
      await command(
        url,
        'DO $$ BEGIN FOR i IN 1..4096 LOOP PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$',
      );
    }
    const counts = await database.query('SELECT bucket_at, part, count FROM task_counts');
    expect(new Set(counts.map(({ part }) => part)).size).toBeGreaterThanOrEqual(3);
    expect(counts.reduce((sum, { count }) => sum + Number(count), 0)).toBe(6);
    expect(new Set(counts.map((row) => row['bucket_at']))).toEqual(new Set([5 * fineMs]));

    const usage = await database.query('SELECT part, submitted FROM usage_days');
    expect(new Set(usage.map(({ part }) => part)).size).toBeGreaterThanOrEqual(3);
    expect(await database.transaction((query) => joinUsage({ query } as Transaction, [[99]]))).toEqual([
      usage.length,
    ]);
    expect(await database.query('SELECT part, submitted::integer FROM usage_days')).toEqual([
      { part: joinedPart, submitted: 6 },
    ]);
  });
});
