// Test support: a real HTTP server on loopback that keeps what it was asked and can misbehave on purpose. What it says by
// default is the business of the harness that speaks an upstream's wire through it.

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

export interface Seen {
  method: string;
  /** With the query. */
  path: string;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

export interface Reply {
  /** Default 200. */
  status?: number;
  headers?: Record<string, string>;
  /** A string or Buffer is sent as it is, anything else as JSON. */
  body?: unknown;
  /**
   * `cut`: the connection breaks in the middle of the body. `hang before headers`, `hang after headers`: nothing more ever
   * comes. `drip`: one byte of the body each 20 ms. `flood`: 200 MB of blanks instead of the body. `stay open`: the body comes, and no end.
   */
  misbehave?: 'cut' | 'hang before headers' | 'hang after headers' | 'drip' | 'flood' | 'stay open';
}

export interface Loopback {
  /** Origin, without a path. */
  url: string;
  /** Every request so far, oldest first. */
  seen: Seen[];
  close(): Promise<void>;
}

/** Listens on a free port of 127.0.0.1. */
export async function startLoopback(respond: (seen: Seen) => Reply | Promise<Reply>): Promise<Loopback> {
  const seen: Seen[] = [];
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => response.destroy(error as Error));
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url: path = '', headers } = request;
    const asked = { method, path, headers, body: await buffer(request) };
    seen.push(asked);
    send(response, await respond(asked));
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function send(response: ServerResponse, { status = 200, headers, body = '', misbehave }: Reply): void {
  if (misbehave === 'hang before headers') return;
  const raw = typeof body === 'string' || Buffer.isBuffer(body);
  const bytes = Buffer.isBuffer(body) ? body : Buffer.from(raw ? body : JSON.stringify(body));
  const length =
    misbehave === 'flood' || misbehave === 'stay open' ? {} : { 'content-length': String(bytes.length) };
  response.writeHead(status, {
    'content-type': raw ? 'text/html' : 'application/json',
    ...length,
    ...headers,
  });
  if (misbehave === undefined) response.end(bytes);
  else if (misbehave === 'hang after headers') response.flushHeaders();
  else if (misbehave === 'cut') response.write(bytes.subarray(0, bytes.length / 2), () => response.destroy());
  else if (misbehave === 'stay open') response.write(bytes);
  else if (misbehave === 'drip') drip(response, bytes);
  else flood(response);
}

function drip(response: ServerResponse, bytes: Buffer): void {
  let index = 0;
  const timer = setInterval(() => {
    if (index < bytes.length) response.write(bytes.subarray(index, ++index));
    else response.end();
  }, 20);
  response.on('close', () => clearInterval(timer));
}

function flood(response: ServerResponse): void {
  const block = Buffer.alloc(2 ** 20, ' ');
  let left = 200;
  const more = () => {
    while (left > 0 && !response.destroyed) {
      left -= 1;
      if (!response.write(block)) {
        response.once('drain', more);
        return;
      }
    }
    response.end();
  };
  more();
}
