// Small transactions of many connections, as several servers have them, that tell others in one of three ways: not at all, by a
// notification soon after the commit, as the store does it, or by one within each transaction.

import { Client } from 'pg';
import { createLocalChanges } from 'plantain-server/src/core/tasks/changes.ts';
import { channel } from 'plantain-server/src/store/postgres/changes/listener.ts';
import { createPostgresStore } from 'plantain-server/src/store/postgres/postgres-store.ts';
import type { LoopCall } from './loops.ts';
import type { Loop } from './loops-process.ts';

const connections = 8;

/** Counts rows. */
export async function createNotifyingInserts({ url, size = 1, notify = 'never' }: LoopCall): Promise<Loop> {
  const clients = Array.from({ length: connections }, () => new Client({ connectionString: url }));
  for (const client of clients) await client.connect();
  await clients[0]?.query('CREATE TABLE IF NOT EXISTS bare_rows (n bigint NOT NULL, request text NOT NULL)');
  // Beside the notifications this looks for changes once a second, and it is there in all three ways.
  const { feed } = createPostgresStore({ url, changes: createLocalChanges() });
  const insert = `INSERT INTO bare_rows SELECT n, repeat('x', 150) FROM generate_series(1, ${size}) AS n`;
  const commit = notify === 'inside' ? `SELECT pg_notify('${channel}', ''); COMMIT` : 'COMMIT';
  return async (seconds) => {
    const until = performance.now() + seconds * 1_000;
    let count = 0;
    const insertOn = async (client: Client) => {
      while (performance.now() < until) {
        await client.query(`BEGIN; ${insert}; ${commit}`);
        count += size;
        if (notify === 'coalesced') feed.tell();
      }
    };
    await Promise.all(clients.map(insertOn));
    return count;
  };
}
