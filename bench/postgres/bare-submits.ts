// The limits of submits: `pg` inserts the rows that a submit inserts, and nothing else is done. Either groups of rows are inserted, each in one
// transaction, or each row by itself, as a program does that asks a pool whenever it has one.

import { Client, Pool } from 'pg';
import { newTaskId } from 'plantain-server/src/lib/ids.ts';
import type { LoopCall } from './loops.ts';
import type { Loop } from './loops-process.ts';

/** As many as the server writes on. */
const connections = 3;
const request = JSON.stringify({
  prompt: '[[hang]] a banana on a skateboard, in the rain',
  inputs: [],
  aspectRatio: '16:9',
  imageSize: '1K',
});

const insert = `WITH inserted AS (
    INSERT INTO tasks (id, key_id, owner_id, state, action, model, inputs, created_at, updated_at, due_at, deadline_at, changed, request)
    SELECT id, 'key_bench', 'key_bench', 'pending', 'generate', 'nano-banana', 0, $2::bigint, $2, $2, $2 + 86400000, pg_current_xact_id()::text::bigint, $3
    FROM unnest($1::text[]) AS asked (id) RETURNING id, due_at, deadline_at),
  arrived AS (
    INSERT INTO arrivals (model, inputs, owner_id, rank, task_id) SELECT 'nano-banana', 0, 'key_bench', 0, id FROM inserted ORDER BY id LIMIT 1)
  INSERT INTO waiting (model, inputs, owner_id, rank, task_id, key_id, due_at, deadline_at, state)
  SELECT 'nano-banana', 0, 'key_bench', 0, id, 'key_bench', due_at, deadline_at, 'ready' FROM inserted`;

const insertOf = (size: number) => ({
  name: 'insert',
  text: insert,
  values: [Array.from({ length: size }, () => newTaskId()), Date.now(), request],
});

/** Counts rows. */
export async function createBareSubmits({ url, size = 1, atOnce }: LoopCall): Promise<Loop> {
  if (atOnce !== undefined) return createPooledSubmits(url, atOnce);
  const clients = Array.from({ length: connections }, () => new Client({ connectionString: url }));
  for (const client of clients) await client.connect();
  return async (seconds) => {
    const until = performance.now() + seconds * 1_000;
    let count = 0;
    const insertOn = async (client: Client) => {
      while (performance.now() < until) {
        await client.query(insertOf(size));
        count += size;
      }
    };
    await Promise.all(clients.map(insertOn));
    return count;
  };
}

function createPooledSubmits(url: string, atOnce: number): Loop {
  const pool = new Pool({ connectionString: url });
  return async (seconds) => {
    const until = performance.now() + seconds * 1_000;
    let count = 0;
    const insertSome = async () => {
      for (; performance.now() < until; count += 1) await pool.query(insertOf(1));
    };
    await Promise.all(Array.from({ length: atOnce }, insertSome));
    return count;
  };
}
