// Two stores on one database, as two processes have them, and statements of a third.

import { onTestFinished } from 'vitest';
import { type Change, createLocalChanges } from '../../../core/tasks/changes.ts';
import { newTaskId } from '../../../lib/ids.ts';
import { start, view } from '../../conformance/store.fixture.ts';
import type { Store } from '../../store.ts';
import { type Database, openDatabase } from './database.ts';
import { createPostgresStore } from '../postgres-store.ts';
import { createDatabase } from './store.fixture.ts';

/** Opens the two for the test that runs; `told` are the changes that the first one notifies its listeners of: its own, and the other's. */
export async function openTwoStores() {
  const { url, drop } = await createDatabase();
  const told: Change[] = [];
  const database = openDatabase({ url });
  const open = async (listen: (change: Change) => void) => {
    const changes = createLocalChanges();
    changes.listen(listen);
    const { store, feed } = createPostgresStore({ url, changes });
    await feed.follow();
    return store;
  };
  const stores: [Store, Store] = [await open((change) => told.push(change)), await open(() => {})];
  onTestFinished(async () => {
    for (const each of [...stores, database]) await each.close();
    await drop();
  });
  return { database, stores, told, url };
}

/** Does something so many times at once, in turn on the one and on the other; gives what each time gave, in their order. */
export function inBoth<Value>(
  stores: readonly [Store, Store],
  count: number,
  work: (store: Store, index: number) => Promise<Value>,
): Promise<Value[]> {
  return Promise.all(
    Array.from({ length: count }, (_, index) => work(stores[index % 2 === 0 ? 0 : 1], index)),
  );
}

/** Inserts failed tasks, as a process would have left them; gives their ids. */
export async function insertFailed(
  { query }: Pick<Database, 'query'>,
  count: number,
  finishedAt = start,
): Promise<string[]> {
  const ids = Array.from({ length: count }, () => newTaskId());
  await query(
    `INSERT INTO tasks (id, key_id, state, view_key, view, action, model, inputs, created_at, updated_at, due_at, deadline_at, finished_at,
       changed, failure, request)
     SELECT id, 'key_a', 'error', 'k', $3, 'generate', 'nano-banana', 0, $2::bigint, $2, $2, $2 + 1, $2, 0, '{}', '{}' FROM unnest($1::text[]) AS t (id)`,
    [ids, finishedAt, view.text],
  );
  return ids;
}

/** Inserts succeeded tasks, each with a picture of the key `picture_` and its id; gives the ids. */
export async function insertSucceeded(database: Pick<Database, 'query'>, count: number): Promise<string[]> {
  const ids = await insertFailed(database, count);
  await database.query(
    `UPDATE tasks SET state = 'succeeded', failure = NULL, result = '{"pictures":[{"key":"picture_' || id || '"}]}' WHERE id = ANY ($1)`,
    [ids],
  );
  return ids;
}

/** Number of deadlocks of the database so far. */
export async function deadlocks({ query }: Pick<Database, 'query'>): Promise<number> {
  await query('SELECT pg_stat_force_next_flush()');
  const [row] = await query('SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()');
  return Number(row?.['deadlocks']);
}
