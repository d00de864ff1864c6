// For tests: receivers of webhooks on loopback, which answer as the test says and keep what they got.

import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';

export interface Received {
  headers: IncomingHttpHeaders;
  body: string;
  /** The body as JSON. */
  message: {
    type: string;
    timestamp: string;
    code: number;
    msg: string;
    exec_time: number;
    ip: string;
    data: { task_id?: string; state?: string; webhook_id?: string };
  };
}

export interface Receiver {
  url: string;
  port: number;
  received: Received[];
  /** Resolves once so many have come. */
  until(count: number): Promise<Received[]>;
}

export type AnswerWith = (response: ServerResponse, received: Received, number: number) => unknown;

/** Answers 204 unless told otherwise; `number` counts from 1. It is gone when the test ends. */
export async function startReceiver(
  answer: AnswerWith = (response) => response.writeHead(204).end(),
  { host = '127.0.0.1', port = 0 }: { host?: string; port?: number } = {},
): Promise<Receiver> {
  const received: Received[] = [];
  const waiting = new Set<() => void>();
  async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request);
    const one: Received = { headers: request.headers, body, message: JSON.parse(body) };
    received.push(one);
    answer(response, one, received.length);
    for (const look of waiting) look();
  }
  const server = createServer((request, response) => void take(request, response));
  server.listen(port, host);
  await once(server, 'listening');
  onTestFinished(async () => {
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  });
  const { port: bound } = server.address() as AddressInfo;
  return {
    url: `http://${host}:${bound}/hook`,
    port: bound,
    received,
    until: (count) =>
      new Promise((resolve) => {
        const look = () => {
          if (received.length < count) return;
          waiting.delete(look);
          resolve(received);
        };
        waiting.add(look);
        look();
      }),
  };
}
