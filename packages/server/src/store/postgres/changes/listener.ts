// A connection on which the database says that tasks have changed.

import type { Client } from 'pg';
import type { StartTimer } from '../../../lib/timers.ts';
import { keepConnected, type LastingConnection } from '../database/lasting-connection.ts';

/** Channel of the notifications. They carry nothing. */
export const channel = 'plantain_changes';

/**
 * `onNews` is called on each notification, and when listening begins, since some may have been missed before; `onPooled` where the connection
 * leads to a pooler, which may give the notifications to another of its clients.
 */
export function listenTo(
  url: string,
  { onNews, onPooled }: { onNews: () => void; onPooled?: (() => void) | undefined },
  startTimer: StartTimer,
): LastingConnection {
  return keepConnected(
    { url, name: 'plantain listener' },
    async (client) => {
      client.on('notification', onNews);
      await client.query(`LISTEN ${channel}`);
      onNews();
      if (onPooled !== undefined && (await isPooled(client))) onPooled();
    },
    startTimer,
  );
}

/** Whether the process that the connection was told of is another than the one that answers: poolers tell of one that is not there. */
async function isPooled(client: Client & { processID?: number | null }): Promise<boolean> {
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  return rows[0]?.pid !== client.processID;
}
