// Takes webhooks. Of twelve messages one is answered with 500 when it first comes, and of 24 one is cut off; these come again.

import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Book } from './book.ts';

/** Deliveries of one task. */
export interface Told {
  /** Ids of messages, and how often each came. */
  messages: Map<string, number>;
  events: Set<string>;
  /** Ids of messages that were taken. */
  taken: Set<string>;
}

export interface Receiver {
  port: number;
  url: string;
  told: ReadonlyMap<string, Told>;
  /** Whether it has taken a message of every task. */
  hasTakenAll(): boolean;
  close(): void;
}

export async function startReceiver(book: Book): Promise<Receiver> {
  const told = new Map<string, Told>();
  const take = async (request: IncomingMessage, response: ServerResponse) => {
    const { type, data } = JSON.parse(await text(request)) as { type: string; data: { task_id: string } };
    const id = String(request.headers['webhook-id']);
    const of = told.get(data.task_id) ?? { messages: new Map(), events: new Set(), taken: new Set() };
    told.set(data.task_id, of);
    of.messages.set(id, (of.messages.get(id) ?? 0) + 1);
    of.events.add(type);
    book.ended.add(data.task_id);
    const chance = of.messages.get(id) === 1 ? randomInt(24) : 23;
    if (chance === 0) response.destroy();
    else if (chance <= 2) response.writeHead(500).end();
    else {
      of.taken.add(id);
      response.end('ok');
    }
  };
  const server = createServer((request, response) => {
    // A post that a killed node cut off.
    take(request, response).catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `http://127.0.0.1:${port}/`,
    told,
    hasTakenAll: () =>
      book.ended.size === book.count && [...told.values()].every(({ taken }) => taken.size > 0),
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
