// The way to a database, which can be cut without a word, broken off, or closed, and mended.

import { once } from 'node:events';
import { createConnection, createServer, type AddressInfo, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** Opens a way to the database of an address for the test that runs; `url` leads along it. */
export async function openWay(url: string, { isOpen = true } = {}) {
  const { hostname, port } = new URL(url);
  let isCut = false;
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = createConnection(Number(port), hostname);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from.on('error', () => {}));
      from.on('data', (chunk) => void (isCut || to.write(chunk)));
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
    }
  });
  const listen = async (at: number) => {
    server.listen(at, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  };
  const breakOff = () => {
    for (const socket of sockets) socket.destroy();
  };
  const here = await listen(0);
  const way = {
    url: Object.assign(new URL(url), { port: String(here) }).href,
    /** Passes nothing on in either direction, or does so again. */
    cut: (is: boolean) => void (isCut = is),
    /** Ends all connections. */
    breakOff,
    /** Ends all connections, and refuses new ones. */
    close() {
      server.close();
      breakOff();
    },
    /** Takes connections again. */
    open: () => listen(here),
  };
  if (!isOpen) way.close();
  onTestFinished(() => way.close());
  return way;
}
