// Connections that are kept for the next statement. One that breaks is replaced by the next one that is needed.

import { type Client, type ClientBase, Pool, type PoolClient } from 'pg';
import { LateClient } from './late-client.ts';
import { connectTimeoutMs, isPooled, keepAliveInitialDelayMillis, type Session } from './session.ts';

export type Connection = PoolClient & Pick<Client, 'end'>;

export interface Connections {
  /**
   * Waits for a connection that nobody uses, and keeps it for itself until the work is done. `begin` has the statements with which a
   * transaction begins on it.
   */
  use<T>(work: (connection: Connection, begin: string) => Promise<T>): Promise<T>;
  /** Drops the connections that nobody uses, and those in use when their work is done. Whoever waits for one has to come again. */
  renew(): void;
  end(): Promise<void>;
}

interface ConnectionOptions {
  url: string;
  max: number;
  answerMs: number;
  session: Session;
}

const waitMs = 5_000;
/** https://www.postgresql.org/docs/current/errcodes-appendix.html: read_only_sql_transaction */
const readOnly = '25006';
const idleTimeoutMs = 60_000;

export function openConnections(options: ConnectionOptions): Connections {
  const { onConnect, begin } = options.session;
  /** Connections that lead to the database itself, where a setting lasts. */
  const direct = new WeakSet<object>();
  async function prepare(connection: ClientBase): Promise<void> {
    const first = { text: onConnect, query_timeout: connectTimeoutMs };
    await connection.query(first);
    if (!(await isPooled(connection))) direct.add(connection);
  }
  let pool = openPool(options, prepare);
  /** Ends the waiting of those who wait for a connection: a pool that ends forgets them. */
  const waiting = new Set<() => void>();

  function take(): Promise<Connection> {
    const given = Promise.withResolvers<Connection>();
    const leave = () => given.reject(new Error('Connection terminated before it was there'));
    waiting.add(leave);
    void hand(given, leave);
    return given.promise;
  }

  async function hand(given: PromiseWithResolvers<Connection>, leave: () => void): Promise<void> {
    try {
      const connection = await pool.connect();
      if (waiting.delete(leave)) given.resolve(connection);
      else connection.release();
    } catch (error) {
      waiting.delete(leave);
      given.reject(error);
    }
  }

  return {
    async use(work) {
      const connection = await take();
      try {
        return await work(connection, direct.has(connection) ? begin.direct : begin.pooled);
      } finally {
        // The pool drops one that has broken, or was ended.
        connection.release();
      }
    },
    renew() {
      void pool.end().catch(() => {});
      pool = openPool(options, prepare);
      for (const leave of waiting) leave();
      waiting.clear();
    },
    end: () => pool.end(),
  };
}

function openPool(
  { url, max, answerMs }: ConnectionOptions,
  prepare: (connection: ClientBase) => Promise<void>,
): Pool {
  const pool = new Pool({
    Client: LateClient,
    connectionString: url,
    application_name: 'plantain',
    max,
    connectionTimeoutMillis: waitMs,
    idleTimeoutMillis: idleTimeoutMs,
    keepAlive: true,
    keepAliveInitialDelayMillis,
    query_timeout: answerMs,
    // A statement is sent before the one before it is answered: https://node-postgres.com/features/pipelining
    pipeline: true,
    // It is waited for, although its type doesn't say so.
    onConnect(connection) {
      // The pool listens only while nobody has the connection, and an error that nobody listens to ends the process. Whoever has it learns
      // of the error by its next statement.
      connection.on('error', () => {});
      return prepare(connection) as unknown as void;
    },
  });
  // A connection that breaks while nobody uses it is no fault of anybody's; the pool has dropped it.
  pool.on('error', () => {});
  return pool;
}

/** Asks for a sign of life on a connection of its own. Rejects within seconds where there is none, and for a database that can only be read. */
export async function probeDatabase(url: string): Promise<void> {
  const client = new LateClient({
    connectionString: url,
    application_name: 'plantain probe',
    connectionTimeoutMillis: connectTimeoutMs,
    query_timeout: connectTimeoutMs,
  });
  client.on('error', () => {});
  try {
    await client.connect();
    const { rows } = await client.query<{ standby: boolean }>('SELECT pg_is_in_recovery() AS standby');
    if (rows[0]?.standby === true)
      throw Object.assign(new Error('it is a standby, which can only be read'), { code: readOnly });
  } finally {
    // Not waited for: one that is broken may never end.
    void client.end().catch(() => {});
  }
}
