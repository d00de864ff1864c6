// A proxy in front of PostgreSQL that can stop passing anything without closing a connection, as a network does that is cut,
// and that can lose notifications and pass all else.

import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { Transform } from 'node:stream';

export interface DatabaseProxy {
  /** Address of the same database through the proxy. */
  url: string;
  /** Number of notifications that were lost. */
  lost(): number;
  loseNotifications(isLosing: boolean): void;
  /** Passes nothing from now on, in either direction, and answers no new connection. */
  hold(): void;
  /** Goes on where it held: what was sent meanwhile arrives late. */
  pass(): void;
  close(): void | Promise<void>;
}

interface Pair {
  client: Socket;
  server: Socket;
  filter: Transform;
}

/** Listens at `host`, at a port of its own. */
export async function startDatabaseProxy(databaseUrl: string, host = '127.0.0.1'): Promise<DatabaseProxy> {
  const target = new URL(databaseUrl);
  const pairs = new Set<Pair>();
  let isHeld = false;
  let isLosing = false;
  let lost = 0;
  const open = ({ client, server, filter }: Pair) => {
    client.pipe(server);
    server.pipe(filter);
  };
  const listener = createServer((client) => {
    const server = connect(Number(target.port), target.hostname);
    const filter = createFilter(() => isLosing && ((lost += 1), true));
    filter.pipe(client);
    const pair = { client, server, filter };
    pairs.add(pair);
    for (const socket of [client, server]) {
      socket.on('error', () => {});
      socket.on('close', () => {
        pairs.delete(pair);
        client.destroy();
        server.destroy();
      });
    }
    if (!isHeld) open(pair);
  });
  listener.listen(0, host);
  await once(listener, 'listening');
  const { port } = listener.address() as AddressInfo;
  return {
    url: Object.assign(new URL(databaseUrl), { hostname: host, port: String(port) }).href,
    lost: () => lost,
    loseNotifications: (now) => void (isLosing = now),
    hold() {
      isHeld = true;
      for (const { client, server, filter } of pairs) {
        client.unpipe(server).pause();
        server.unpipe(filter).pause();
      }
    },
    pass() {
      isHeld = false;
      for (const pair of pairs) open(pair);
    },
    close() {
      listener.close();
      for (const { client, server } of pairs) for (const socket of [client, server]) socket.destroy();
    },
  };
}

/**
 * Passes what a server says, message by message, but for notifications that are to be lost. A message is a letter, its length in four
 * bytes, which count themselves, and the rest: https://www.postgresql.org/docs/current/protocol-message-formats.html
 */
function createFilter(losesOne: () => boolean): Transform {
  let rest: Buffer = Buffer.alloc(0);
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      while (rest.length >= 5) {
        const end = 1 + rest.readUInt32BE(1);
        if (rest.length < end) break;
        if (rest.toString('latin1', 0, 1) !== 'A' || !losesOne()) this.push(rest.subarray(0, end));
        rest = rest.subarray(end);
      }
      done();
    },
  });
}
