// Settings of a connection to the database.

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

/** Statements for a connection, and for the beginning of a transaction: a pooler between may give it another connection each time. */
export function sessionOf({ statementMs, pauseMs }: Timeouts): { onConnect: string; begin: string } {
  const settings = [
    ...planning,
    `statement_timeout = ${statementMs}`,
    `idle_in_transaction_session_timeout = ${pauseMs}`,
  ];
  return {
    onConnect: all('SET', [...settings, ...noticing]),
    begin: `BEGIN; ${all('SET LOCAL', settings)}`,
  };
}

const all = (command: string, settings: readonly string[]) =>
  settings.map((setting) => `${command} ${setting}`).join('; ');
