import { Buffer } from 'node:buffer';
import type { RequestListener } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import type { Socket } from 'node:net';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import {
  failureOf,
  guarded,
  listen,
  loopback,
  never,
  serve,
  serveRaw,
  stopServers,
} from './guarded-fetch.fixture.ts';
import type { FetchLimits } from './guarded-hop.ts';
import type { Lookup } from './host-lookup.ts';

test.each([
  [404, false],
  [403, false],
  [304, false],
  [302, false],
  [408, true],
  [429, true],
  [500, true],
  [503, true],
])('status %i without a place to go is told, and retryable is %s', async (status, retryable) => {
  const { port } = await serve((_, response) => response.writeHead(status).end('secret detail'));
  expect(await failureOf(`http://127.0.0.1:${port}/`, loopback)).toEqual({
    type: 'input_unreachable',
    message: `The server at 127.0.0.1 answered ${status} instead of sending the picture.`,
    retryable,
  });
});

test.each([
  [404, 'answered 404'],
  [302, 'not a complete http or https URL'],
])(
  'the unfinished body of an answer with status %i is dropped with its connection',
  async (status, reason) => {
    const closed = Promise.withResolvers<void>();
    const { port } = await serve((_, response) => {
      response.on('close', closed.resolve).writeHead(status, { location: 'nowhere:' }).write('the beginning');
    });
    const options = { ...loopback, limits: { silenceMs: 60_000 } };
    expect((await failureOf(`http://127.0.0.1:${port}/`, options)).message).toContain(reason);
    await closed.promise;
  },
);

test('a body over the limit is refused by its announced length, and by its true one', async () => {
  const { port } = await serve((request, response) => {
    if (request.url === '/announced') response.writeHead(200, { 'content-length': 1_000_000 }).flushHeaders();
    else response.end(Buffer.alloc(request.url === '/fits' ? 1000 : 1001));
  });
  const url = `http://127.0.0.1:${port}`;
  expect((await guarded(loopback)(`${url}/fits`, never)).bytes).toHaveLength(1000);
  for (const path of ['/announced', '/over'])
    expect(await failureOf(url + path, loopback)).toMatchObject({
      retryable: false,
      message: expect.stringContaining('more than the 1000 bytes'),
    });
});

test('a body without an end is cut at the limit, and the connection closed', async () => {
  const closed = Promise.withResolvers<void>();
  const { port } = await serve((_, response) => {
    const pump = (): void => {
      while (response.write(Buffer.alloc(64)));
    };
    response.on('drain', pump).on('close', closed.resolve);
    pump();
  });
  expect((await failureOf(`http://127.0.0.1:${port}/`, loopback)).message).toContain(
    'more than the 1000 bytes',
  );
  await closed.promise;
});

test('a body that drips is cut at the deadline for the whole', async () => {
  const { port } = await serve((_, response) => {
    const drip = setInterval(() => response.write('.'), 20);
    response.on('close', () => clearInterval(drip));
  });
  const options = { ...loopback, limits: { totalMs: 300 } };
  expect(await failureOf(`http://127.0.0.1:${port}/`, options)).toMatchObject({
    retryable: true,
    message: expect.stringContaining('took too long'),
  });
});

const silences: [string, Partial<FetchLimits>, RequestListener][] = [
  ['before the headers', { silenceMs: 200 }, () => undefined],
  ['within the body', { silenceMs: 200 }, (_, response) => void response.write('.')],
];
test.each(silences)('silence %s is not waited out', async (_, limits, listener) => {
  const { port } = await serve(listener);
  expect(await failureOf(`http://127.0.0.1:${port}/`, { ...loopback, limits })).toMatchObject({
    retryable: true,
    message: 'The server at 127.0.0.1 took too long.',
  });
});

test('a TLS handshake and a name lookup that never end are not waited out', async () => {
  const { port } = await listen(createTcpServer());
  const limits = { connectMs: 200 };
  const stuck: Lookup = () => new Promise(() => undefined);
  const failures = await Promise.all([
    failureOf(`https://127.0.0.1:${port}/`, { ...loopback, limits }),
    failureOf('http://stuck.test/', { limits, lookup: stuck }),
  ]);
  expect(failures.map(({ message, retryable }) => [message, retryable])).toEqual([
    ['The server at 127.0.0.1 took too long.', true],
    ['The server at stuck.test took too long.', true],
  ]);
});

test.each([
  ['a reset', (socket: Socket) => socket.resetAndDestroy()],
  ['nothing', (socket: Socket) => socket.end()],
  ['half a body', (socket: Socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf')],
  [
    'half a chunked body',
    (socket: Socket) => socket.end('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n9\r\nhalf'),
  ],
])('a connection that ends with %s may be tried again', async (_, speak) => {
  const { port } = await serveRaw((socket) => void speak(socket));
  expect(await failureOf(`http://127.0.0.1:${port}/`, loopback)).toMatchObject({
    retryable: true,
    message: 'The connection to 127.0.0.1 failed or broke off.',
  });
});

test('an answer that is no HTTP, or has endless headers, is refused for good', async () => {
  const answers = ['SSH-2.0-OpenSSH_9.9\r\n', `HTTP/1.1 200 OK\r\nx: ${'x'.repeat(40_000)}\r\n\r\n`];
  for (const answer of answers) {
    const { port } = await serveRaw((socket) => void socket.end(answer));
    expect(await failureOf(`http://127.0.0.1:${port}/`, loopback)).toMatchObject({
      retryable: false,
      message: 'The server at 127.0.0.1 did not answer with valid HTTP.',
    });
  }
});

test('notices before the answer are passed over, and a flood of them is refused', async () => {
  const hint = 'HTTP/1.1 103 Early Hints\r\nlink: </a.css>\r\n\r\n';
  const counts = [8, 9];
  const { port } = await serveRaw(
    (socket) => void socket.end(`${hint.repeat(counts.shift() ?? 0)}HTTP/1.1 200 OK\r\n\r\nbytes`),
  );
  expect((await guarded(loopback)(`http://127.0.0.1:${port}/`, never)).bytes.toString()).toBe('bytes');
  expect(await failureOf(`http://127.0.0.1:${port}/`, loopback)).toMatchObject({
    retryable: false,
    message: 'The server at 127.0.0.1 did not answer with valid HTTP.',
  });
});

test('a body of unknown length arrives whole in whatever pieces, unless they are tiny and without end', async () => {
  const pieces = Array.from({ length: 9000 }, (_, index) => Buffer.alloc((index % 7) * 10 + 1, index));
  const chunked = (piece: Buffer): Buffer =>
    Buffer.concat([Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from('\r\n')]);
  const bodies = [pieces.map(chunked), Array.from({ length: 11_000 }, () => chunked(Buffer.of(1)))];
  const { port } = await serveRaw((socket) => {
    const end = Buffer.from('0\r\n\r\n');
    socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n');
    socket.end(Buffer.concat([...(bodies.shift() ?? []), end]));
  });
  const options = { ...loopback, limits: { maxBytes: 1_000_000 } };
  const { bytes } = await guarded(options)(`http://127.0.0.1:${port}/`, never);
  expect(Buffer.concat(pieces).equals(bytes)).toBe(true);
  expect(await failureOf(`http://127.0.0.1:${port}/`, options)).toMatchObject({
    retryable: false,
    message: 'The server at 127.0.0.1 sent the picture in too many small pieces.',
  });
});

test('headers that drip do not lengthen the wait for the first byte', async () => {
  const { port } = await serveRaw((socket) => {
    socket.write('HTTP/1.1 200 OK\r\nx: ');
    const drip = setInterval(() => socket.write('x'), 50);
    socket.on('close', () => clearInterval(drip));
  });
  const options = { ...loopback, limits: { silenceMs: 200, totalMs: 60_000 } };
  expect(await failureOf(`http://127.0.0.1:${port}/`, options)).toMatchObject({
    retryable: true,
    message: 'The server at 127.0.0.1 took too long.',
  });
});

const bytes = Buffer.from('the bytes of a picture');
test.each([
  ['gzip', 'gzip', gzipSync(bytes)],
  ['Brotli', 'br', brotliCompressSync(bytes)],
  ['gzip without a word of it', undefined, gzipSync(bytes)],
  ['gzip by name alone', 'gzip', bytes],
  ['a plain one with the name of a character set', 'UTF-8', bytes],
  ['a plain one with the name of an upload’s framing', 'aws-chunked', bytes],
  ['a plain one with Identity', 'Identity', bytes],
  ['a plain one with none', 'none', bytes],
  ['a plain one with binary', 'binary', bytes],
  ['a plain one with nothing for a coding', '', bytes],
  ['gzip beside a name that is no coding', 'aws-chunked, gzip', gzipSync(bytes)],
])(
  'a picture that comes as %s is unpacked, and what is unpacked counts as received',
  async (_, coding, body) => {
    const { port } = await serve((_request, response) => {
      if (coding !== undefined) response.setHeader('content-encoding', coding);
      response.end(body);
    });
    let received = 0;
    const count = (more: number) => void (received += more);
    const fetched = await guarded(loopback)(`http://127.0.0.1:${port}/`, never, count);
    expect(fetched.bytes).toEqual(bytes);
    expect(received).toBeGreaterThanOrEqual(body === bytes ? bytes.length : bytes.length + body.length);
  },
);

test('the limit counts what is unpacked, so no bomb is', async () => {
  const { port } = await serve((_, response) =>
    response.setHeader('content-encoding', 'gzip').end(gzipSync(Buffer.alloc(100_000))),
  );
  const fetch = guarded(loopback);
  const url = `http://127.0.0.1:${port}/`;
  const failures = await Promise.all([failureOf(url, fetch), failureOf(url, fetch)]);
  for (const failure of failures)
    expect(failure).toMatchObject({
      retryable: false,
      tooLarge: true,
      message: 'The picture at 127.0.0.1 has more than the 1000 bytes that are taken.',
    });
});

test('whoever gives up while a body waits to be unpacked leaves the next one its turn', async () => {
  const { port } = await serve((request, response) =>
    response.setHeader('content-encoding', 'gzip').end(gzipSync(Buffer.from(String(request.url)))),
  );
  const fetch = guarded(loopback);
  const controller = new AbortController();
  const reason = new Error('no longer wanted');
  const given = fetch(`http://127.0.0.1:${port}/a`, controller.signal, () => controller.abort(reason));
  await expect(given).rejects.toBe(reason);
  expect((await fetch(`http://127.0.0.1:${port}/b`, never)).bytes.toString()).toBe('/b');
});

test('a closed port may be tried again; a host that is not there and plain HTTP behind https may not', async () => {
  const { port } = await serve((_, response) => response.end());
  await stopServers();
  expect(await failureOf(`http://127.0.0.1:${port}/`, loopback)).toMatchObject({ retryable: true });
  const missing: Lookup = () => Promise.reject(Object.assign(new Error('no'), { code: 'ENOTFOUND' }));
  expect(await failureOf('http://missing.test/', { lookup: missing })).toMatchObject({
    retryable: false,
    message: 'There is no host named missing.test.',
  });
  const plain = await serveRaw((socket) => void socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
  expect(await failureOf(`https://127.0.0.1:${plain.port}/`, loopback)).toMatchObject({
    retryable: false,
    message: 'No trusted TLS connection to 127.0.0.1 could be made.',
  });
});

test('when the caller aborts, the fetch ends with the reason and the connection with it', async () => {
  const closed = Promise.withResolvers<void>();
  const arrived = Promise.withResolvers<void>();
  const { port } = await serve((_, response) => {
    response.on('close', closed.resolve).write('.');
    arrived.resolve();
  });
  const controller = new AbortController();
  const fetched = guarded(loopback)(`http://127.0.0.1:${port}/`, controller.signal);
  const reason = new Error('the server stops');
  void arrived.promise.then(() => controller.abort(reason));
  await expect(fetched).rejects.toBe(reason);
  await closed.promise;
  await expect(guarded(loopback)(`http://127.0.0.1:${port}/`, controller.signal)).rejects.toBe(reason);
});
