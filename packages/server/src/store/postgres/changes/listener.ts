// A connection on which the database says that tasks have changed, and brings the messages of servers.

import type { StartTimer } from '../../../lib/timers.ts';
import { keepConnected, type LastingConnection } from '../database/lasting-connection.ts';
import { isPooled } from '../database/session.ts';
import { messageChannel } from './messages.ts';

/** Channel of the notifications. They carry the name of the process that sent them. */
export const channel = 'plantain_changes';

interface DatabaseNews {
  onNews: (from: string) => void;
  onMessage?: ((text: string) => void) | undefined;
  onPooled?: (() => void) | undefined;
}

/**
 * `onNews` is called on each notification with what it carries, and with nothing when listening begins, since some may have been missed
 * before; `onMessage` on each message; `onPooled` where the connection leads to a pooler, which may give the notifications to another of its clients.
 */
export function listenTo(
  url: string,
  { onNews, onMessage, onPooled }: DatabaseNews,
  startTimer: StartTimer,
): LastingConnection {
  return keepConnected(
    { url, name: 'plantain listener' },
    async (client) => {
      client.on('notification', ({ channel: from, payload = '' }) =>
        from === messageChannel ? onMessage?.(payload) : onNews(payload),
      );
      await client.query(`LISTEN ${channel}; LISTEN ${messageChannel}`);
      onNews('');
      if (onPooled !== undefined && (await isPooled(client))) onPooled();
    },
    startTimer,
  );
}
