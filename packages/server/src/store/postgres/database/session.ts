// Settings of a connection to the database.

import type { Client } from 'pg';

/** Statements are planned once. One that was planned while a table was small must not scan the whole of it when it has grown, and none is worth compiling. */
const planning = ['enable_seqscan = off', 'jit = off'];

/** Of a process that vanished with its machine the database notices so within half a minute, and lets go of its locks. */
export const noticing = [
  'tcp_keepalives_idle = 10',
  'tcp_keepalives_interval = 5',
  'tcp_keepalives_count = 3',
];

/** Milliseconds after which a connection that is silent is asked whether it still stands. */
export const keepAliveInitialDelayMillis = 10_000;

/** How long it may take to connect, and to hear the first answer: a database that needs longer is away. */
export const connectTimeoutMs = 3_000;

/** Milliseconds after which a statement, or a transaction, is given up; 0 for never. */
export interface Timeouts {
  /** By the database, which then has done nothing of it. */
  statementMs: number;
  /** By this process, with its connection: the database stalls, or the way to it is cut. */
  answerMs: number;
  /** By the database, of a transaction in which this process asks nothing: others may wait for what it has locked. */
  pauseMs: number;
}

export interface Session {
  /** Statements for a new connection. */
  onConnect: string;
  /** Statements for the beginning of a transaction: behind a pooler, which may give each another connection, and elsewhere. */
  begin: { pooled: string; direct: string };
}

export function sessionOf({ statementMs, pauseMs }: Timeouts): Session {
  const settings = [
    ...planning,
    `statement_timeout = ${statementMs}`,
    `idle_in_transaction_session_timeout = ${pauseMs}`,
  ];
  return {
    onConnect: all('SET', [...settings, ...noticing]),
    begin: { pooled: `BEGIN; ${all('SET LOCAL', settings)}`, direct: 'BEGIN' },
  };
}

const all = (command: string, settings: readonly string[]) =>
  settings.map((setting) => `${command} ${setting}`).join('; ');

/** Whether the process that the connection was told of is another than the one that answers: poolers tell of one that is not there. */
export async function isPooled(
  client: Pick<Client, 'query'> & { processID?: number | null },
): Promise<boolean> {
  const asked = { text: 'SELECT pg_backend_pid() AS pid', query_timeout: connectTimeoutMs };
  const { rows } = await client.query<{ pid: number }>(asked);
  return rows[0]?.pid !== client.processID;
}
