// A connection of its own on which the database says that tasks have changed. It is made anew when it breaks, for as long as it takes.

import { Client } from 'pg';
import type { StartTimer } from '../../../lib/timers.ts';

export interface Listener {
  close(): void;
}

/** Channel of the notifications. They carry nothing. */
export const channel = 'plantain_changes';

const connectTimeoutMs = 5_000;
const retryMs = 1_000;

/** `onNews` is called on each notification, and when listening begins, since some may have been missed before. */
export function listenTo(url: string, onNews: () => void, startTimer: StartTimer): Listener {
  let current: Client | undefined;
  let isClosed = false;
  let stopRetry = () => {};

  async function connect(): Promise<void> {
    const client = new Client({
      connectionString: url,
      application_name: 'plantain listener',
      connectionTimeoutMillis: connectTimeoutMs,
      keepAlive: true,
    });
    current = client;
    client.on('error', () => leave(client));
    client.on('end', () => leave(client));
    client.on('notification', onNews);
    try {
      await client.connect();
      await client.query(`LISTEN ${channel}`);
    } catch {
      leave(client);
      return;
    }
    if (current === client) onNews();
  }

  /** Gives up a connection, and makes the next one a while later. */
  function leave(client: Client): void {
    if (current !== client) return;
    current = undefined;
    // Not waited for: one that is broken may never end.
    void client.end().catch(() => {});
    if (!isClosed) stopRetry = startTimer(() => void connect(), retryMs);
  }

  void connect();
  return {
    close() {
      isClosed = true;
      stopRetry();
      if (current !== undefined) leave(current);
    },
  };
}
