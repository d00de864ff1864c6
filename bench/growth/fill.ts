// Fills a database with tasks and what lies beside them, as the server would have left them over the last twenty days.

import { arriving } from 'plantain-server/src/store/postgres/order/arrivals.ts';
import type { Database } from 'plantain-server/src/store/postgres/database/database.ts';
import { sayProgress } from '../rows/progress.ts';

/** Rows of one statement. */
const chunk = 50_000;
const dayMs = 86_400_000;
const keys = 50;

/** Columns that all tasks have; of the row `i` of `$1` rows, at the time `$2`. */
const common = `'key_' || i % ${keys} AS key_id, 'generate' AS action, 'model_' || i % 20 AS model, i % 3 AS inputs, at AS created_at, $2::bigint AS now`;
/** An id as new tasks get it: times first. */
const id = `substr(hex, 1, 8) || '-' || substr(hex, 9, 4) || '-7' || substr(gen_random_uuid()::text, 16) AS id`;
const made = `SELECT i, ${id}, ${common} FROM (
    SELECT i, at, lpad(to_hex(at), 12, '0') AS hex FROM (
      SELECT i, $2::bigint - ($5::bigint * ($1::integer - i)) / $1 AS at FROM generate_series($3::integer, $4::integer) AS i) AS timed) AS named`;
const request = `'{"prompt":"' || repeat('a picture of a fruit ', 12) || i || '","inputs":[],"aspectRatio":"auto","imageSize":"1K"}'`;

/** Tasks that have ended, four of five with a picture; each has an attempt, each second one a delivery with an attempt, each tenth a kept answer. */
const ended = `WITH made AS MATERIALIZED (${made}),
  tasks AS (
    INSERT INTO tasks (id, key_id, state, view_key, view, action, model, inputs, created_at, updated_at, due_at, deadline_at, finished_at,
      pictures_deleted_at, progress, changed, result, failure, request)
    SELECT id, key_id, CASE WHEN i % 5 = 0 THEN 'error' ELSE 'succeeded' END, 'k', repeat('{"view":"of a task"}', 20), action, model, inputs,
      created_at, created_at + 10000, created_at, created_at + 600000, created_at + 10000,
      CASE WHEN i % 5 <> 0 AND created_at < now - ${15 * dayMs} THEN now END, 1, i - 1000000000,
      CASE WHEN i % 5 <> 0 THEN '{"pictures":[{"key":"' || id || '"}],"description":null,"warnings":[]}' END,
      CASE WHEN i % 5 = 0 THEN '{"type":"no_image","message":"Nothing came."}' END, ${request} FROM made),
  attempts AS (
    INSERT INTO attempts (task_id, number, upstream, upstream_model, credential, started_at, finished_at, outcome)
    SELECT id, 1, 'u', 'm', 'key_' || i % 5, created_at + 1000, created_at + 10000, CASE WHEN i % 5 = 0 THEN 'failed' ELSE 'succeeded' END
    FROM made),
  deliveries AS (
    INSERT INTO webhook_deliveries (id, key_id, endpoint_id, task_id, event, url, host, state, created_at, counted_from, due_at, finished_at, tries)
    SELECT 'msg_' || id, key_id, 'we_' || key_id, id, 'task.succeeded', 'https://receiver.example/hook', 'host_' || i % 200, 'delivered',
      created_at + 10000, created_at + 10000, created_at + 10000, created_at + 10100, 1 FROM made WHERE i % 2 = 0),
  answers AS (
    INSERT INTO kept_answers SELECT key_id, id, repeat('h', 64), repeat('a', 300), created_at + ${dayMs} FROM made WHERE i % 10 = 0),
  files AS (
    INSERT INTO files SELECT 'file_' || id, key_id, id, 'a.png', 'image/png', 100, 100, 1000, repeat('s', 64), created_at, created_at + ${30 * dayMs}
    FROM made WHERE i % 20 = 0)
  INSERT INTO webhook_attempts SELECT 'msg_' || id, 1, created_at + 10000, 100, 200, NULL, 'ok' FROM made WHERE i % 2 = 0`;

/** Tasks that wait since the last hour, each tenth with a delivery that waits too. */
const waiting = `WITH made AS MATERIALIZED (${made}),
  tasks AS (
    INSERT INTO tasks (id, key_id, owner_id, state, action, model, inputs, created_at, updated_at, due_at, deadline_at, changed, request)
    SELECT id, key_id, key_id, 'pending', action, model, inputs, created_at, created_at, created_at, now + ${dayMs}, i - 1000000000, ${request} FROM made),
  deliveries AS (
    INSERT INTO webhook_deliveries (id, key_id, endpoint_id, task_id, event, url, host, state, created_at, counted_from, due_at)
    SELECT 'msg_' || id, key_id, 'we_' || key_id, id, 'task.running', 'https://receiver.example/hook', 'host_' || i % 200, 'pending',
      created_at, created_at, created_at FROM made WHERE i % 10 = 0)
  INSERT INTO waiting (model, inputs, owner_id, rank, task_id, key_id, due_at, deadline_at, state)
  SELECT model, inputs, key_id, 0, id, key_id, created_at, now + ${dayMs}, 'ready' FROM made`;

/** Counts of ninety days, as they are kept. */
const counts = `INSERT INTO task_counts
  SELECT $1::bigint - $1 % 10800000 - step::bigint * 10800000, 'model_' || model, -1, name, 5
  FROM generate_series(1, 720) AS step, generate_series(0, 19) AS model,
    unnest(ARRAY['submitted', 'ended.succeeded', 'ended.no_image', 'cost', 'duration.4', 'run.4']) AS name`;

export async function fill(
  { query }: Pick<Database, 'query'>,
  tasks: number,
  state: 'ended' | 'waiting',
): Promise<void> {
  const now = Date.now();
  const [sql, span] = state === 'ended' ? [ended, 20 * dayMs] : [waiting, 3_600_000];
  await query(counts, [now]);
  await query(`INSERT INTO webhook_endpoints (id, key_id, url, host, events, description, created_at)
    SELECT 'we_key_' || i, 'key_' || i, 'https://receiver.example/hook', 'receiver.example', ARRAY['task.failed'], '', 0 FROM generate_series(0, ${keys - 1}) AS i`);
  for (let from = 1; from <= tasks; from += chunk) {
    await query(sql, [tasks, now, from, Math.min(tasks, from + chunk - 1), span]);
    sayProgress(`${Math.min(tasks, from + chunk - 1)} of ${tasks} tasks are there`);
  }
  await query(arriving('SELECT * FROM waiting'));
  await query('VACUUM (ANALYZE)');
}

/** Ends the oldest fifth of what waits, as workers would have. */
export async function endOldest({ query }: Pick<Database, 'query'>): Promise<void> {
  await query(`WITH oldest AS MATERIALIZED (SELECT ctid AS row, task_id FROM waiting ORDER BY due_at LIMIT (SELECT count(*) / 5 FROM waiting)),
    taken AS (DELETE FROM waiting WHERE ctid = ANY (ARRAY(SELECT row FROM oldest)))
    UPDATE tasks SET state = 'error', finished_at = updated_at, view_key = 'k', view = '{}', failure = '{"type":"no_image"}'
    WHERE id = ANY (ARRAY(SELECT task_id FROM oldest))`);
}
