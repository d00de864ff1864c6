// Tasks that come, end and are deleted, as on a server whose retention has begun to delete: whether autovacuum follows.

import type { Database } from 'plantain-server/src/store/postgres/database/database.ts';
import type { Store } from 'plantain-server/src/store/store.ts';
import { lifeOfTask } from './operations.ts';

const seconds = 180;
const sampleMs = 30_000;
const dayMs = 86_400_000;
const tables = ['tasks', 'attempts', 'webhook_deliveries', 'waiting'];

/** Deletes 100 tasks for each 64 that come, are taken and end, and tells every half a minute how many dead rows there are. */
export async function churn(store: Store, { query }: Pick<Database, 'query'>): Promise<void> {
  const operations = new Map(lifeOfTask(store).map(({ name, run }) => [name, run]));
  const run = async (name: string) => await operations.get(name)?.();
  const until = performance.now() + seconds * 1_000;
  let [sampleAt, ended, deleted] = [performance.now() + sampleMs, 0, 0];
  while (performance.now() < until) {
    await run('64 submits at once');
    for (let taken = 0; taken < 64; taken += 8) {
      await run('take of 8');
      await Promise.all(Array.from({ length: 8 }, () => run('open an attempt')));
      await Promise.all(Array.from({ length: 8 }, () => run('end a task')));
      ended += 8;
    }
    deleted += await store.deleteFinished({
      finishedBy: Date.now() - 16 * dayMs,
      at: Date.now(),
      limit: 100,
    });
    if (performance.now() < sampleAt) continue;
    sampleAt += sampleMs;
    console.log(`  ${ended} ended, ${deleted} deleted; dead rows: ${await deadRows(query)}`);
  }
}

async function deadRows(query: Database['query']): Promise<string> {
  const rows = await query(
    `SELECT relname AS name, n_dead_tup AS dead, autovacuum_count AS vacuums, pg_size_pretty(pg_total_relation_size(relid)) AS size
     FROM pg_stat_user_tables WHERE relname = ANY ($1) ORDER BY relname`,
    [tables],
  );
  return rows
    .map(
      ({ name, dead, vacuums, size }) =>
        `${String(name)} ${String(dead)} (${String(vacuums)} vacuums, ${String(size)})`,
    )
    .join(', ');
}
