// Rows of the database at the end.

import { Client } from 'pg';
import { locks } from 'plantain-server/src/store/postgres/database/locks.ts';

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

type Query = <Row>(sql: string, values?: unknown[]) => Promise<Row[]>;

async function withDatabase<Result>(url: string, work: (query: Query) => Promise<Result>): Promise<Result> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return await work(async (sql, values) => (await client.query(sql, values)).rows);
  } finally {
    await client.end();
  }
}

/** Looks, again and again over one connection, whether one of a name waits within a transaction for its client and has the lock of takes. */
export async function openLockLook(
  url: string,
): Promise<{ holdsTakes(name: string): Promise<boolean>; close(): Promise<void> }> {
  const client = new Client({ connectionString: url });
  await client.connect();
  return {
    async holdsTakes(name) {
      const { rows } = await client.query({ name: 'look', text: holderSql, values: [name, locks.takes] });
      return rows.length > 0;
    },
    close: () => client.end(),
  };
}

const holderSql = `SELECT FROM pg_stat_activity JOIN pg_locks USING (pid)
  WHERE application_name = $1 AND state = 'idle in transaction' AND locktype = 'advisory' AND granted AND objid::bigint = $2`;

export function readRows(url: string): Promise<Rows> {
  return withDatabase(url, async (all: Query) => {
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
  });
}
