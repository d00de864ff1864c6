// Odd heads, many requests at once on one connection, and bodies in tiny pieces.

import { connect } from 'node:net';
import { exchange, filled, send, type StallCase, submitPath, type Target } from './requests.ts';

/** A request line of `size` bytes. */
const longQuery = (what: string, start: string, unit: string, size = 15_000): StallCase => ({
  what: `query: 200 x ${what}`,
  send: (target) => pipelined(target, 200, `GET ${filled(start, unit, '', size).toString()} HTTP/1.1`),
});
const longHeader = (name: string, unit: string, path = submitPath): StallCase => ({
  what: `header: 200 x ${name} of ${unit}`,
  send: (target) =>
    pipelined(target, 200, `GET ${path} HTTP/1.1\r\n${name}: ${filled('', unit, '', 14_000).toString()}`),
});

/** Many requests written at once on one connection. */
function pipelined(target: Target, count: number, head: string): Promise<string> {
  const one = `${head}\r\nHost: localhost\r\nAuthorization: ${target.key}\r\n`;
  const last = `${one}Connection: close\r\n\r\n`;
  return exchange(target.url, [Buffer.from(`${one}\r\n`.repeat(count - 1) + last)]);
}

export const heads: StallCase[] = [
  longQuery('members', `${submitPath}?a=1`, '&a='),
  longQuery('names of lists', `${submitPath}?a=1`, '&a[]='),
  longQuery('names', `${submitPath}?`, '&aa&bb&cc&dd'),
  longQuery('percent signs', `${submitPath}?search=`, '%25'),
  longQuery('broken percent signs', `${submitPath}?search=`, '%'),
  longQuery('ids', `${submitPath}?ids=`, 'a,'),
  longQuery('a path of slashes', '/', '/'),
  longQuery('a path of percent signs', '/files/', '%25/'),
  longHeader('If-None-Match', '"x",'),
  longHeader('X-Forwarded-For', '1,'),
  longHeader('Cookie', 'a=b;'),
  longHeader('Accept-Language', 'en,'),
  longHeader('Accept', 'a/b,'),
  longHeader('Range', '0-1,'),
  longHeader('Prefer', ',wait=0'),
  longHeader('Last-Event-ID', '1'),
  longHeader('Authorization', ' bearer'),
];

/** A body of which each byte is a chunk of its own; `count` connections at once. */
const inPieces = (what: string, head: (key: string) => string, count = 1, size = 60_000_000): StallCase => ({
  what: `flood: bodies in pieces of one byte, ${count} ${what}`,
  async send({ url, key }) {
    const more = 'Host: localhost\r\nTransfer-Encoding: chunked\r\n\r\n';
    const pieces = Buffer.alloc(Math.min(size, 600_000), '1\r\n \r\n');
    const all = [
      Buffer.from(`${head(key)}\r\n${more}`),
      ...Array.from({ length: size / pieces.length }, () => pieces),
    ];
    const answers = await Promise.all(Array.from({ length: count }, () => exchange(url, all, 8_000)));
    return [...new Set(answers)].join(', ');
  },
});

/** Strangers who send so many of 262,144 bytes and are silent then; gives the statuses of a user's submits meanwhile. */
const silent = (what: string, bytes: number): StallCase => ({
  what: `crowd: 2,500 silent strangers who have sent ${what}`,
  async send(target) {
    const { port, hostname } = new URL(target.url);
    const head = `POST ${submitPath} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 262144\r\n\r\n`;
    const sockets = Array.from({ length: 2_500 }, () => {
      const socket = connect(Number(port), hostname).on('error', () => {});
      socket.write(head + ' '.repeat(bytes));
      return socket.resume();
    });
    const statuses = new Set<string>();
    for (let count = 0; count < 200; count += 1)
      statuses.add(await send(target, { body: Buffer.from('{"prompt":"x"}') }));
    for (const socket of sockets) socket.destroy();
    return [...statuses].join(', ');
  },
});

export const floods: StallCase[] = [
  silent('nearly all of their bodies', 262_134),
  silent('none of their bodies', 0),
  {
    what: 'flood: 20,000 lists on one connection',
    send: (target) => pipelined(target, 20_000, `GET ${submitPath}?limit=200&search=zzzz HTTP/1.1`),
  },
  {
    what: 'flood: 20,000 unknown paths on one connection',
    send: (target) => pipelined(target, 20_000, 'GET /nothing HTTP/1.1'),
  },
  {
    what: 'flood: 20,000 submits on one connection',
    send: (target) => pipelined(target, 20_000, `POST ${submitPath} HTTP/1.1\r\nContent-Length: 0`),
  },
  {
    what: 'flood: 500 requests for the openapi document on one connection',
    send: (target) => pipelined(target, 500, 'GET /openapi.json HTTP/1.1'),
  },
  inPieces('of a submit', (key) => `POST ${submitPath} HTTP/1.1\r\nAuthorization: ${key}`),
  inPieces('that nobody reads', () => 'GET /healthz HTTP/1.1'),
  inPieces('of a stranger', () => `POST ${submitPath} HTTP/1.1`),
  inPieces('of a refused upload', () => 'POST /api/files HTTP/1.1'),
  inPieces('for the wrong method', () => 'PUT /healthz HTTP/1.1'),
  inPieces('of strangers', () => `POST ${submitPath} HTTP/1.1`, 100, 66_000),
  inPieces('of refused uploads', () => 'POST /api/files HTTP/1.1', 100, 66_000),
  inPieces('of refused uploads without end', () => 'POST /api/files HTTP/1.1', 20, 6_000_000),
];
