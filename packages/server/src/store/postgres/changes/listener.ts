// A connection on which the database says that tasks have changed.

import type { StartTimer } from '../../../lib/timers.ts';
import { keepConnected, type LastingConnection } from '../database/lasting-connection.ts';
import { isPooled } from '../database/session.ts';

/** Channel of the notifications. They carry the name of the process that sent them. */
export const channel = 'plantain_changes';

/**
 * `onNews` is called on each notification with what it carries, and with nothing when listening begins, since some may have been missed
 * before; `onPooled` where the connection leads to a pooler, which may give the notifications to another of its clients.
 */
export function listenTo(
  url: string,
  { onNews, onPooled }: { onNews: (from: string) => void; onPooled?: (() => void) | undefined },
  startTimer: StartTimer,
): LastingConnection {
  return keepConnected(
    { url, name: 'plantain listener' },
    async (client) => {
      client.on('notification', ({ payload = '' }) => onNews(payload));
      await client.query(`LISTEN ${channel}`);
      onNews('');
      if (onPooled !== undefined && (await isPooled(client))) onPooled();
    },
    startTimer,
  );
}
