// Rows of the database at the end.

import { Client } from 'pg';

export interface TaskRow {
  id: string;
  state: string;
  failure: string | null;
  finishedAt: number | null;
}

export interface AttemptRow {
  taskId: string;
  number: number;
  upstream: string;
  startedAt: number;
  finishedAt: number | null;
  outcome: string | null;
  maybeBilled: boolean;
}

export interface DeliveryRow {
  id: string;
  taskId: string;
  event: string;
  state: string;
}

export interface Rows {
  tasks: TaskRow[];
  attempts: AttemptRow[];
  deliveries: DeliveryRow[];
  /** Tasks that were counted in the transactions of their submits, and of their ends. */
  counted: { submitted: number; ended: number };
  /** Rows of the queue. */
  waiting: number;
}

export async function readRows(url: string): Promise<Rows> {
  const client = new Client({ connectionString: url });
  await client.connect();
  const all = async <T>(sql: string) => (await client.query(sql)).rows as T[];
  try {
    const [counted] = await all<Rows['counted']>(
      `SELECT coalesce(sum(count) FILTER (WHERE name = 'submitted'), 0)::int AS submitted,
         coalesce(sum(count) FILTER (WHERE name LIKE 'ended.%'), 0)::int AS ended FROM task_counts`,
    );
    const [waiting] = await all<{ count: number }>('SELECT count(*)::int AS count FROM waiting');
    return {
      tasks: await all('SELECT id, state, failure, finished_at::float8 AS "finishedAt" FROM tasks'),
      attempts: await all(
        `SELECT task_id AS "taskId", number, upstream, started_at::float8 AS "startedAt", finished_at::float8 AS "finishedAt",
           outcome, maybe_billed = 1 AS "maybeBilled" FROM attempts`,
      ),
      deliveries: await all('SELECT id, task_id AS "taskId", event, state FROM webhook_deliveries'),
      counted: counted ?? { submitted: 0, ended: 0 },
      waiting: waiting?.count ?? 0,
    };
  } finally {
    await client.end();
  }
}
