// For tests: servers on loopback that stand for what lies beyond the client: another kind of server, or a proxy that is in the way.

import { once } from 'node:events';
import { createServer, type IncomingMessage, request as httpRequest, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterThisFile } from '../../server/src/lib/ends.fixture.ts';

export interface Seen {
  method: string;
  /** Path and query. */
  path: string;
  headers: IncomingMessage['headers'];
  body: string;
}

export interface FarSide {
  url: string;
  seen: Seen[];
  /** Resolves when so many requests have come whose method and path fit. */
  saw(pattern: RegExp, times?: number): Promise<void>;
}

export type Answerer = (seen: Seen, response: ServerResponse, request: IncomingMessage) => unknown;

/** A server that answers as it is told, and remembers what it was asked. */
export async function startFarSide(answer: Answerer): Promise<FarSide> {
  const seen: Seen[] = [];
  const waiting = new Set<() => void>();
  async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request);
    const { method = '', url = '', headers } = request;
    const one = { method, path: url, headers, body };
    seen.push(one);
    for (const look of waiting) look();
    await answer(one, response, request);
  }
  const server = createServer((request, response) => {
    take(request, response).catch(() => response.destroy());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  afterThisFile(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    async saw(pattern, times = 1) {
      const isEnough = () =>
        seen.filter(({ method, path }) => pattern.test(`${method} ${path}`)).length >= times;
      await new Promise<void>((resolve) => {
        const look = () => {
          if (!isEnough()) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      });
    },
  };
}

export function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'Content-Type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}

/** The envelope that both kinds of server have. */
export function envelope(code: number, data: unknown, msg = 'success'): object {
  return { code, msg, data, exec_time: 0.001, ip: '127.0.0.1' };
}

/** Sends a request on to `target` and its answer back; `onChunk` may end the answer's connection in the middle. */
export async function passOn(
  target: string,
  { method, path, headers, body }: Seen,
  response: ServerResponse,
  onChunk: (chunk: Buffer) => void = () => {},
): Promise<void> {
  const onward = httpRequest(target + path, { method, headers, agent: false }).end(body);
  const [answer] = (await once(onward, 'response')) as [IncomingMessage];
  response.writeHead(answer.statusCode ?? 500, answer.headers);
  response.flushHeaders();
  response.on('close', () => answer.destroy());
  answer.on('data', (chunk: Buffer) => {
    if (response.destroyed) return;
    response.write(chunk);
    onChunk(chunk);
  });
  answer.on('end', () => response.end());
  answer.on('error', () => response.destroy());
}
