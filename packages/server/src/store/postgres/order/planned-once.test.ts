// Statements that every server repeats all the time, and whose plans take longer than they do.

import { describe, expect, onTestFinished, test } from 'vitest';
import { isMissing } from '../../../../../../e2e/needed-tool.fixture.ts';
import { createLocalChanges } from '../../../core/tasks/changes.ts';
import { startSystemTimer } from '../../../lib/timers.ts';
import { startCursor } from '../changes/changes-cursor.ts';
import { createHorizon } from '../changes/horizon.ts';
import { openDatabase } from '../database/database.ts';
import { command, databaseOfTest, postgresUrl } from '../database/store.fixture.ts';
import { createWriter } from '../database/writer.ts';
import { createKnownOrder } from './bounds.ts';
import { createPendingWork } from './pending-work.ts';

/** So many tasks wait that PostgreSQL takes a plan for the parameters to be worth it. */
const fill = `WITH made AS (
    INSERT INTO tasks (id, key_id, owner_id, state, action, model, inputs, created_at, updated_at, due_at, deadline_at, changed, request)
    SELECT 'task_' || n, 'own', 'own', 'pending', 'generate', 'nano-banana', 0, n, n, n, n + 1000, n, '{}' FROM generate_series(1, 20000) AS n
    RETURNING *)
  INSERT INTO waiting (model, inputs, owner_id, rank, task_id, key_id, due_at, deadline_at, state)
  SELECT model, inputs, owner_id, 0, id, key_id, due_at, deadline_at, 'ready' FROM made;
  INSERT INTO needs VALUES ('nano-banana', 0);
  INSERT INTO lanes (model, inputs, owner_id, turn, tag, head_rank, head_id, blocked) VALUES ('nano-banana', 0, 'own', 1, 0, 0, '', false);
  ANALYZE`;

describe.skipIf(isMissing('PostgreSQL', postgresUrl() !== null))('a connection', () => {
  test('plans looks at the queue and at the changes once', async () => {
    const url = await databaseOfTest();
    await command(url, fill);
    const database = openDatabase({ url, connections: { reads: 1, writes: 1 } });
    onTestFinished(() => database.close());
    const { query } = database;
    const look = createPendingWork(
      query,
      createWriter(database, () => {}),
      createKnownOrder(),
    );
    const horizon = createHorizon(query, startSystemTimer);
    const cursor = await startCursor({ database, horizon, changes: createLocalChanges() });
    // PostgreSQL tries five plans for the parameters that it gets before it goes on with one for all.
    for (let turn = 0; turn < 7; turn += 1) {
      await look(10_500);
      await cursor.readPage();
    }
    const plans = await query(
      'SELECT custom_plans, generic_plans FROM pg_prepared_statements WHERE custom_plans + generic_plans = 7',
    );
    const once = { custom_plans: 5, generic_plans: 2 };
    expect(plans).toEqual([once, once]);
  });
});
