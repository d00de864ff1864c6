import { describe, expect, onTestFinished, test } from 'vitest';
import { isMissing } from '../../../../../../e2e/needed-tool.fixture.ts';
import { type Database, openDatabase } from '../database/database.ts';
import { lockForTakes } from '../database/locks.ts';
import { command, databaseOfTest, postgresUrl } from '../database/store.fixture.ts';
import { createWriter } from '../database/writer.ts';
import { createCallCounter } from '../tasks/open-calls.ts';
import { createRetention } from '../tasks/retention.ts';
import { createTaskQueue } from '../tasks/task-queue.ts';
import { createKnownOrder } from './bounds.ts';

/** So many tasks wait that going through them would be slow, and PostgreSQL knows how many. */
const fill = `WITH made AS (
    INSERT INTO tasks (id, key_id, owner_id, state, action, model, inputs, created_at, updated_at, due_at, deadline_at, changed, request)
    SELECT 'task_' || n, 'key_' || n % 5, 'own', 'pending', 'generate', 'nano-banana', 0, n, n, n, n + 1000000, n, '{"prompt":"","inputs":[]}' FROM generate_series(1, 20000) AS n
    RETURNING *)
  INSERT INTO waiting (model, inputs, owner_id, rank, task_id, key_id, due_at, deadline_at, state)
  SELECT model, inputs, owner_id, 0, id, key_id, due_at, deadline_at, 'ready' FROM made;
  INSERT INTO needs VALUES ('nano-banana', 0);
  INSERT INTO lanes (model, inputs, owner_id, turn, tag, head_rank, head_id, blocked) VALUES ('nano-banana', 0, 'own', 1, 0, 0, '', false);
  INSERT INTO limits (subject_id, limits) VALUES ('own', '{"running": 20}'), ('key_1', '{"running": 2}');
  ANALYZE`;

/** All of them have ended, and few have a prompt still. */
const endAll = `UPDATE tasks SET state = 'error', finished_at = n, failure = '{}', view = '{}', view_key = 'v', lease_token = NULL,
    lease_expires_at = NULL, prompt_deleted_at = CASE WHEN n % 100 > 0 THEN n END
  FROM (SELECT id AS of, substr(id, 6)::bigint AS n FROM tasks) AS numbers WHERE id = of;
  ANALYZE tasks`;

/** Plans of the statements that the connection which writes has prepared, whatever is given to them. */
function plansOf(database: Database) {
  return database.transaction(async (query) => {
    await query("SELECT set_config('plan_cache_mode', 'force_generic_plan', true)");
    const statements = await query(
      `SELECT name, statement, cardinality(parameter_types) AS parameters FROM pg_prepared_statements
       WHERE statement ~ '\\m(tasks|waiting|arrivals|attempts)\\M'`,
    );
    const found: { statement: string; plan: string }[] = [];
    for (const { name, statement, parameters } of statements) {
      const nulls = Array.from({ length: Number(parameters) }, () => 'NULL').join(', ');
      const rows = await query(`EXPLAIN EXECUTE "${String(name)}"${nulls === '' ? '' : `(${nulls})`}`);
      found.push({
        statement: String(statement),
        plan: rows.map((row) => String(row['QUERY PLAN'])).join('\n'),
      });
    }
    return found;
  });
}

describe.skipIf(isMissing('PostgreSQL', postgresUrl() !== null))('a take', () => {
  test('goes through no table, however many tasks wait', async () => {
    const url = await databaseOfTest();
    await command(url, fill);
    const database = openDatabase({ url, connections: { reads: 1, writes: 1 } });
    onTestFinished(() => database.close());
    const takes = createWriter(database, () => {}, { lanes: 1, first: lockForTakes });
    const { takeDue } = createTaskQueue(database.query, takes, createKnownOrder(), createCallCounter());
    const call = { upstream: 'u', upstreamModel: 'm', credential: 'key_1' };
    const needs = [{ model: 'nano-banana', inputs: 0, limit: 10, calls: [call] }];
    expect(await takeDue({ needs, now: 30_000, leaseMs: 10_000 })).toHaveLength(10);
    const plans = await plansOf(database);
    expect(plans.map(({ statement }) => statement)).toContainEqual(
      expect.stringContaining('UPDATE tasks SET'),
    );
    for (const { statement, plan } of plans)
      expect(plan, statement).not.toMatch(/Seq Scan on (tasks|waiting)\b/);
    // The sweep of prompts, among as many tasks.
    await command(url, endAll);
    const sweeps = createWriter(database, () => {}, { lanes: 1 });
    const step = { after: 0, finishedBy: 20_000, at: 9, among: 1_000, limit: 20 };
    const { deletePrompts } = createRetention(sweeps, sweeps, takes);
    expect(await deletePrompts(step)).toEqual({ deleted: 10, upTo: 1_000 });
    const ofPrompts = (await plansOf(database)).filter(({ statement }) =>
      /finished_at > \$1/.test(statement),
    );
    expect(ofPrompts).toHaveLength(2);
    for (const { statement, plan } of ofPrompts)
      expect(plan, statement).toMatch(/Index (Only )?Scan using tasks_finished on tasks/);
  });
});
