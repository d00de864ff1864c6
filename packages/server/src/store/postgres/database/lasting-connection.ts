// A connection of its own, beside the pool, that is made anew when it breaks, for as long as it takes.

import type { Client } from 'pg';
import type { StartTimer } from '../../../lib/timers.ts';
import { LateClient } from './late-client.ts';
import { keepAliveInitialDelayMillis, noticing } from './session.ts';

export interface LastingConnection {
  close(): void;
}

const connectTimeoutMs = 5_000;
const answerTimeoutMs = 10_000;
const retryMs = 1_000;

/** `begin` prepares each new connection; where it fails, `onFailed` is called, and the next one is made a while later. */
export function keepConnected(
  { url, name, onFailed = () => {} }: { url: string; name: string; onFailed?: () => void },
  begin: (client: Client) => Promise<void>,
  startTimer: StartTimer,
): LastingConnection {
  let current: Client | undefined;
  let isClosed = false;
  let stopRetry = () => {};

  async function connect(): Promise<void> {
    const client = new LateClient({
      connectionString: url,
      application_name: name,
      connectionTimeoutMillis: connectTimeoutMs,
      keepAlive: true,
      keepAliveInitialDelayMillis,
      query_timeout: answerTimeoutMs,
    });
    current = client;
    client.on('error', () => leave(client));
    client.on('end', () => leave(client));
    try {
      await client.connect();
      for (const setting of noticing) await client.query(`SET ${setting}`);
      await begin(client);
    } catch {
      onFailed();
      leave(client);
    }
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
