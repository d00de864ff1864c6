// A reverse proxy as operators may have it in front of the server.

import { once } from 'node:events';
import { createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream';
import { onTestFinished } from 'vitest';

/** A proxy that takes a path prefix off; gives its address with the prefix. It is gone when the test has ended. */
export async function startProxy(prefix: string, target: () => string): Promise<string> {
  const proxy = createServer((request, response) => {
    const { method, headers, url = '/' } = request;
    if (!url.startsWith(`${prefix}/`)) return response.writeHead(404).end();
    const passedOn = httpRequest(target() + url.slice(prefix.length), { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      // Not `pipe`, which leaves the reader waiting when the server dies.
      pipeline(answer, response, () => {});
    });
    passedOn.on('error', () => {
      // In the server's place, as the common ones do; an answer that has begun can only be broken off.
      if (response.headersSent) response.destroy();
      else response.writeHead(502, { 'content-type': 'text/html' }).end('<h1>502 Bad Gateway</h1>');
    });
    // A page that is left ends its stream of events.
    response.on('close', () => passedOn.destroy());
    return request.pipe(passedOn);
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  onTestFinished(() => {
    proxy.closeAllConnections();
    proxy.close();
  });
  return `http://127.0.0.1:${(proxy.address() as AddressInfo).port}${prefix}`;
}
