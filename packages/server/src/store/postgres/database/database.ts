// The database as the store asks it: single statements and transactions, each tried again where that is safe, and refused at once while the
// database is away.

import type { ClientBase, QueryConfig, QueryResult } from 'pg';
import { startSystemTimer, type StartTimer } from '../../../lib/timers.ts';
import { type Commits, createCommits } from '../changes/commits.ts';
import { untilNoConflict } from './conflicts.ts';
import { type Connection, openConnections, probeDatabase } from './connections.ts';
import { isOutdated, isSilence, isUnprepared } from './faults.ts';
import { createPresence, type Presence, type PresenceListener } from './presence.ts';
import { sessionOf, type Timeouts } from './session.ts';
import { prepareAnew, type Query, queryOn } from './statements.ts';

export interface Database {
  /** Runs one statement by itself. Rejects with `RequestError` (`overloaded`) while the database is away. */
  query: Query;
  /**
   * Runs `work` in one transaction, again where it met another one. It need not wait for a statement whose rows it does not need: the
   * transaction does, and fails with the first that failed. `first` is a statement that comes with its beginning. Where `work` knows the number
   * of the transaction, it is not asked for; `null` says that it has changed nothing. Rejects as `query` does.
   */
  transaction<T>(work: TransactionWork<T>, first?: string): Promise<T>;
  /** Commits of its transactions. */
  commits: Pick<Commits, 'settled' | 'isOwn' | 'forget'>;
  /** Ends all connections, when what they do is done; what comes later is refused. */
  close(): Promise<void>;
}

export type TransactionWork<T> = (query: Query, numbered: (number: string | null) => void) => Promise<T>;

export interface DatabaseOptions {
  /** `postgres://user:password@host:port/database`, with parameters such as `sslmode`: https://node-postgres.com/features/connecting#connection-uri */
  url: string;
  /** Maximal numbers of connections, for single statements and for transactions. */
  connections?: { reads: number; writes: number };
  timeouts?: Timeouts;
  listener?: PresenceListener;
  startTimer?: StartTimer;
}

type Asked = Pick<ClientBase, 'query'>;

const defaultConnections = { reads: 4, writes: 4 };
/**
 * The longest statements are those that change all that waits. A process that is stopped, or cut off, while it has the lock of takes holds
 * up all others: for less than a lease, and longer than any turn of an event loop.
 */
const defaultTimeouts: Timeouts = { statementMs: 60_000, answerMs: 65_000, pauseMs: 5_000 };
/** Commit that gives the number of the transaction's changes. */
const commit = 'SELECT pg_current_xact_id_if_assigned()::text AS number; COMMIT';

export function openDatabase({
  url,
  connections = defaultConnections,
  timeouts = defaultTimeouts,
  listener,
  startTimer = startSystemTimer,
}: DatabaseOptions): Database {
  const session = sessionOf(timeouts);
  const open = (max: number) => openConnections({ url, max, answerMs: timeouts.answerMs, session });
  // Reads wait for reads only, however many writes wait for locks, and a write never waits for a connection.
  const reads = open(connections.reads);
  const writes = open(connections.writes);
  const presence = createPresence({
    probe: () => probeDatabase(url),
    dropIdle() {
      reads.renew();
      writes.renew();
    },
    listener,
    startTimer,
  });
  const { isPrepared, again } = createPreparing();
  const commits = createCommits();
  const { whileOpen, close } = createOpening();
  const read: Query = (sql, values) =>
    reads.use((connection) => queryOn(watched(connection, presence), isPrepared)(sql, values));
  const write = <T>(work: TransactionWork<T>, first: string) =>
    writes.use((pooled, begin) => {
      const connection = watched(pooled, presence);
      const query = queryOn(connection, isPrepared);
      return inTransaction({ connection, query, begin: `${begin}; ${first}`, commits }, work);
    });
  let ended: Promise<void> | undefined;
  async function end(): Promise<void> {
    await close();
    presence.close();
    await Promise.all([reads.end(), writes.end()]);
  }

  return {
    commits,
    query: (sql, values) => whileOpen(() => presence.whileThere(() => again(() => read(sql, values)))),
    transaction: (work, first = '') =>
      whileOpen(() =>
        presence.whileThere(() => untilNoConflict(() => again(() => write(work, first)), startTimer)),
      ),
    close: () => (ended ??= end()),
  };
}

/** Has the presence wait for every answer of a connection, and cut it off where none will come. */
function watched(connection: Connection, presence: Presence): Asked {
  // Not by its end, which would wait for the answer.
  const giveUp = () => void connection.connection.stream.destroy();
  async function query(asked: string | QueryConfig) {
    sendTogether(connection.connection);
    try {
      return await presence.answer(connection.query(asked), giveUp);
    } catch (error) {
      // Nothing more can be asked behind what was not answered.
      if (isSilence(error)) giveUp();
      throw error;
    }
  }
  return { query };
}

/** Has the statements of one turn leave in one packet: those of a transaction come one behind the other, and a packet costs as much as a statement. */
function sendTogether({ stream }: Connection['connection']): void {
  if (stream.writableCorked > 0) return;
  stream.cork();
  process.nextTick(() => stream.uncork());
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
  /** Whether it may go better the next time. */
  function isMended(error: unknown, isSecond: boolean): boolean {
    if (isOutdated(error) && !isSecond) prepareAnew();
    else if (isOutdated(error) || isUnprepared(error)) prepared = false;
    else return false;
    return true;
  }
  return {
    isPrepared: () => prepared,
    /** Does it once more where what was prepared is the fault: prepared anew, else without preparing. */
    async again<T>(work: () => Promise<T>): Promise<T> {
      for (let tries = 1; ; tries += 1) {
        try {
          return await work();
        } catch (error) {
          if (tries === 3 || !isMended(error, tries > 1)) throw error;
        }
      }
    },
  };
}

interface TransactionParts {
  connection: Asked;
  query: Query;
  begin: string;
  commits: Commits;
}

/** Statements are sent at once, behind those that are not answered yet. */
async function inTransaction<T>(
  { connection, query, begin, commits }: TransactionParts,
  work: TransactionWork<T>,
): Promise<T> {
  const answers: Promise<unknown>[] = [];
  function keep<Answer>(answer: Promise<Answer>): Promise<Answer> {
    // Of those that nobody else waits for, too, it is known when all are.
    answer.catch(() => {});
    answers.push(answer);
    return answer;
  }
  /** Rejects with the first fault, which is the cause of those behind it. */
  async function allAnswered(): Promise<void> {
    for (const answer of answers) await answer;
  }
  try {
    void keep(connection.query(begin));
    let known: string | null | undefined;
    const value = await work(
      (sql, values) => keep(query(sql, values)),
      (number) => void (known = number),
    );
    await allAnswered();
    await commits.run(() => committed(connection, known));
    return value;
  } catch (error) {
    // Where even this fails the connection has broken, and the pool drops it.
    await connection.query('ROLLBACK').catch(() => {});
    await allAnswered();
    throw error;
  }
}

/** Commits; gives the number of the transaction's changes, which is asked for where it is not known. */
async function committed(connection: Asked, known: string | null | undefined): Promise<number | null> {
  if (known !== undefined) await connection.query('COMMIT');
  const number = known === undefined ? await committedAs(connection) : known;
  return number === null ? null : Number(number);
}

/** Several statements have several results, which the types of `pg` don't know. */
async function committedAs(connection: Asked): Promise<string | null> {
  const results = (await connection.query(commit)) as unknown as QueryResult<{ number: string | null }>[];
  return results[0]?.rows[0]?.number ?? null;
}
