import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import type { Readable } from 'node:stream';
import { text as textOf } from 'node:stream/consumers';
import { beforeAll, describe, expect, test } from 'vitest';
import { newTaskId } from '../../lib/ids.ts';
import { adminKey, rawExchange, startServer, statusPath, type TestServer } from '../server.fixture.ts';
import { discardBody, lingerOnBody, untilRead } from '../body/unread-body.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ MAX_BODY_BYTES: '2000000' });
});

describe('what is not HTTP', () => {
  test.each([
    ['a bad request line', 'BANANA\r\n\r\n', 400],
    ['a method that is none', 'FETCH / HTTP/1.1\r\nHost: x\r\n\r\n', 400],
    ['a header without a name', 'GET / HTTP/1.1\r\nHost: x\r\n: y\r\n\r\n', 400],
    ['two lengths', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx', 400],
    [
      'headers that are too large',
      `GET / HTTP/1.1\r\nHost: x\r\nX-Large: ${'x'.repeat(40_000)}\r\n\r\n`,
      431,
    ],
  ])('is answered with an envelope and closed: %s', async (_, bytes, status) => {
    const [head = '', body = ''] = (await rawExchange(server.url, bytes)).split('\r\n\r\n');
    expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(head).toContain('Access-Control-Allow-Origin: *');
    expect(JSON.parse(body)).toMatchObject({
      code: status,
      data: null,
      ip: '127.0.0.1',
      error: { type: 'invalid_request' },
    });
    expect((await server.call('/healthz')).status).toBe(200);
  });
});

describe('a request that is refused while its body is still on the way', () => {
  const head = (headers: string) => `POST ${statusPath} HTTP/1.1\r\nHost: x\r\n${headers}\r\n\r\n`;
  const mebibyte = Buffer.alloc(2 ** 20, 0x20);

  async function sendLong(headers: string, method = 'POST') {
    const { port, hostname } = new URL(server.url);
    const socket = connect(Number(port), hostname);
    const answers = textOf(socket);
    socket.write(head(headers).replace('POST', method));
    const chunked = headers.includes('chunked');
    for (let sent = 0; sent < 16; sent += 1) {
      if (chunked) socket.write(`${mebibyte.length.toString(16)}\r\n`);
      socket.write(mebibyte);
      if (chunked) socket.write('\r\n');
    }
    if (chunked) socket.write('0\r\n\r\n');
    socket.write('GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    const [, one = '', two = ''] = (await answers).split('HTTP/1.1 ');
    return { one, two };
  }

  test.each([
    ['from nobody', 'POST', `Authorization: no\r\nContent-Length: ${16 * 2 ** 20}`, 401],
    ['of a wrong method', 'PUT', `Content-Length: ${16 * 2 ** 20}`, 405],
  ])('is answered, and its connection serves the next one: %s', async (_, method, headers, status) => {
    const { one, two } = await sendLong(headers, method);
    expect(one).toMatch(new RegExp(`^${status} .*"code":${status},`, 's'));
    expect(two).toMatch(/^200 .*alive/s);
  });

  test.each([
    ['too large', `Content-Length: ${16 * 2 ** 20}`],
    ['too large, of unknown length', 'Transfer-Encoding: chunked'],
  ])('is answered, and its connection closed: %s', async (_, headers) => {
    const { one, two } = await sendLong(`Authorization: ${adminKey}\r\n${headers}`);
    expect(one).toMatch(/^413 .*\r\nconnection: close\r\n.*"code":413,/is);
    expect(two).toBe('');
  });

  test('is answered at once where it is too large, and hung up on when it never ends', async () => {
    const endless = createServer((request, response) => {
      lingerOnBody(request, 50);
      response.writeHead(413, { Connection: 'close', 'Content-Length': 2 });
      (untilRead(request, 'no') as Readable).pipe(response);
    }).listen(0, '127.0.0.1');
    await once(endless, 'listening');
    const socket = connect((endless.address() as AddressInfo).port, '127.0.0.1');
    socket.on('error', () => {});
    const closed = once(socket, 'close');
    socket.write(head('Content-Length: 1000'));
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(answer.toString()).toMatch(/^HTTP\/1.1 413 .*no$/s);
    socket.resume();
    await closed;
    endless.close();
  });

  test('is answered at once when it asked for leave with Expect: 100-continue', async () => {
    const { port, hostname } = new URL(server.url);
    const socket = connect(Number(port), hostname);
    socket.write(
      head('Authorization: no\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: 1000'),
    );
    expect(await textOf(socket)).toMatch(/HTTP\/1.1 401 /);
  });

  test('is cut off when it sends for too long', async () => {
    const endless = createServer((request, response) => {
      discardBody(request, 50);
      response.end('no');
    }).listen(0, '127.0.0.1');
    await once(endless, 'listening');
    const socket = connect((endless.address() as AddressInfo).port, '127.0.0.1');
    socket.on('error', () => {});
    socket.write(head('Content-Length: 1000'));
    socket.resume();
    await once(socket, 'close');
    expect(socket.bytesWritten).toBeLessThan(1_000);
    endless.close();
  });
});

test.each([
  ['of a submit', `POST ${statusPath} HTTP/1.1\r\nAuthorization: ${adminKey}`],
  ['of a stranger', `POST ${statusPath} HTTP/1.1`],
  ['of a refused upload', 'POST /api/files HTTP/1.1'],
  ['that nobody reads', 'GET /healthz HTTP/1.1'],
])('a body in pieces of one byte %s is hung up on', async (_, first) => {
  const { port, hostname } = new URL(server.url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => {});
  socket.resume();
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.write(`${first}\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n${'1\r\n \r\n'.repeat(50_000)}`);
  await closed;
  expect((await server.call('/healthz')).status).toBe(200);
});

test('a refused query leaves its connection open for the next one', async () => {
  const { port, hostname } = new URL(server.url);
  const socket = connect(Number(port), hostname);
  const get = (path: string, more = '') => `GET ${path} HTTP/1.1\r\nHost: x\r\n${more}\r\n`;
  socket.write(
    get(`${statusPath}/${newTaskId()}`) + get('/nothing') + get('/healthz', 'Connection: close\r\n'),
  );
  const statuses = (await textOf(socket)).match(/(?<=HTTP\/1.1 )\d+/g);
  expect(statuses).toEqual(['401', '404', '200']);
});

test('a client that asks for leave with Expect: 100-continue gets it and is served', async () => {
  const { port, hostname } = new URL(server.url);
  const socket = connect(Number(port), hostname);
  const body = '{"prompt":"[[fail no_image]]"}';
  socket.write(
    `POST ${statusPath} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: ${adminKey}\r\nExpect: 100-continue\r\nContent-Length: ${body.length}\r\n\r\n`,
  );
  socket.once('data', (data) => {
    if (data.toString().startsWith('HTTP/1.1 100 ')) socket.write(body);
  });
  expect(await textOf(socket)).toMatch(/HTTP\/1.1 200 OK\r\n.*"task_id"/s);
});

test('a long poll is answered when its client has sent the next request, as nobody would hear it hang up', async () => {
  const id = await server.submit({ prompt: '[[hang]]' });
  const { port, hostname } = new URL(server.url);
  const socket = connect(Number(port), hostname);
  const get = (path: string, more = '') =>
    `GET ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: ${adminKey}\r\n${more}\r\n`;
  socket.write(get(`${statusPath}/${id}?wait=50&until=final`) + get('/api/me', 'Connection: close\r\n'));
  const askedAt = performance.now();
  const statuses = (await textOf(socket)).match(/(?<=HTTP\/1.1 )\d+/g);
  expect(statuses).toEqual(['200', '200']);
  // By itself the poll would have lasted for 50 s.
  expect(performance.now() - askedAt).toBeLessThan(45_000);
});
