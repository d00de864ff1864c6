// The metrics on a port of their own, without a key: for a scraper that has none, where nobody else reaches the port. Unlike the API it lets no
// page of another origin read anything.

import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createLimitedServer } from './connections/limited-server.ts';
import type { Scrape } from './routes/metrics.ts';

/** Called with what went wrong, when a scrape is answered with 500. */
type OnFault = (error: unknown) => void;

/**
 * Makes the server. `isOwnHost` says of a `Host` header whether it names this server: a page whose name was led here (DNS rebinding) is of this origin
 * to a browser, and shows by that alone.
 */
export function createMetricsServer(
  scrape: Scrape,
  { isOwnHost, onFault }: { isOwnHost: (host: string) => boolean; onFault: OnFault },
): Server {
  return createLimitedServer((request, response) => {
    if (!isOwnHost(request.headers.host ?? ''))
      return send(
        response,
        421,
        'The metrics are read at an address, or localhost: no other name is taken.\n',
      );
    answer(scrape, request, response).catch((error: unknown) => {
      onFault(error);
      if (response.headersSent) response.destroy();
      else send(response, 500, 'The metrics could not be read.\n');
    });
  });
}

async function answer(scrape: Scrape, request: IncomingMessage, response: ServerResponse): Promise<void> {
  // Nothing here reads bodies.
  request.resume();
  const [path] = (request.url ?? '').split('?', 1);
  if (path !== '/metrics') return send(response, 404, 'The metrics are at /metrics.\n');
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('Allow', 'GET, HEAD');
    return send(response, 405, 'This path takes GET only.\n');
  }
  const { type, text } = await scrape();
  response.setHeader('Cache-Control', 'no-store');
  send(response, 200, text, type);
}

function send(
  response: ServerResponse,
  status: number,
  text: string,
  type = 'text/plain; charset=utf-8',
): void {
  response.writeHead(status, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(text) });
  response.end(response.req.method === 'HEAD' ? undefined : text);
}
