// Fills a database of PostgreSQL with tasks, as the server itself would have left them.

import type { Client } from 'pg';
import { hashSecret } from 'plantain-server/src/core/keys/keys.ts';
import { createSeedViews, finishedTask, key, linkSecret, storedKey } from '../seed.ts';
import { withClient } from './server.ts';
import { sayProgress } from '../rows/progress.ts';

const chunk = 10_000;

/** Inserts the key of the bench, the secret of its links, and `count` finished tasks; gives their ids, and the text of one view. */
export function seedFinished(url: string, count: number): Promise<{ ids: string[]; view: string }> {
  return withClient(url, async (client) => {
    await insertKey(client);
    await client.query('INSERT INTO link_secrets (made, secret) VALUES (1, $1)', [linkSecret]);
    const views = createSeedViews();
    const ids: string[] = [];
    let view = '';
    while (ids.length < count) {
      const size = Math.min(chunk, count - ids.length);
      const made = Array.from({ length: size }, () => finishedTask(Date.now()));
      const texts = made.map((task) => views.render(task).text);
      await client.query(insertFinished, [
        made.map(({ id }) => id),
        texts,
        made.map(({ result }) => JSON.stringify(result)),
        made.map(({ request }) => JSON.stringify(request)),
        views.key,
        Date.now(),
      ]);
      ids.push(...made.map(({ id }) => id));
      view = texts.at(-1) ?? '';
      sayProgress(`${ids.length} of ${count} tasks are there`);
    }
    await client.query('VACUUM ANALYZE tasks, attempts');
    return { ids, view };
  });
}

async function insertKey(client: Client): Promise<void> {
  const { id, name, role, hint, createdAt } = storedKey();
  await client.query(
    'INSERT INTO api_keys (id, hash, name, role, hint, created_at) VALUES ($1, $2, $3, $4, $5, $6)',
    [id, hashSecret(key), name, role, hint, createdAt],
  );
}

const insertFinished = `WITH asked AS (SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS asked (id, view, result, request)),
  inserted AS (
    INSERT INTO tasks (id, key_id, state, view_key, view, action, model, inputs, created_at, updated_at, due_at, deadline_at, finished_at,
      progress, tries_used, changed, result, request)
    SELECT id, 'key_bench', 'succeeded', $5, view, 'generate', 'nano-banana', 0, $6::bigint, $6, $6, $6 + 1, $6, 1, 1,
      pg_current_xact_id()::text::bigint, result, request FROM asked)
  INSERT INTO attempts (task_id, number, upstream, upstream_model, credential, started_at, finished_at, outcome)
  SELECT id, 1, 'sandbox', 'm', 'no_key', $6, $6, 'succeeded' FROM asked`;

/**
 * Inserts `count` tasks that wait, the first of them due an hour ago, and due one after another. `owner` is whose each is, in SQL by its
 * number `n` of `count`.
 */
export function seedWaiting(url: string, count: number, owner = `'key_bench'`): Promise<void> {
  return withClient(url, async (client) => {
    for (let done = 0; done < count; done += chunk) {
      await client.query(insertWaiting(owner.replaceAll('count', String(count))), [
        Date.now(),
        done,
        Math.min(chunk, count - done),
      ]);
      sayProgress(`${done} of ${count} tasks wait`);
    }
    await client.query(insertArrivals);
    await client.query('VACUUM ANALYZE tasks, waiting');
  });
}

const request = JSON.stringify({
  prompt: 'a banana on a skateboard, in the rain',
  inputs: [],
  aspectRatio: '16:9',
  imageSize: '1K',
});

/** Times are in the past by an hour, and a millisecond is enough between two of them. */
const insertWaiting = (
  owner: string,
) => `WITH asked AS (SELECT 'bench-' || lpad(n::text, 12, '0') AS id, $1::bigint - 3600000 + n / 1000 AS at, ${owner} AS owner_id
    FROM generate_series($2::bigint, $2 + $3 - 1) AS n),
  inserted AS (
    INSERT INTO tasks (id, key_id, owner_id, state, action, model, inputs, created_at, updated_at, due_at, deadline_at, changed, request)
    SELECT id, owner_id, owner_id, 'pending', 'generate', 'nano-banana', 0, at, at, at, at + 86400000, pg_current_xact_id()::text::bigint,
      '${request}' FROM asked)
  INSERT INTO waiting (model, inputs, owner_id, rank, task_id, key_id, due_at, deadline_at, state)
  SELECT 'nano-banana', 0, owner_id, 0, id, owner_id, at, at + 86400000, 'ready' FROM asked`;

const insertArrivals = `INSERT INTO arrivals (model, inputs, owner_id, rank, task_id)
  SELECT model, inputs, owner_id, rank, min(task_id) FROM waiting GROUP BY model, inputs, owner_id, rank`;
