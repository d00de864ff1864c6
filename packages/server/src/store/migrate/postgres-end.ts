// The store on PostgreSQL as an end of a move: one connection, which holds the database for itself.

import { Client } from 'pg';
import { StartRefusedError } from '../../core/errors.ts';
import { toStartRefusal } from '../postgres/database/faults.ts';
import { locks } from '../postgres/database/locks.ts';
import { migrate, readVersion, unfinishedMove } from '../postgres/database/migrate.ts';
import { migrations } from '../postgres/database/migrations.ts';
import { noticing } from '../postgres/database/session.ts';
import { type Query, queryOn } from '../postgres/database/statements.ts';
import { readSecrets, storeSecrets } from '../postgres/link-secrets.ts';
import type { MoveProgress, StoreEnd, TargetEnd } from './store-end.ts';
import { createReads } from './postgres-pages.ts';
import { createWrites } from './postgres-writes.ts';

/** Opens a database to be read. An older schema is brought up to date first, as by a start of the server. */
export function openPostgresSource(url: string): Promise<StoreEnd> {
  return opened(url, async (query, close) => {
    const [is] = await query(`SELECT to_regclass('plantain_schema') IS NOT NULL AS "there"`);
    if (is?.['there'] !== true)
      throw new StartRefusedError(`There is nothing of Plantain in ${placeIn(url)}.`);
    if ((await readVersion(query)) !== migrations.length) await migrateOn(query);
    if ((await findProgress(query)) !== null)
      throw new StartRefusedError(`${placeIn(url)} is itself the target of a move that has not ended.`);
    return { ...createReads(query), readLinkSecrets: () => readSecrets(query), close };
  });
}

/** Opens a database to be filled, making the tables where there are none. */
export function openPostgresTarget(url: string): Promise<TargetEnd> {
  return opened(url, async (query, close) => {
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

const placeIn = (url: string) => `the database ${new URL(url).pathname.slice(1)}`;

async function opened<End extends StoreEnd>(
  url: string,
  open: (query: Query, close: () => Promise<void>) => Promise<End>,
): Promise<End> {
  const client = new Client({
    connectionString: url,
    application_name: 'plantain migrate-data',
    keepAlive: true,
  });
  // Its loss fails the next statement, which tells of it.
  client.on('error', () => {});
  const query: Query = async (sql, values) => {
    try {
      return await queryOn(client, () => true)(sql, values);
    } catch (error) {
      throw toStartRefusal(error, url);
    }
  };
  try {
    await client.connect().catch((error: unknown) => {
      throw toStartRefusal(error, url);
    });
    for (const setting of [...noticing, 'jit = off', 'statement_timeout = 0']) await query(`SET ${setting}`);
    await hold(query, url);
    return await open(query, () => client.end());
  } catch (error) {
    await client.end();
    throw error;
  }
}

/** Takes the locks that servers hold while they work. */
async function hold(query: Query, url: string): Promise<void> {
  for (const lock of [locks.onlyServer, locks.servers]) {
    const [row] = await query('SELECT pg_try_advisory_lock($1) AS taken', [lock]);
    if (row?.['taken'] !== true)
      throw new StartRefusedError(
        `A server works on ${placeIn(url)}, or another move. Stop all servers on it, and wait half a minute where one was killed.`,
      );
  }
}

type InTransaction = <T>(work: (query: Query) => Promise<T>) => Promise<T>;

function transactionOn(query: Query): InTransaction {
  return async (work) => {
    await query('BEGIN');
    try {
      const value = await work(query);
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
