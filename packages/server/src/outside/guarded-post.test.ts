import type { IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { TaskError } from '../core/errors.ts';
import { createAddressPolicy } from '../lib/addresses.ts';
import { never, serve, serveRaw } from './guarded-fetch.fixture.ts';
import { createGuardedPost } from './guarded-post.ts';

const everyPort = Array.from({ length: 65_536 }, (_, port) => port);
const request = { headers: { 'webhook-id': 'msg_1' }, body: '{"a":"“b”"}' };

function guardedPost(totalMs = 5_000, allowed = ['127.0.0.0/8']) {
  const policy = createAddressPolicy(allowed, { allowedPorts: everyPort });
  const post = createGuardedPost({ policy, limits: { totalMs } });
  return (port: number, path = '/hook?a=b', signal = never) =>
    post(`http://127.0.0.1:${port}${path}`, request, signal);
}

async function failureOf(posted: Promise<unknown>): Promise<string> {
  const error: unknown = await posted.catch((reason: unknown) => reason);
  if (!(error instanceof TaskError)) throw new Error('no TaskError', { cause: error });
  return error.message;
}

test('posts body and headers, and gives status and beginning of the answer', async () => {
  const asked = Promise.withResolvers<{ seen: IncomingMessage; body: string }>();
  const { port } = await serve((seen, response) => {
    void text(seen).then((body) => asked.resolve({ seen, body }));
    response.writeHead(202).end('thanks');
  });
  expect(await guardedPost()(port)).toEqual({ status: 202, start: 'thanks' });
  const { seen, body } = await asked.promise;
  expect([seen.method, seen.url, body]).toEqual(['POST', '/hook?a=b', request.body]);
  expect(seen.headers).toMatchObject({
    ...request.headers,
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(request.body)),
    'accept-encoding': 'identity',
  });
});

test('follows no redirect', async () => {
  const elsewhere = await serve((_seen, response) => response.end());
  const { port } = await serve((_seen, response) =>
    response.writeHead(302, { location: `http://127.0.0.1:${elsewhere.port}/` }).end(),
  );
  expect(await guardedPost()(port)).toMatchObject({ status: 302 });
  expect(elsewhere.connections()).toBe(0);
});

test.each([
  [429, { 'retry-after': '7' }, 7_000],
  [503, { 'retry-after': '7' }, 7_000],
  [500, { 'retry-after': '7' }, undefined],
  [429, { 'retry-after': 'soon' }, undefined],
])('%i with %j asks for a pause of %s ms', async (status, headers, retryAfterMs) => {
  const { port } = await serve((_seen, response) => response.writeHead(status, headers).end());
  expect((await guardedPost()(port)).retryAfterMs).toBe(retryAfterMs);
});

test('of an endless answer it reads the beginning only', async () => {
  const closed = Promise.withResolvers<void>();
  const { port } = await serve((_seen, response) => {
    response.writeHead(200);
    const timer = setInterval(() => response.write('x'.repeat(10_000)), 1);
    response.on('close', () => {
      clearInterval(timer);
      closed.resolve();
    });
  });
  const { status, start } = await guardedPost()(port);
  expect([status, start]).toEqual([200, 'x'.repeat(1_024)]);
  await closed.promise;
});

test('an answer counts whose body breaks off, or comes compressed', async () => {
  const broken = await serveRaw((socket) => {
    socket.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf');
  });
  expect(await guardedPost()(broken.port)).toEqual({ status: 200, start: 'half' });
  const compressed = await serve((_seen, response) =>
    response.writeHead(200, { 'content-encoding': 'gzip' }).end('\u001f\u008b'),
  );
  expect(await guardedPost()(compressed.port)).toEqual({ status: 200, start: '' });
});

test('a server that never answers is given up in time, and so is one that only promises to', async () => {
  const silent = await serveRaw(() => {});
  expect(await failureOf(guardedPost(100)(silent.port))).toBe('The server at 127.0.0.1 took too long.');
  const promising = await serveRaw((socket) => {
    const timer = setInterval(() => socket.write('HTTP/1.1 103 Early Hints\r\n\r\n'), 1);
    socket.on('close', () => clearInterval(timer));
  });
  expect(await failureOf(guardedPost()(promising.port))).toMatch(/valid HTTP/);
});

test('when the signal aborts, it rejects with the signal’s reason', async () => {
  const silent = await serveRaw(() => {});
  const abort = new AbortController();
  const posted = guardedPost()(silent.port, '/', abort.signal);
  abort.abort(new Error('stop'));
  await expect(posted).rejects.toThrow('stop');
});

test('an inside address is not called', async () => {
  const inside = await serve((_seen, response) => response.end());
  expect(await failureOf(guardedPost(5_000, [])(inside.port))).toMatch(/not allowed/);
  expect(inside.connections()).toBe(0);
});

test('a receiver that is not there is named', async () => {
  const gone = await serve((_seen, response) => response.end());
  const post = guardedPost();
  expect(await failureOf(post(1))).toBe('The connection to 127.0.0.1 failed or broke off.');
  expect((await post(gone.port)).status).toBe(200);
});
