// Counts of a queue that is large on the disk.

import { describe, expect, test } from 'vitest';
import { isMissing } from '../../../../../../e2e/needed-tool.fixture.ts';
import { newTask } from '../../conformance/store.fixture.ts';
import { postgresUrl } from '../database/store.fixture.ts';
import { openTwoStores } from '../database/two-stores.fixture.ts';
import { createPendingCount } from './pending-count.ts';

describe.skipIf(isMissing('PostgreSQL', postgresUrl() !== null))('the number of pending tasks', () => {
  test('is known where it may come near the maximum, and else is less than half of it', async () => {
    const { database, stores } = await openTwoStores();
    await stores[0].insert(Array.from({ length: 200 }, () => newTask()));
    const { count } = createPendingCount(database.query, 0);
    const size = await count(1_000_000);
    expect(size).toBeGreaterThan(200);
    expect(await count(Number.POSITIVE_INFINITY)).toBe(size);
    expect(await count(2 * size)).toBe(size);
    expect(await count(2 * size - 1)).toBe(200);
    expect(await count()).toBe(200);
  });

  test('includes the tasks that are to be cancelled, which nobody may take', async () => {
    const { database, stores } = await openTwoStores();
    await stores[0].insert([newTask(), newTask()]);
    await database.query(`WITH out AS (DELETE FROM waiting WHERE task_id = (SELECT min(id) FROM tasks))
      UPDATE tasks SET cancel_requested_at = 1 WHERE id = (SELECT min(id) FROM tasks)`);
    expect(await createPendingCount(database.query).count()).toBe(2);
  });
});
