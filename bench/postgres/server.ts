// PostgreSQL of the bench: a server of its own, on its cores, that syncs its log, and a database for each measurement.

import { execFileSync } from 'node:child_process';
import { Client } from 'pg';
import { migrateAt } from 'plantain-server/src/store/postgres/database/migrate.ts';
import { startPostgres } from 'plantain-server/src/store/postgres/database/server.fixture.ts';
import { childrenOf, familyMs, postgresCores } from '../processes.ts';

export interface BenchPostgres {
  /**
   * Makes a database with the schema; gives its address. With `addedSyncMs` whoever syncs the log waits for so long first (`commit_delay`),
   * with the lock of the log held. It is kinder than a disk that is slower by so much: commits that arrive meanwhile join that sync.
   */
  createDatabase(options?: { addedSyncMs?: number }): Promise<string>;
  /** Meter of the processor time of all its processes, ms so far. */
  processorMs(): number;
  stop(): Promise<void>;
}

/** As on a machine of its own; what it writes is synced. */
const flags = [
  'max_connections=200',
  'shared_buffers=1GB',
  'max_wal_size=4GB',
  'shared_preload_libraries=pg_stat_statements',
].flatMap((setting) => ['-c', setting]);

export async function startBenchPostgres(): Promise<BenchPostgres> {
  const server = await startPostgres(flags);
  const url = server.urlOf('postgres');
  const postmaster = await withClient(url, postmasterOf);
  for (const pid of [postmaster, ...childrenOf(postmaster)]) pin(pid);
  let made = 0;
  return {
    async createDatabase({ addedSyncMs = 0 } = {}) {
      made += 1;
      const name = `bench_${made}`;
      await withClient(url, async (client) => {
        await client.query(`CREATE DATABASE ${name}`);
        if (addedSyncMs === 0) return;
        await client.query(`ALTER DATABASE ${name} SET commit_delay = ${addedSyncMs * 1_000}`);
        await client.query(`ALTER DATABASE ${name} SET commit_siblings = 0`);
      });
      const address = server.urlOf(name);
      await migrateAt(address);
      return address;
    },
    processorMs: () => familyMs(postmaster),
    stop: server.stop,
  };
}

/** Runs `work` on a connection of its own. */
export async function withClient<Value>(
  url: string,
  work: (client: Client) => Promise<Value>,
): Promise<Value> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** Process that is the parent of the one behind this connection. */
async function postmasterOf(client: Client): Promise<number> {
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  return Number(execFileSync('ps', ['-o', 'ppid=', '-p', String(rows[0]?.pid)], { encoding: 'utf8' }));
}

/** New connections inherit it from the first process. */
function pin(pid: number): void {
  execFileSync('taskset', ['-acp', postgresCores, String(pid)], { stdio: 'ignore' });
}
