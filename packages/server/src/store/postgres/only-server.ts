// The right to work on a database, alone or with other servers: a lock that a connection holds, and that goes with it.

import type { Client } from 'pg';
import { StartRefusedError } from '../../core/errors.ts';
import type { StartTimer } from '../../lib/timers.ts';
import { keepConnected, type LastingConnection } from './database/lasting-connection.ts';
import { locks } from './database/locks.ts';

/** The database may take a moment to notice that a server before this one was killed. */
const tries = 5;
const betweenTriesMs = 1_000;

interface ClaimOptions {
  /** Leads to the database, or to a pooler that hands out whole sessions. */
  url: string;
  /** Whether no other server may work on it. */
  alone: boolean;
  /** Called when another server, or a move of records, has taken the database while this one was cut off from it. */
  onTaken: (error: Error) => void;
  startTimer: StartTimer;
}

/** Takes the lock, and takes it again whenever the connection was lost. Throws `StartRefusedError` where another holds it. */
export async function claimDatabase({
  url,
  alone,
  onTaken,
  startTimer,
}: ClaimOptions): Promise<LastingConnection> {
  const { promise: taken, resolve, reject } = Promise.withResolvers<void>();
  const words = alone ? takenWords : heldWords;
  let isSettled = false;
  const settle = () => {
    isSettled = true;
    resolve();
  };
  let former: Session | undefined;
  const connection = keepConnected(
    // Where servers share the database, one that can't hold the lock now works all the same: the way to it may be another than that to the rows.
    { url, name: 'plantain server', ...(alone ? {} : { onFailed: settle }) },
    async (client) => {
      const isOurs = await take(client, { alone, former, startTimer });
      if (isOurs) {
        former = await sessionOf(client);
        settle();
      } else if (isSettled) onTaken(new Error(words));
      else reject(new StartRefusedError(words));
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

const heldWords =
  'The database of PLANTAIN_DATABASE_URL is held by one server alone (PLANTAIN_SINGLE_NODE), or its records are being moved by "plantain-server migrate-data". Stop that one, or wait for its end.';

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

async function take(
  client: Client,
  { alone, former, startTimer }: Pick<ClaimOptions, 'alone' | 'startTimer'> & { former: Session | undefined },
): Promise<boolean> {
  const lock = alone ? 'pg_try_advisory_lock' : 'pg_try_advisory_lock_shared';
  for (let left = tries; left > 0; left -= 1) {
    const { rows } = await client.query<{ taken: boolean }>(`SELECT ${lock}($1) AS taken`, [locks.servers]);
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
