// Transactions that a test holds open, each on a connection of its own.

import { Client } from 'pg';
import { newTaskId } from '../../../lib/ids.ts';
import { changedNow } from '../changes-order.ts';

export interface OpenTransaction {
  /** Inserts a task of `key_a`, and gives its id. */
  insertTask(): Promise<string>;
  query(sql: string): Promise<void>;
  commit(): Promise<void>;
  rollBack(): Promise<void>;
}

export async function openTransaction(url: string): Promise<OpenTransaction> {
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.query('BEGIN');
  const end = async (command: string) => {
    await client.query(command);
    await client.end();
  };
  return {
    async insertTask() {
      const id = newTaskId();
      await client.query(
        `INSERT INTO tasks (id, key_id, state, action, model, inputs, created_at, updated_at, due_at, deadline_at, changed, request)
         VALUES ($1, 'key_a', 'pending', 'generate', 'nano-banana', 0, 1, 1, 1, 2, ${changedNow}, '{"prompt":"a","inputs":[]}')`,
        [id],
      );
      return id;
    },
    query: async (sql) => void (await client.query(sql)),
    commit: () => end('COMMIT'),
    rollBack: () => end('ROLLBACK'),
  };
}

/** Inserts a task in a transaction of its own, and gives its id. */
export async function insertTask(url: string): Promise<string> {
  const transaction = await openTransaction(url);
  const id = await transaction.insertTask();
  await transaction.commit();
  return id;
}

/** Begins a transaction that writes, in this database, and so has a number. */
export async function openWrite(url: string): Promise<OpenTransaction> {
  const transaction = await openTransaction(url);
  await transaction.query('SELECT pg_current_xact_id()');
  return transaction;
}
