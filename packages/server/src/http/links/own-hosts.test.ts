import { connect } from 'node:net';
import { text as textOf } from 'node:stream/consumers';
import type { ErrorEnvelope } from '@plantain/client';
import * as fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { createOwnHosts } from './own-hosts.ts';
import { rawCall, refusalOf, startServer, statusPath, type TestServer } from '../server.fixture.ts';

const own = createOwnHosts({ host: 'Pictures.lan', publicUrl: 'https://bücher.example:8443/below' });

const words = (...lines: string[]) => lines.flatMap((line) => line.split(' '));
const ownHosts = words(
  '127.0.0.1 127.0.0.1:8787 192.168.1.5 203.0.113.9:1 127.1 [::1] ::1 [::1]:80 [FE80::1]:9',
  'localhost LocalHost:65535 localhost. localhost: app.localhost a.b.LOCALHOST.:80',
  'pictures.lan PICTURES.LAN.:8787 xn--bcher-kva.example xn--bcher-kva.example:1',
);
const otherHosts = words(
  'evil.example evil.example:8787 localhost.evil.example 127.0.0.1.evil.example evillocalhost localhost.. .localhost..',
  'pictures.lan.evil.example sub.pictures.lan bücher.example xn-- %6c%6f 256.0.0.1 1.2.3.4.5',
  'evil.example@127.0.0.1 localhost@evil.example 127.0.0.1/evil 127.0.0.1# 127.0.0.1?x 127.0.0.1\\',
  'localhost:x localhost:80:80 localhost:-1 localhost:65536 [::1 ::1] [::1]x [evil.example] [127.0.0.1]',
).concat('', ' localhost', 'localhost :80', 'localhost evil.example');

test.each(ownHosts)('a request to %j is one to this server', (host) => {
  expect(own.hasHost(host)).toBe(true);
});

test.each(otherHosts)('a request to %j is one to somebody else', (host) => {
  expect(own.hasHost(host)).toBe(false);
});

test('no name that could be registered is taken for an own one, with whatever around it', () => {
  const part = fc.constantFrom(
    'localhost',
    '127.0.0.1',
    '[::1]',
    '.',
    ':',
    '@',
    '/',
    '-',
    '80',
    'a',
    '%00',
    ' ',
  );
  const tail = fc.constantFrom('evil.example', 'evil.example.', 'EVIL.example:80', 'evil.example:');
  fc.assert(
    fc.property(fc.array(part, { maxLength: 6 }), tail, (parts, end) => {
      expect(own.hasHost(parts.join('') + end)).toBe(false);
    }),
  );
});

test('pages of this machine, and of this server by whatever address it was reached, are own ones', () => {
  for (const origin of words(
    'http://localhost:3000 https://app.localhost http://127.0.0.1:1 http://[::1]:8787 tauri://localhost',
    'http://pictures.lan:8787 https://bücher.example http://xn--bcher-kva.example:1',
  ))
    expect(own.hasOrigin(origin, 'localhost'), origin).toBe(true);
  expect(own.hasOrigin('http://192.168.1.5:8787', '192.168.1.5:8787')).toBe(true);
  expect(own.hasOrigin('http://[fd00::5]', '[FD00::5]:8787')).toBe(true);
});

test('pages of anybody else are not, nor of an address that is not the one which was called', () => {
  for (const origin of words(
    'http://evil.example http://localhost.evil.example http://127.0.0.1.evil.example:8787 http://localhost@evil.example',
    'http://203.0.113.9 http://[::ffff:203.0.113.9] null file:// chrome-extension://abcdefgh localhost',
  ).concat('', 'http://localhost, http://evil.example'))
    for (const host of [undefined, 'localhost', '192.168.1.5:8787', 'evil.example', ''])
      expect(own.hasOrigin(origin, host), origin).toBe(false);
  expect(own.hasOrigin('http://evil.example', 'evil.example')).toBe(false);
});

describe('in open mode', () => {
  let server: TestServer;
  let task: string;
  beforeAll(async () => {
    server = await startServer({ AUTH: 'open', PUBLIC_URL: 'http://pictures.example:8787' });
    task = await server.submit({ prompt: '[[fail no_image]]' });
    await server.final(task);
  });
  const get = (target: string, headers: Record<string, string> = {}, method = 'GET') =>
    rawCall(server.url, { target, method, headers });

  test.each([
    ['the status query', () => `${statusPath}/${task}`],
    ['the ordinary route of it', () => `${statusPath}/${task}?x`],
    ['the console', () => '/'],
    ['the reference', () => '/openapi.json'],
    ['a list', () => statusPath],
    ['a signed link', () => `/files/${task}/output.png?e=1&token=x`],
    ['what is not there', () => '/nothing'],
    ['what is no path', () => '/%'],
  ])('%s is not for who comes by another name, or from a page of another origin', async (_, target) => {
    const { status } = await get(target(), { host: 'pictures.example' });
    expect((await get(target(), { host: 'localhost:1', origin: 'http://localhost:3000' })).status).toBe(
      status,
    );
    const misdirected = refusalOf(await get(target(), { host: 'evil.example' }), 421);
    expect(misdirected.msg).toContain('PLANTAIN_PUBLIC_URL');
    expect(misdirected.msg).toContain('evil.example');
    expect(refusalOf(await get(target(), { origin: 'http://evil.example' }), 403).msg).toContain(
      'PLANTAIN_AUTH',
    );
    expect((await get(target(), { origin: 'null' })).status).toBe(403);
    // The verdict on the first of them does not count for the next.
    expect((await get(target(), { host: 'pictures.example' })).status).toBe(status);
  });

  test('a page of another origin can neither submit nor ask whether it might', async () => {
    const submit = (headers: Record<string, string>) =>
      server.call<ErrorEnvelope>(statusPath, {
        method: 'POST',
        headers: { 'content-type': 'text/plain', ...headers },
        body: '{"prompt":"[[fail no_image]]"}',
      });
    refusalOf(await submit({ origin: 'http://evil.example' }), 403);
    expect((await submit({ origin: server.url })).status).toBe(200);
    const asked = { 'access-control-request-method': 'DELETE', origin: 'http://evil.example' };
    expect((await get(statusPath, asked, 'OPTIONS')).status).toBe(403);
    expect((await get(statusPath, { ...asked, origin: server.url }, 'OPTIONS')).status).toBe(204);
  });

  test.each([
    [
      'a target that is a whole URL of elsewhere',
      'GET http://evil.example/healthz HTTP/1.1\r\nHost: 127.0.0.1',
      421,
    ],
    [
      'a whole URL with credentials',
      'GET http://127.0.0.1@evil.example/healthz HTTP/1.1\r\nHost: 127.0.0.1',
      421,
    ],
    [
      'a whole URL to here with another Host',
      'GET HTTP://127.0.0.1/healthz HTTP/1.1\r\nHost: evil.example',
      421,
    ],
    ['a whole URL to here', 'GET http://127.0.0.1:1/healthz HTTP/1.1\r\nHost: 127.0.0.1', 200],
    ['HTTP/1.0 with a Host', 'GET /healthz HTTP/1.0\r\nHost: localhost', 200],
    ['HTTP/1.0 with another Host', 'GET /healthz HTTP/1.0\r\nHost: evil.example', 421],
    ['HTTP/1.0 without a Host', 'GET /healthz HTTP/1.0', 421],
    ['two Hosts', 'GET /healthz HTTP/1.1\r\nHost: evil.example\r\nHost: localhost', 421],
    ['the server as a whole', 'OPTIONS * HTTP/1.1\r\nHost: evil.example', 421],
  ])('every form of request is judged: %s', async (_, head, status) => {
    const { hostname, port } = new URL(server.url);
    const socket = connect(Number(port), hostname);
    socket.end(`${head}\r\nConnection: close\r\n\r\n`);
    expect(await textOf(socket)).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  });

  test('an assistant’s tools work, though what they call has another Host', async () => {
    const answer = await server.call('/mcp', {
      method: 'POST',
      key: null,
      headers: { accept: 'application/json, text/event-stream', 'content-type': 'application/json' },
      body: JSON.stringify({
        jsonrpc: '2.0',
        id: 1,
        method: 'tools/call',
        params: { name: 'get_task', arguments: { task_id: task } },
      }),
    });
    expect(answer.text).toContain(task);
  });

  test('nobody manages keys, whether he shows one or not', async () => {
    const path = '/api/admin/keys';
    for (const [method, at] of [
      ['GET', path],
      ['POST', path],
      ['PATCH', `${path}/key_x`],
      ['POST', `${path}/key_x/revoke`],
      ['DELETE', `${path}/key_x`],
    ] as const) {
      const body = method === 'GET' ? {} : { body: '{"name":"x","role":"admin"}' };
      for (const key of [null, 'any'])
        expect(refusalOf(await server.call(at, { method, key, ...body }), 403).msg).toContain('open mode');
    }
  });
});

test('with keys, whatever host and origin is answered, as the key says who is calling', async () => {
  const server = await startServer();
  const headers = { host: 'evil.example', origin: 'http://evil.example' };
  for (const target of ['/healthz', '/nothing', statusPath]) {
    const plain = await rawCall(server.url, { target });
    expect((await rawCall(server.url, { target, headers })).status).toBe(plain.status);
  }
});

test('a page of the server itself has the origin of the public address, and no other where that is set', () => {
  for (const [origin, host] of [
    ['https://bücher.example:8443', undefined],
    ['https://xn--bcher-kva.example:8443', '127.0.0.1:8787'],
  ] as const)
    expect(own.hasPage(origin, host), origin).toBe(true);
  for (const [origin, host] of [
    ['http://bücher.example:8443', 'bücher.example:8443'],
    ['https://bücher.example', 'bücher.example'],
    ['https://xn--bcher-kva.example', 'xn--bcher-kva.example'],
    ['http://127.0.0.1:8787', '127.0.0.1:8787'],
    ['null', 'null'],
  ] as const)
    expect(own.hasPage(origin, host), origin).toBe(false);
});

test('without a public address a page of the server itself is of http and of the host that the request went to', () => {
  const unset = createOwnHosts({ host: '127.0.0.1', publicUrl: undefined });
  for (const [origin, host] of [
    ['http://127.0.0.1:8787', '127.0.0.1:8787'],
    ['http://localhost:8787', 'localhost:8787'],
    ['http://Pictures.LAN', 'pictures.lan'],
    ['http://pictures.lan', 'pictures.lan:80'],
    ['http://[fd00::5]:8787', '[FD00::5]:8787'],
  ] as const)
    expect(unset.hasPage(origin, host), origin).toBe(true);
  for (const [origin, host] of [
    ['null', 'pictures.lan'],
    ['', ''],
    ['https://pictures.lan', 'pictures.lan'],
    ['https://pictures.lan', 'pictures.lan:443'],
    ['http://127.0.0.1:3000', '127.0.0.1:8787'],
    ['http://localhost:8787', '127.0.0.1:8787'],
    ['http://pictures.lan.evil.example', 'pictures.lan'],
    ['http://evil.example', 'pictures.lan@evil.example'],
    ['file://pictures.lan', 'pictures.lan'],
  ] as const)
    expect(unset.hasPage(origin, host), origin).toBe(false);
});
