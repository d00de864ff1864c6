// The right to be the only server on a database: a lock that a connection holds, and that goes with it.

import type { Client } from 'pg';
import { StartRefusedError } from '../../core/errors.ts';
import type { StartTimer } from '../../lib/timers.ts';
import { keepConnected, type LastingConnection } from './database/lasting-connection.ts';
import { locks } from './database/locks.ts';

/** The database may take a moment to notice that a server before this one was killed. */
const tries = 5;
const betweenTriesMs = 1_000;

interface OnlyServerOptions {
  url: string;
  /** Called when another server has taken the database while this one was cut off from it. */
  onTaken: (error: Error) => void;
  startTimer: StartTimer;
}

/** Takes the lock, and takes it again whenever the connection was lost. Throws `StartRefusedError` where another server has it. */
export async function claimDatabase({
  url,
  onTaken,
  startTimer,
}: OnlyServerOptions): Promise<LastingConnection> {
  const { promise: taken, resolve, reject } = Promise.withResolvers<void>();
  let isFirst = true;
  let former: Session | undefined;
  const connection = keepConnected(
    { url, name: 'plantain server' },
    async (client) => {
      const isOurs = await take(client, former, startTimer);
      if (isOurs) {
        former = await sessionOf(client);
        resolve();
      } else if (isFirst) reject(new StartRefusedError(takenWords));
      else onTaken(new Error(takenWords));
      isFirst = false;
    },
    startTimer,
  );
  try {
    await taken;
    return connection;
  } catch (error) {
    connection.close();
    throw error;
  }
}

const takenWords =
  'Another server works on the database of PLANTAIN_DATABASE_URL, and PLANTAIN_SINGLE_NODE says that none does. Stop it, or put the pictures where all servers find them: PLANTAIN_PICTURE_STORE=s3 or shared.';

/** A session of the database; no other ever has the same two values. */
interface Session {
  pid: number;
  begun: string;
}

async function sessionOf(client: Client): Promise<Session | undefined> {
  const { rows } = await client.query<Session>(
    'SELECT pid, backend_start::text AS begun FROM pg_stat_activity WHERE pid = pg_backend_pid()',
  );
  return rows[0];
}

async function take(client: Client, former: Session | undefined, startTimer: StartTimer): Promise<boolean> {
  for (let left = tries; left > 0; left -= 1) {
    const { rows } = await client.query<{ taken: boolean }>('SELECT pg_try_advisory_lock($1) AS taken', [
      locks.onlyServer,
    ]);
    if (rows[0]?.taken === true) return true;
    if (former !== undefined) await end(client, former);
    await new Promise<void>((resolve) => void startTimer(resolve, betweenTriesMs));
  }
  return false;
}

/** Ends this server's own session before: the database may not know for hours that its connection was lost on the way. */
async function end(client: Client, { pid, begun }: Session): Promise<void> {
  await client.query(
    'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = $1 AND backend_start = $2::timestamptz',
    [pid, begun],
  );
}
