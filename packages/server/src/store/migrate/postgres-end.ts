// The store on PostgreSQL as an end of a move: one connection, which holds the database for itself.

import { Client } from 'pg';
import { StartRefusedError } from '../../core/errors.ts';
import { liveMs } from '../../core/nodes/nodes.ts';
import { nameOfDatabase } from '../postgres/database/address.ts';
import type { TransactionWork } from '../postgres/database/database.ts';
import { toStartRefusal } from '../postgres/database/faults.ts';
import { locks } from '../postgres/database/locks.ts';
import { migrate, readVersion, unfinishedMove } from '../postgres/database/migrate.ts';
import { migrations } from '../postgres/database/migrations.ts';
import { startSystemTimer, type StartTimer } from '../../lib/timers.ts';
import { connectTimeoutMs, noticing } from '../postgres/database/session.ts';
import { type Query, queryOn } from '../postgres/database/statements.ts';
import { readSecrets, storeSecrets } from '../postgres/link-secrets.ts';
import type { MoveProgress, StoreEnd, TargetEnd } from './store-end.ts';
import { createReads } from './postgres-pages.ts';
import { createWrites } from './postgres-writes.ts';

/** Opens a database to be read. An older schema is brought up to date first, as by a start of the server. */
export function openPostgresSource(url: string, startTimer = startSystemTimer): Promise<StoreEnd> {
  return opened({ url, given: '--from', startTimer }, async (query, close) => {
    const [is] = await query(`SELECT to_regclass('plantain_schema') IS NOT NULL AS "there"`);
    if (is?.['there'] !== true)
      throw new StartRefusedError(`There is nothing of Plantain in the database ${nameOfDatabase(url)}.`);
    if ((await readVersion(query)) !== migrations.length) await migrateOn(query);
    if ((await findProgress(query)) !== null)
      throw new StartRefusedError(
        `The database ${nameOfDatabase(url)} is itself the target of a move that has not ended.`,
      );
    return { ...createReads(query), readLinkSecrets: () => readSecrets(query), close };
  });
}

/** Opens a database to be filled, making the tables where there are none. */
export function openPostgresTarget(url: string, startTimer = startSystemTimer): Promise<TargetEnd> {
  return opened({ url, given: '--to', startTimer }, async (query, close) => {
    await migrateOn(query);
    // Progress and rows are of one transaction, so a crash of the database loses both or none; the last commit waits for all.
    await query('SET synchronous_commit = off');
    return {
      ...createReads(query),
      ...createWrites(query, transactionOn(query)),
      readProgress: () => findProgress(query),
      readLinkSecrets: () => readSecrets(query),
      storeLinkSecrets: (secrets) => transactionOn(query)((inside) => storeSecrets(inside, secrets)),
      close,
    };
  });
}

interface Database {
  url: string;
  /** Option of the command that the address was given by. */
  given: '--from' | '--to';
  startTimer: StartTimer;
}

async function opened<End extends StoreEnd>(
  { url, given, startTimer }: Database,
  open: (query: Query, close: () => Promise<void>) => Promise<End>,
): Promise<End> {
  const client = new Client({
    connectionString: url,
    application_name: 'plantain migrate-data',
    keepAlive: true,
    connectionTimeoutMillis: connectTimeoutMs,
  });
  // Its loss fails the next statement, which tells of it.
  client.on('error', () => {});
  const query: Query = async (sql, values) => {
    try {
      return await queryOn(client, () => true)(sql, values);
    } catch (error) {
      throw toStartRefusal(error, url, given);
    }
  };
  try {
    await client.connect().catch((error: unknown) => {
      throw toStartRefusal(error, url, given);
    });
    for (const setting of [...noticing, 'jit = off', 'statement_timeout = 0']) await query(`SET ${setting}`);
    await hold(query, url, startTimer);
    return await open(query, () => client.end());
  } catch (error) {
    await client.end();
    throw error;
  }
}

/** The database may take a moment to notice that a move before this one was killed. */
const tries = 5;
const betweenTriesMs = 1_000;

/** Takes the lock that servers hold while they work. */
async function hold(query: Query, url: string, startTimer: StartTimer): Promise<void> {
  for (let left = tries; left > 0; left -= 1) {
    const [row] = await query('SELECT pg_try_advisory_lock($1) AS taken', [locks.servers]);
    if (row?.['taken'] === true && !(await hasLiveNodes(query))) return;
    if (row?.['taken'] === true) await query('SELECT pg_advisory_unlock($1)', [locks.servers]);
    await new Promise<void>((resolve) => void startTimer(resolve, betweenTriesMs));
  }
  throw new StartRefusedError(
    `A server works on the database ${nameOfDatabase(url)}, or another move. Stop all servers on it, and wait half a minute where one was killed.`,
  );
}

/** Servers behind a pooler hold no lock, but say now and then that they live. */
async function hasLiveNodes(query: Query): Promise<boolean> {
  const [table] = await query(`SELECT to_regclass('nodes') IS NOT NULL AS "there"`);
  if (table?.['there'] !== true) return false;
  const rows = await query(
    `SELECT FROM nodes WHERE heartbeat_at > extract(epoch FROM clock_timestamp()) * 1000 - ${liveMs}`,
  );
  return rows.length > 0;
}

type InTransaction = <T>(work: TransactionWork<T>) => Promise<T>;

function transactionOn(query: Query): InTransaction {
  return async (work) => {
    await query('BEGIN');
    try {
      const value = await work(query, () => {});
      await query('COMMIT');
      return value;
    } catch (error) {
      await query('ROLLBACK').catch(() => {});
      throw error;
    }
  };
}

const migrateOn = (query: Query) => migrate({ transaction: transactionOn(query) });

async function findProgress(query: Query): Promise<MoveProgress | null> {
  const [is] = await query(unfinishedMove);
  if (is?.['unfinished'] !== true) return null;
  const [row] = await query('SELECT progress FROM move_progress');
  return row === undefined ? null : (JSON.parse(String(row['progress'])) as MoveProgress);
}
