import { getEventListeners, once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { brotliCompressSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { FormData } from 'undici';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { failureOf } from './faults.fixture.ts';
import { Base64Text } from './answers/json-body.ts';
import { createTransport } from './transport.ts';
import type { Call, Transport } from './transport.ts';

let transport: Transport;
let server: Server | undefined;

beforeEach(() => {
  transport = createTransport();
});
afterEach(async () => {
  await transport.close();
  server?.closeAllConnections();
  server?.close();
  server = undefined;
});

async function listen(answer: RequestListener): Promise<URL> {
  server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return urlOf(server);
}

function urlOf(listening: { address(): unknown }): URL {
  return new URL(`http://127.0.0.1:${(listening.address() as AddressInfo).port}/path?a=b`);
}

function callTo(url: URL, more: Partial<Call> = {}): Call {
  return { upstream: 'Tester', url, signal: new AbortController().signal, timeoutMs: 20_000, ...more };
}

async function whatWasSent(request: IncomingMessage) {
  const { method, url, headers } = request;
  return { method, url, key: headers['x-key'], type: headers['content-type'], body: await text(request) };
}

test('JSON goes out, and the status, the headers and the bytes of the answer come back', async () => {
  const seen = Promise.withResolvers<unknown>();
  const url = await listen((request, response) => {
    seen.resolve(whatWasSent(request));
    response.writeHead(418, { 'x-answer': 'yes' }).end('{"short":"stout"}');
  });
  const answer = await transport.send(callTo(url, { headers: { 'x-key': 'k' }, body: { json: { a: 'ä' } } }));
  expect(answer).toMatchObject({ status: 418, headers: { 'x-answer': 'yes' } });
  expect(answer.json).toEqual({ short: 'stout' });
  expect(await seen.promise).toEqual({
    method: 'POST',
    url: '/path?a=b',
    key: 'k',
    type: 'application/json',
    body: '{"a":"ä"}',
  });
});

test('pictures go out as base64 in JSON whose length is known', async () => {
  const seen = Promise.withResolvers<unknown>();
  const url = await listen((request, response) => {
    const { 'content-length': length, 'transfer-encoding': coding } = request.headers;
    void text(request).then((body) => seen.resolve({ length: Number(length) === body.length, coding, body }));
    response.end('{}');
  });
  const bytes = Buffer.alloc(1_000_000, 'p');
  await transport.send(callTo(url, { body: { json: { image: new Base64Text(bytes) } } }));
  expect(await seen.promise).toEqual({
    length: true,
    coding: undefined,
    body: JSON.stringify({ image: bytes.toString('base64') }),
  });
});

test('an answer in millions of tiny pieces is dropped, and may have been billed', async () => {
  const url = await listen((_request, response) => {
    response.socket?.setNoDelay();
    response.writeHead(200, { 'transfer-encoding': 'chunked' }).flushHeaders();
    // Whole chunks of one byte each, a thousand at a time.
    const many = Buffer.from('1\r\na\r\n'.repeat(1_000));
    const more = () => {
      while (!response.destroyed && response.socket?.write(many));
    };
    response.socket?.on('drain', more);
    more();
  });
  expect(await failureOf(transport.send(callTo(url)))).toMatchObject({
    type: 'upstream_unavailable',
    retryable: false,
    maybeBilled: true,
    upstreamReason: 'answer in too many pieces',
  });
});

test('a form goes out as multipart, and a GET goes out without a body', async () => {
  const seen: unknown[] = [];
  const url = await listen((request, response) => {
    void whatWasSent(request).then((sent) => seen.push(sent) && response.end());
  });
  const form = new FormData();
  form.set('prompt', 'a plantain');
  await transport.send(callTo(url, { body: { form } }));
  await transport.send(callTo(url, { method: 'GET' }));
  expect(seen).toMatchObject([
    {
      type: expect.stringMatching(/^multipart\/form-data; boundary=/),
      body: expect.stringContaining('a plantain'),
    },
    { method: 'GET', type: undefined, body: '' },
  ]);
});

test('a call that is over leaves nothing on its signal', async () => {
  const url = await listen((_request, response) => response.end());
  const { signal } = new AbortController();
  await transport.send(callTo(url, { signal }));
  await failureOf(transport.send(callTo(new URL('http://127.0.0.1:1/'), { signal })));
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});

test('an answer that comes in pieces is put together, wherever it is cut', async () => {
  const whole = Buffer.from('{"banana":"plátano 🍌"}');
  const url = await listen((_request, response) => {
    writeInPieces(response, whole);
  });
  expect((await transport.send(callTo(url))).json).toEqual({ banana: 'plátano 🍌' });
});

/** Byte for byte; each leaves when the one before it is on its way, so that they travel apart. */
function writeInPieces(response: ServerResponse, whole: Buffer, from = 0): void {
  if (from === whole.length) response.end();
  else response.write(whole.subarray(from, from + 1), () => writeInPieces(response, whole, from + 1));
}

test('only a call that may be charged for leaves open what became of it', async () => {
  const url = await listen((request) => request.socket.destroy());
  const open = { maybeBilled: true, unknownOutcome: true };
  expect(await failureOf(transport.send(callTo(url)))).toMatchObject(open);
  expect(await failureOf(transport.send(callTo(url, { method: 'GET', billable: true })))).toMatchObject(open);
  for (const free of [{ method: 'GET' }, { method: 'PUT' }, { method: 'POST', billable: false }] as const) {
    const failure = await failureOf(transport.send(callTo(url, free)));
    expect(failure).toMatchObject({ type: 'upstream_unavailable', retryable: true });
    for (const member of Object.keys(open)) expect(failure).not.toHaveProperty(member);
    expect(failure.message).not.toContain('billed');
  }
});

test('a server that is not there was sent nothing, so nothing was billed', async () => {
  const gone = createTcpServer().listen(0, '127.0.0.1');
  await once(gone, 'listening');
  const url = urlOf(gone);
  gone.close();
  await once(gone, 'close');
  const failure = await failureOf(transport.send(callTo(url)));
  expect(failure).toMatchObject({
    type: 'upstream_unavailable',
    retryable: true,
    upstreamReason: 'ECONNREFUSED',
  });
  expect(failure).not.toHaveProperty('maybeBilled');
});

test('a name that does not resolve was sent nothing, so nothing was billed', async () => {
  const failure = await failureOf(transport.send(callTo(new URL('http://no-such-host.invalid/'))));
  expect(failure).toMatchObject({ type: 'upstream_unavailable', retryable: true });
  expect(failure.upstreamReason).toMatch(/^(ENOTFOUND|EAI_AGAIN)$/);
  expect(failure).not.toHaveProperty('maybeBilled');
});

test('a connection that breaks before the answer may have been billed', async () => {
  const url = await listen((request) => request.socket.destroy());
  expect(await failureOf(transport.send(callTo(url)))).toMatchObject({
    type: 'upstream_unavailable',
    retryable: true,
    maybeBilled: true,
  });
});

test.each([{ 'content-length': '100' }, { 'transfer-encoding': 'chunked' }])(
  'an answer that is cut off (%o) is a failure, not a short answer',
  async (headers) => {
    const url = await listen((_request, response) => {
      response.writeHead(200, headers);
      response.write('{"half":', () => response.destroy());
    });
    expect(await failureOf(transport.send(callTo(url)))).toMatchObject({
      type: 'upstream_unavailable',
      retryable: true,
      maybeBilled: true,
    });
  },
);

test.each([
  ['that breaks', { 'content-length': '100' }, true],
  ['without its last chunk', { 'transfer-encoding': 'chunked' }, true],
  ['that stays open', { 'content-length': '100' }, false],
] as const)('an answer that is there is read on a connection %s', async (_how, headers, breaks) => {
  const url = await listen((_request, response) => {
    response.writeHead(200, headers);
    response.write(' {"data":[]}\n', () => breaks && response.destroy());
  });
  const answer = await transport.send(callTo(url, { timeoutMs: breaks ? 20_000 : 150 }));
  expect(answer).toMatchObject({ status: 200, json: { data: [] } });
});

test.each(['{"a":1}\n{"b":2}', 'data: {"a":1}\n\n', '"a"', '7', '[{}]]'])(
  'an answer that breaks off after %s may have more to say',
  async (body) => {
    const url = await listen((_request, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write(body, () => response.destroy());
    });
    expect(await failureOf(transport.send(callTo(url)))).toMatchObject({ unknownOutcome: true });
  },
);

test('an answer of the size of the limit is read, and one byte more is refused while it still comes', async () => {
  const dropped = Promise.withResolvers<void>();
  const url = await listen((request, response) => {
    const size = request.headers['x-key'] === 'small' ? 1000 : 1001;
    response.write('x'.repeat(size));
    if (size === 1000) response.end();
    else response.on('close', dropped.resolve);
  });
  const limits = { maxAnswerBytes: 1000 };
  const answer = await transport.send(callTo(url, { ...limits, headers: { 'x-key': 'small' } }));
  expect(answer.bytes).toHaveLength(1000);
  expect(await failureOf(transport.send(callTo(url, limits)))).toMatchObject({
    type: 'upstream_unavailable',
    retryable: false,
    upstreamReason: 'answer too large',
    maybeBilled: true,
  });
  await dropped.promise;
});

test('a time-out during the answer ends the call, which may have been billed', async () => {
  const dropped = Promise.withResolvers<void>();
  const url = await listen((_request, response) => {
    response.on('close', dropped.resolve);
    response.write('{');
  });
  expect(await failureOf(transport.send(callTo(url, { timeoutMs: 150 })))).toMatchObject({
    type: 'upstream_unavailable',
    retryable: true,
    upstreamReason: 'timeout',
    maybeBilled: true,
  });
  await dropped.promise;
});

test.each([301, 302, 307, 308])('a redirect (%d) is not followed', async (status) => {
  const paths: (string | undefined)[] = [];
  const url = await listen((request, response) => {
    paths.push(request.url);
    response.writeHead(status, { location: '/elsewhere' }).end();
  });
  expect(await failureOf(transport.send(callTo(url)))).toMatchObject({
    type: 'upstream_bad_request',
    retryable: false,
    upstreamReason: `${status} redirect`,
  });
  expect(paths).toEqual(['/path?a=b']);
});

test("a signal that aborted before the call stops it, with the signal's reason", async () => {
  const reason = new Error('no more');
  const sent = transport.send(callTo(new URL('http://127.0.0.1:1/'), { signal: AbortSignal.abort(reason) }));
  await expect(sent).rejects.toBe(reason);
});

/** Takes connections and stays silent, so that the TLS handshake with it never ends. */
async function listenDeaf() {
  const sockets: Socket[] = [];
  const deaf = createTcpServer((socket) => sockets.push(socket)).listen(0, '127.0.0.1');
  await once(deaf, 'listening');
  const close = () => {
    for (const socket of sockets) socket.destroy();
    deaf.close();
  };
  return { url: new URL(urlOf(deaf).href.replace('http:', 'https:')), close };
}

test('an abort or a time-out while the connection is still being made ends at once, with nothing sent', async () => {
  const deaf = await listenDeaf();
  try {
    const failure = await failureOf(transport.send(callTo(deaf.url, { timeoutMs: 100 })));
    expect(failure).toMatchObject({ type: 'upstream_unavailable', upstreamReason: 'timeout' });
    expect(failure).not.toHaveProperty('maybeBilled');

    const controller = new AbortController();
    const sent = transport.send(callTo(deaf.url, { signal: controller.signal }));
    const reason = new Error('no more');
    controller.abort(reason);
    await expect(sent).rejects.toBe(reason);
  } finally {
    deaf.close();
  }
});

test.each([
  ['gzip', gzipSync],
  ['br', brotliCompressSync],
  ['zstd', zstdCompressSync],
] as const)(
  'an answer in %s is unpacked although it was not asked for, and its limit counts what comes out',
  async (name, pack) => {
    const url = await listen((request, response) => {
      expect(request.headers['accept-encoding']).toBe('identity');
      response.writeHead(200, { 'content-encoding': name }).end(pack(JSON.stringify(['a'.repeat(100_000)])));
    });
    expect((await transport.send(callTo(url))).json).toEqual(['a'.repeat(100_000)]);
    const failure = await failureOf(transport.send(callTo(url, { maxAnswerBytes: 100_000 })));
    expect(failure).toMatchObject({ type: 'upstream_unavailable', maybeBilled: true, retryable: false });
    expect(failure.message).toContain('100000 bytes');
  },
);

test('closing the transport ends the calls that are under way', async () => {
  const asked = Promise.withResolvers<void>();
  const url = await listen(() => asked.resolve());
  const sent = failureOf(transport.send(callTo(url)));
  await asked.promise;
  await transport.close();
  expect(await sent).toMatchObject({ type: 'upstream_unavailable', maybeBilled: true });
});

test('a key that is no header value fails without being shown, and nothing is sent', async () => {
  let asked = 0;
  const url = await listen((_request, response) => {
    asked += 1;
    response.end();
  });
  const failure = await failureOf(transport.send(callTo(url, { headers: { 'x-key': 'secret\r\nhost: b' } })));
  expect(JSON.stringify(failure)).not.toContain('secret');
  expect(failure).not.toHaveProperty('maybeBilled');
  expect(asked).toBe(0);
});
