import { Buffer } from 'node:buffer';
import { createServer as createHttpsServer } from 'node:https';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { expect, onTestFinished, test } from 'vitest';
import {
  createCertificate,
  failureOf,
  guarded,
  listen,
  loopback,
  never,
  serve,
} from './guarded-fetch.fixture.ts';
import type { Lookup } from './host-lookup.ts';

test('a listed host is reached, asked plainly, and its bytes come back', async () => {
  let asked: unknown;
  const { port } = await serve((request, response) => {
    asked = { url: request.url, headers: request.headers };
    response.setHeader('content-type', 'image/png').end('bytes');
  });
  const fetched = await guarded({ allowed: [`localhost:${port}`] })(
    `http://localhost:${port}/a?b=c#d`,
    never,
  );
  expect(fetched).toEqual({ bytes: Buffer.from('bytes'), contentType: 'image/png' });
  expect(asked).toEqual({
    url: '/a?b=c',
    headers: {
      host: `localhost:${port}`,
      connection: 'close',
      'user-agent': 'Plantain',
      accept: 'image/*',
      'accept-encoding': 'identity',
    },
  });
});

test('inside addresses are refused in every spelling, and the server there sees no connection', async () => {
  const { port, connections } = await serve((_, response) => response.end('secret'));
  const hosts = `
    127.0.0.1 127.1 2130706433 0x7f000001 0x7f.1 0177.0.0.1 017700000001 127.0.0.1. 127.0.0.1.. 0 0.0.0.0 localhost
    LOCALHOST localhost. ①②⑦.⓪.⓪.① 127。0。0。1 %31%32%37.0.0.1 [::1] [::ffff:127.0.0.1] [::ffff:7f00:1]
    [::127.0.0.1] [0:0:0:0:0:0:0:1] [64:ff9b::7f00:1] [::] [2002:7f00:1::]
  `;
  for (const host of hosts.trim().split(/\s+/)) {
    const failure = await failureOf(`http://${host}:${port}/`);
    expect({ host, ...failure }).toMatchObject({
      host,
      retryable: false,
      message: expect.stringContaining('an address that is not allowed'),
    });
  }
  expect(connections()).toBe(0);
});

test.each([
  '',
  'nonsense',
  '//example.com/a',
  'ftp://example.com/a',
  'file:///etc/passwd',
  'data:image/png;base64,AAAA',
  'gopher://127.0.0.1/',
  'http://',
  'http://[fe80::1%25eth0]/',
  'http://[::1',
  'http://1.2.3.4.5/',
  'http://256.1.1.1/',
  'http://example.com:99999/',
  `http://${'a'.repeat(254)}/`,
])('%j is no link that can be fetched', async (url) => {
  expect(await failureOf(url)).toMatchObject({
    retryable: false,
    message: expect.stringContaining('not a complete'),
  });
});

test('a link with credentials is refused without repeating them', async () => {
  const { message } = await failureOf('http://alice:hunter2@example.com/');
  expect(message).toContain('user name or password');
  expect(message).not.toMatch(/alice|hunter2/);
});

test('a name that leads outside and inside at once is refused', async () => {
  const { port, connections } = await serve((_, response) => response.end('secret'));
  const lookup: Lookup = () =>
    Promise.resolve([
      { address: '127.0.0.2', family: 4 },
      { address: '127.0.0.1', family: 4 },
    ]);
  const failure = await failureOf(`http://both.test:${port}/`, { allowed: ['127.0.0.2'], lookup });
  expect(failure.message).toContain('The link at both.test was not fetched');
  expect(failure.message).not.toContain('127.0.0');
  expect(connections()).toBe(0);
});

test('a name without addresses is refused', async () => {
  const { retryable } = await failureOf('http://none.test/', { lookup: () => Promise.resolve([]) });
  expect(retryable).toBe(false);
});

test('a name that changes its address after the check does not lead inside', async () => {
  const inside = await serve((_, response) => response.end('secret'));
  await serve((_, response) => response.end('outside'), '127.0.0.2', inside.port);
  const answers = ['127.0.0.2', '127.0.0.1'];
  const lookup: Lookup = () => Promise.resolve([{ address: answers.shift() ?? '127.0.0.1', family: 4 }]);
  const fetch = guarded({ allowed: ['127.0.0.2'], lookup });
  const { bytes } = await fetch(`http://rebind.test:${inside.port}/`, never);
  expect(bytes.toString()).toBe('outside');
  expect(answers).toEqual(['127.0.0.1']);
  await expect(fetch(`http://rebind.test:${inside.port}/`, never)).rejects.toThrow('not allowed');
  expect(inside.connections()).toBe(0);
});

test('a redirect is followed to an allowed host', async () => {
  const { port } = await serve((request, response) => {
    if (request.url === '/final') response.end('bytes');
    else response.writeHead(302, { location: '/final' }).end('a body that nobody reads');
  });
  expect((await guarded(loopback)(`http://127.0.0.1:${port}/`, never)).bytes.toString()).toBe('bytes');
});

test.each([
  ['/é.png', '/%C3%A9.png'],
  ['/图 片.png?x=é', '/%E5%9B%BE%20%E7%89%87.png?x=%C3%A9'],
  ['//127.0.0.1:PORT/é#é', '/%C3%A9'],
  ['/%C3%A9%2F.png', '/%C3%A9%2F.png'],
])('a redirect to %s in raw UTF-8 is followed to %s', async (location, path) => {
  const asked: (string | undefined)[] = [];
  const { port } = await serve((request, response) => {
    asked.push(request.url);
    const to = Buffer.from(location.replace('PORT', String(port))).toString('latin1');
    if (request.url === '/') response.writeHead(302, { location: to }).end();
    else response.end('bytes');
  });
  await guarded(loopback)(`http://127.0.0.1:${port}/`, never);
  expect(asked).toEqual(['/', path]);
});

test('a redirect in Latin 1 is followed byte by byte', async () => {
  const asked: (string | undefined)[] = [];
  const { port } = await serve((request, response) => {
    asked.push(request.url);
    if (request.url === '/') response.writeHead(302, { location: '/\u00E9.png' }).end();
    else response.end('bytes');
  });
  await guarded(loopback)(`http://127.0.0.1:${port}/`, never);
  expect(asked).toEqual(['/', '/%E9.png']);
});

test.each([
  'http://127.0.0.1:PORT/',
  'http://2130706433:PORT/',
  '//localhost:PORT/',
  'http://[::ffff:127.0.0.1]:PORT/',
])('a redirect from an allowed host to %s inside is refused', async (location) => {
  const inside = await serve((_, response) => response.end('secret'));
  const outside = await serve(
    (_, response) =>
      response.writeHead(307, { location: location.replace('PORT', String(inside.port)) }).end(),
    '127.0.0.2',
  );
  const failure = await failureOf(`http://127.0.0.2:${outside.port}/`, { allowed: ['127.0.0.2'] });
  expect(failure).toMatchObject({ retryable: false, message: expect.stringContaining('not allowed') });
  expect(failure.message).not.toMatch(/127\.0\.0\.1|localhost|ffff/);
  expect(inside.connections()).toBe(0);
});

test.each([
  ['file:///etc/passwd', 'not a complete http or https URL'],
  ['http://user:secret@127.0.0.1/', 'user name or password'],
  ['http://[', 'not a complete http or https URL'],
])('a redirect to %s is refused', async (location, reason) => {
  const { port } = await serve((_, response) => response.writeHead(301, { location }).end());
  expect((await failureOf(`http://127.0.0.1:${port}/`, loopback)).message).toContain(reason);
});

test('three redirects are followed and a fourth is not', async () => {
  const { port, connections } = await serve((request, response) => {
    const left = Number(request.url?.slice(1));
    if (left === 0) response.end('bytes');
    else response.writeHead(302, { location: `/${left - 1}` }).end();
  });
  expect((await guarded(loopback)(`http://127.0.0.1:${port}/3`, never)).bytes.toString()).toBe('bytes');
  expect(connections()).toBe(4);
  expect((await failureOf(`http://127.0.0.1:${port}/4`, loopback)).message).toContain('more than 3 times');
  expect(connections()).toBe(8);
});

/** Trusts nobody else while the test runs. */
function trustOnly(certificate: string): void {
  const before = getCACertificates('default');
  setDefaultCACertificates([certificate]);
  onTestFinished(() => setDefaultCACertificates(before));
}

test('https is fetched by name at the pinned address, and never left for http', async () => {
  const certificate = createCertificate();
  trustOnly(certificate.cert);
  const plain = await serve((_, response) => response.end('readable on the way'));
  const server = createHttpsServer(certificate, (request, response) => {
    if (request.url === '/picture') response.end('bytes');
    else response.writeHead(302, { location: `http://127.0.0.1:${plain.port}/` }).end();
  });
  const { port } = await listen(server);
  const lookup: Lookup = () => Promise.resolve([{ address: '127.0.0.1', family: 4 }]);
  const fetched = await guarded({ ...loopback, lookup })(`https://localhost:${port}/picture`, never);
  expect(fetched.bytes.toString()).toBe('bytes');
  const downgrade = await failureOf(`https://localhost:${port}/`, { ...loopback, lookup });
  expect(downgrade).toMatchObject({
    retryable: false,
    message: expect.stringContaining('from https to http'),
  });
  expect(plain.connections()).toBe(0);
});

test('a certificate for another name, or from nobody known, is refused', async () => {
  const [known, unknown] = [createCertificate(), createCertificate()];
  trustOnly(known.cert);
  const lookup: Lookup = () => Promise.resolve([{ address: '127.0.0.1', family: 4 }]);
  const knownServer = await listen(createHttpsServer(known, (_, response) => response.end()));
  const unknownServer = await listen(createHttpsServer(unknown, (_, response) => response.end()));
  const urls = [
    `https://other.test:${knownServer.port}/`,
    `https://127.0.0.1:${knownServer.port}/`,
    `https://localhost:${unknownServer.port}/`,
  ];
  for (const url of urls)
    expect(await failureOf(url, { ...loopback, lookup })).toMatchObject({
      retryable: false,
      message: expect.stringContaining('No trusted TLS connection'),
    });
});
