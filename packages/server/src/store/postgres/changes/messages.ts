// Messages between servers, as notifications of the database, which stores none of them. Where nothing can listen none is heard.

import type { Messages } from '../../../core/nodes/messages.ts';
import type { Query } from '../database/statements.ts';

export const messageChannel = 'plantain_messages';

/** In characters of one byte; PostgreSQL takes fewer than 8,000. */
const maxLength = 2_000;

/** Sends without waiting for the disk: a crash may lose it. */
const notify = `SELECT set_config('synchronous_commit', 'off', true), pg_notify('${messageChannel}', $1)`;

/** Gives the messages, and the function that is called with each notification of their channel. */
export function createMessages(query: Query): Messages & { hear: (text: string) => void } {
  const listeners = new Set<(text: string) => void>();
  return {
    send(text) {
      if (text.length <= maxLength) void query(notify, [text]).catch(() => {});
    },
    listen(onMessage) {
      const own = (text: string) => onMessage(text);
      listeners.add(own);
      return () => void listeners.delete(own);
    },
    hear(text) {
      for (const onMessage of listeners) onMessage(text);
    },
  };
}
