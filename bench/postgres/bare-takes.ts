// The limits of takes, loops of SKIP LOCKED: one that makes the changes that a take can't leave out, in one statement; and the loop that every
// queue on PostgreSQL has, over a table of its own with one index, which changes a state and no more.

import { Client } from 'pg';
import type { LoopCall } from './loops.ts';
import type { Loop } from './loops-process.ts';

const plainRows = 300_000;

const takePlain = `UPDATE bare_jobs SET state = 'running', leased_until = $1 WHERE id = ANY (ARRAY(
    SELECT id FROM bare_jobs WHERE state = 'pending' AND due_at <= $1 ORDER BY due_at, id LIMIT $2 FOR UPDATE SKIP LOCKED))
  RETURNING id, request`;

const takeWhole = `WITH due AS MATERIALIZED (
    SELECT ctid AS row, task_id FROM waiting
    WHERE state = 'ready' AND model = 'nano-banana' AND inputs = 0 AND owner_id = 'key_bench' AND deadline_at > $1
    ORDER BY rank, task_id LIMIT $2 FOR UPDATE SKIP LOCKED),
  left_queue AS (DELETE FROM waiting WHERE ctid = ANY (ARRAY(SELECT row FROM due))),
  taken AS (
    UPDATE tasks SET state = 'running', changed = pg_current_xact_id()::text::bigint, updated_at = $1, tries_used = tries_used + 1,
      lease_token = id, lease_expires_at = $1 + 60000
    WHERE id = ANY (ARRAY(SELECT task_id FROM due)) RETURNING id, request),
  opened AS (
    INSERT INTO attempts (task_id, number, upstream, upstream_model, credential, started_at) SELECT id, 1, 'u', 'm', 'c', $1 FROM taken)
  SELECT id, request FROM taken`;

/** Counts tasks. */
export async function createBareTakes({ url, size = 1, rows = 'same' }: LoopCall): Promise<Loop> {
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.query('SET enable_seqscan = off; SET jit = off');
  if (rows === 'own') await fill(client);
  const text = rows === 'own' ? takePlain : takeWhole;
  return async (seconds) => {
    const until = performance.now() + seconds * 1_000;
    let count = 0;
    while (performance.now() < until) {
      const taken = await client.query({ name: 'take', text, values: [Date.now(), size] });
      if (taken.rowCount === 0) throw new Error('There are too few tasks for the loop.');
      count += taken.rowCount ?? 0;
    }
    return count;
  };
}

async function fill(client: Client): Promise<void> {
  await client.query(
    'CREATE TABLE bare_jobs (id bigint PRIMARY KEY, state text NOT NULL, due_at bigint NOT NULL, leased_until bigint, request text NOT NULL)',
  );
  await client.query(
    `INSERT INTO bare_jobs SELECT n, 'pending', n, NULL, repeat('x', 150) FROM generate_series(1, ${plainRows}) AS n`,
  );
  await client.query(`CREATE INDEX bare_jobs_due ON bare_jobs (due_at, id) WHERE state = 'pending'`);
  await client.query('VACUUM ANALYZE bare_jobs');
}
