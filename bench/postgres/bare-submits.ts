// The limit of submits: `pg` inserts the rows that a submit inserts, and nothing else is done. A group is one transaction.

import { Client } from 'pg';
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
    INSERT INTO tasks (id, key_id, state, action, model, inputs, created_at, updated_at, due_at, deadline_at, changed, request)
    SELECT id, 'key_bench', 'pending', 'generate', 'nano-banana', 0, $2::bigint, $2, $2, $2 + 86400000, pg_current_xact_id()::text::bigint, $3
    FROM unnest($1::text[]) AS asked (id) RETURNING id, due_at, deadline_at)
  INSERT INTO waiting (model, inputs, due_at, task_id, deadline_at, resumes) SELECT 'nano-banana', 0, due_at, id, deadline_at, false FROM inserted`;

/** Counts rows. */
export async function createBareSubmits({ url, size = 1 }: LoopCall): Promise<Loop> {
  const clients = Array.from({ length: connections }, () => new Client({ connectionString: url }));
  for (const client of clients) await client.connect();
  return async (seconds) => {
    const until = performance.now() + seconds * 1_000;
    let count = 0;
    const insertOn = async (client: Client) => {
      while (performance.now() < until) {
        const ids = Array.from({ length: size }, () => newTaskId());
        await client.query({ name: 'insert', text: insert, values: [ids, Date.now(), request] });
        count += size;
      }
    };
    await Promise.all(clients.map(insertOn));
    return count;
  };
}
