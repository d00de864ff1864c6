// For tests: a proxy on loopback that speaks CONNECT and takes whole URLs, and leads every host to this machine; and a server with TLS whose certificate is believed.

import { once } from 'node:events';
import { createServer, request as askOn } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { RequestListener } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterThisTest } from '../lib/ends.fixture.ts';
import { createCertificate, listen } from './guarded-fetch.fixture.ts';

export interface TestProxy {
  url: string;
  /** Requests so far, such as `CONNECT 192.0.2.1:443`, each with its `Proxy-Authorization`. */
  seen: { asked: string; authorization: string | undefined }[];
}

/** Starts a proxy. `lead` has the local port for a host and port, or the status of a refusal, or `hang up`, or `silence`: no answer ever comes. */
export async function startProxy(
  lead: (target: string) => number | 'hang up' | 'silence',
): Promise<TestProxy> {
  const seen: TestProxy['seen'] = [];
  const server = createServer((request, response) => {
    seen.push({
      asked: `${request.method} ${request.url}`,
      authorization: request.headers['proxy-authorization'],
    });
    const { host, pathname } = new URL(request.url ?? '');
    const port = Number(lead(host));
    if (port < 1_000) {
      response.writeHead(port).end();
      return;
    }
    const onward = askOn({ port, path: pathname, method: request.method }, (answer) => {
      response.writeHead(answer.statusCode ?? 500);
      answer.pipe(response);
    });
    request.pipe(onward);
  });
  server.on('connect', (request, socket) => {
    seen.push({ asked: `CONNECT ${request.url}`, authorization: request.headers['proxy-authorization'] });
    const port = lead(request.url ?? '');
    socket.on('error', () => {});
    if (port === 'silence') return;
    if (port === 'hang up') socket.destroy();
    else if (port < 1_000) socket.end(`HTTP/1.1 ${port} No\r\ncontent-length: 0\r\n\r\n`);
    else {
      const onward = connect(port, '127.0.0.1', () => socket.write('HTTP/1.1 200 Connected\r\n\r\n'));
      onward.on('error', () => socket.destroy());
      onward.pipe(socket).pipe(onward);
    }
  });
  const { port } = await listen(server);
  return { url: `http://someone:pass%40word@127.0.0.1:${port}`, seen };
}

/** Starts a server with TLS for a name, whose certificate is believed until the test ends. */
export async function startTlsServer(host: string, listener: RequestListener): Promise<{ port: number }> {
  const certificate = createCertificate(host);
  const before = getCACertificates('default');
  setDefaultCACertificates([...before, certificate.cert]);
  afterThisTest(() => setDefaultCACertificates(before));
  const server = createTlsServer(certificate, listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  afterThisTest(() => {
    server.closeAllConnections();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port };
}
