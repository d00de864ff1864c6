// Connections to the database: a small pool for reads and transactions. A connection that breaks is replaced by the next one that is
// needed, so a database that was away is used again as soon as it is back.

import { Pool, type PoolClient, type QueryResult } from 'pg';
import { type Commits, createCommits } from '../changes/commits.ts';
import { isConflict, isSilence, isUnprepared, toStoreError } from './faults.ts';
import { type Query, queryOn } from './statements.ts';

export interface Database {
  /** Runs one statement by itself. Rejects with `RequestError` (`overloaded`) while the database is away. */
  query: Query;
  /** Runs `work` in one transaction, again where it met another one. Rejects as `query` does. */
  transaction<T>(work: (query: Query) => Promise<T>): Promise<T>;
  /** Commits of its transactions. */
  commits: Pick<Commits, 'settled' | 'isOwn' | 'forget'>;
  /** Ends all connections, when what they do is done; what comes later is refused. */
  close(): Promise<void>;
}

export interface DatabaseOptions {
  /** `postgres://user:password@host:port/database`, with parameters such as `sslmode`: https://node-postgres.com/features/connecting#connection-uri */
  url: string;
  /** Maximal number of connections. */
  maxConnections?: number;
  timeouts?: Timeouts;
}

/** Milliseconds after which a statement is given up; 0 for never. */
interface Timeouts {
  /** By the database, which then has done nothing of it. */
  statementMs: number;
  /** By this process, with its connection: the database stalls, or the way to it is cut. */
  answerMs: number;
}

const defaultConnections = 8;
const connectTimeoutMs = 5_000;
const idleTimeoutMs = 60_000;
/** The longest are those that change all that waits. */
const defaultTimeouts: Timeouts = { statementMs: 60_000, answerMs: 65_000 };
const maxTries = 6;
/**
 * Statements are planned once. One that was planned while a table was small must not scan the whole of it when it has grown, and none is
 * worth compiling.
 */
const planning = ['enable_seqscan = off', 'jit = off'];
/** Of a process that vanished with its machine the database notices so within half a minute, and lets go of its locks. */
export const noticing = [
  'tcp_keepalives_idle = 10',
  'tcp_keepalives_interval = 5',
  'tcp_keepalives_count = 3',
];
/** Milliseconds after which a connection that is silent is asked whether it still stands. */
export const keepAliveInitialDelayMillis = 10_000;
/** Gives the number of the transaction's changes, too. */
const commit = 'SELECT pg_current_xact_id_if_assigned()::text AS number; COMMIT';

const all = (command: string, settings: readonly string[]) =>
  settings.map((setting) => `${command} ${setting}`).join('; ');

export function openDatabase({
  url,
  maxConnections = defaultConnections,
  timeouts = defaultTimeouts,
}: DatabaseOptions): Database {
  const { statementMs, answerMs } = timeouts;
  const settings = [
    ...planning,
    `statement_timeout = ${statementMs}`,
    `idle_in_transaction_session_timeout = ${answerMs}`,
  ];
  const begin = `BEGIN; ${all('SET LOCAL', settings)}`;
  const pool = new Pool({
    connectionString: url,
    application_name: 'plantain',
    max: maxConnections,
    connectionTimeoutMillis: connectTimeoutMs,
    idleTimeoutMillis: idleTimeoutMs,
    keepAlive: true,
    keepAliveInitialDelayMillis,
    query_timeout: answerMs,
    // It is waited for, although its type doesn't say so. A pooler between may give the settings to another connection; then statements
    // are not planned once either.
    onConnect(connection) {
      // The pool listens only while nobody has the connection, and an error that nobody listens to ends the process. Whoever has it learns
      // of the error by its next statement.
      connection.on('error', () => {});
      return connection.query(all('SET', [...settings, ...noticing])) as unknown as void;
    },
  });
  // A connection that breaks while nobody uses it is no fault of anybody's; the pool has dropped it.
  pool.on('error', () => {});
  const { isPrepared, again } = createPreparing();
  const read = queryOn(pool, isPrepared);
  const commits = createCommits();
  const { whileOpen, close } = createOpening();
  let ended: Promise<void> | undefined;

  return {
    commits,
    query: (sql, values) => whileOpen(() => explained(() => again(() => read(sql, values)))),
    transaction: (work) =>
      whileOpen(() =>
        explained(() =>
          repeated(() => again(() => inTransaction({ pool, begin, isPrepared, commits }, work))),
        ),
      ),
    close: () => (ended ??= close().then(() => pool.end())),
  };
}

/** Lets work begin until it is closed: a pool that ends forgets those who wait for a connection. */
function createOpening() {
  const underWay = new Set<Promise<unknown>>();
  let isClosed = false;
  return {
    async whileOpen<T>(work: () => Promise<T>): Promise<T> {
      if (isClosed) throw new Error('The store is closed.');
      const mine = work();
      underWay.add(mine);
      try {
        return await mine;
      } finally {
        underWay.delete(mine);
      }
    },
    async close() {
      isClosed = true;
      await Promise.allSettled(underWay);
    },
  };
}

/** Whether statements are prepared: until a pooler between shows that it hands connections on. */
function createPreparing() {
  let prepared = true;
  return {
    isPrepared: () => prepared,
    /** Does it once more, without preparing, where that was what failed. */
    async again<T>(work: () => Promise<T>): Promise<T> {
      try {
        return await work();
      } catch (error) {
        if (!isUnprepared(error)) throw error;
        prepared = false;
        return await work();
      }
    },
  };
}

async function inTransaction<T>(
  {
    pool,
    begin,
    isPrepared,
    commits,
  }: { pool: Pool; begin: string; isPrepared: () => boolean; commits: Commits },
  work: (query: Query) => Promise<T>,
): Promise<T> {
  const connection = await pool.connect();
  let broken: unknown;
  try {
    await connection.query(begin);
    const value = await work(queryOn(connection, isPrepared));
    await commits.run(() => committed(connection));
    return value;
  } catch (error) {
    broken = isSilence(error) ? error : await rollBack(connection);
    throw error;
  } finally {
    connection.release(broken !== undefined);
  }
}

/** Several statements have several results, which the types of `pg` don't know. */
async function committed(connection: PoolClient): Promise<number | null> {
  const results = (await connection.query(commit)) as unknown as QueryResult<{ number: string | null }>[];
  const number = results[0]?.rows[0]?.number ?? null;
  return number === null ? null : Number(number);
}

/** Gives what went wrong, where the connection can't be used any more. */
async function rollBack(connection: PoolClient): Promise<unknown> {
  try {
    await connection.query('ROLLBACK');
    return undefined;
  } catch (error) {
    return error;
  }
}

async function repeated<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      if (!isConflict(error) || tries === maxTries) throw error;
    }
  }
}

async function explained<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw toStoreError(error);
  }
}
