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
  const connection = keepConnected(
    { url, name: 'plantain server' },
    async (client) => {
      const isOurs = await take(client, startTimer);
      if (isOurs) resolve();
      else if (isFirst) reject(new StartRefusedError(takenWords));
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
  'Another server works on the database of PLANTAIN_DATABASE_URL. Stop it, or give this one a database of its own: this version knows no second server on one.';

async function take(client: Client, startTimer: StartTimer): Promise<boolean> {
  for (let left = tries; left > 0; left -= 1) {
    const { rows } = await client.query<{ taken: boolean }>('SELECT pg_try_advisory_lock($1) AS taken', [
      locks.onlyServer,
    ]);
    if (rows[0]?.taken === true) return true;
    await new Promise<void>((resolve) => void startTimer(resolve, betweenTriesMs));
  }
  return false;
}
