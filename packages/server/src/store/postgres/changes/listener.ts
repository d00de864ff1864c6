// A connection on which the database says that tasks have changed.

import type { StartTimer } from '../../../lib/timers.ts';
import { keepConnected, type LastingConnection } from '../database/lasting-connection.ts';

/** Channel of the notifications. They carry nothing. */
export const channel = 'plantain_changes';

/** `onNews` is called on each notification, and when listening begins, since some may have been missed before. */
export function listenTo(url: string, onNews: () => void, startTimer: StartTimer): LastingConnection {
  return keepConnected(
    { url, name: 'plantain listener' },
    async (client) => {
      client.on('notification', onNews);
      await client.query(`LISTEN ${channel}`);
      onNews();
    },
    startTimer,
  );
}
