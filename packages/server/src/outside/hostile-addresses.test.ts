import { once } from 'node:events';
import { createServer } from 'node:http';
import type { RequestListener } from 'node:http';
import { connect, isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createAddressPolicy, isPublicAddress } from '../lib/addresses.ts';
import { serveDns } from './dns.fixture.ts';
import type { DnsAnswer } from './dns.fixture.ts';
import { failureOf, guarded, listen, never, serve } from './guarded-fetch.fixture.ts';
import type { Listening } from './guarded-fetch.fixture.ts';
import { renderPage } from './hostile-addresses-page.fixture.ts';
import { hostileLinks, sentences } from './hostile-addresses.fixture.ts';
import type { Refusal } from './hostile-addresses.fixture.ts';
import { createHostLookup } from './host-lookup.ts';
import type { Lookup } from './host-lookup.ts';

const page = join(import.meta.dirname, '../../../../docs/security/hostile-addresses.md');
const webPorts = [80, 443, 8080, 8443];

const refusals = Object.keys(sentences) as Refusal[];
const refusalIn = (message: string): Refusal | undefined =>
  refusals.find((refusal) => message.includes(sentences[refusal]));

const hostOf = (url: string): string => new URL(url.replace(':PORT', '')).hostname.replace(/\.$/, '');
const answers = new Map(hostileLinks.flatMap(({ url, dns }) => (dns ? [[hostOf(url), dns]] : [])));

/** A lookup at a DNS server on loopback; of what is said of a name, the family that was asked for. */
async function lookupIn(said: (name: string) => readonly string[] | undefined): Promise<Lookup> {
  const dns = await serveDns((name, type): DnsAnswer => {
    const unwanted = type === 'A' ? 6 : 4;
    return said(name)?.filter((entry) => isIP(entry) !== unwanted) ?? 'absent';
  });
  return createHostLookup({ policy: createAddressPolicy([]), patienceMs: 5000, servers: [dns.address] });
}

const secret: RequestListener = (_, response) => void response.end('secret');

/** Addresses of the network interfaces, as a socket takes them. */
const ownAddresses = Object.entries(networkInterfaces()).flatMap(([name, entries = []]) =>
  entries.map(({ address }) => (address.startsWith('fe80:') ? `${address}%${name}` : address)),
);
const loopbackAddresses = ['127.0.0.1', '127.0.0.53', '127.1.2.3', '127.255.255.254', '::1'];

/** Servers on one port at every inside address that this machine has, and on another port at all of them together. */
async function listenInside(): Promise<{ ports: number[]; connections: () => number }> {
  const everywhere = (await tryToServe('::', 0)) ?? (await serve(secret, '0.0.0.0'));
  const first = await serve(secret);
  const others = new Set(
    [...loopbackAddresses, ...ownAddresses].filter((address) => address !== '127.0.0.1'),
  );
  const rest = await Promise.all([...others].map((address) => tryToServe(address, first.port)));
  const listeners = [everywhere, first, ...rest].filter((listener) => listener !== undefined);
  return {
    ports: [first.port, everywhere.port],
    connections: () => listeners.reduce((sum, listener) => sum + listener.connections(), 0),
  };
}

/** Not every machine has IPv6, or all of 127.0.0.0/8. */
async function tryToServe(address: string, port: number): Promise<Listening | undefined> {
  return listen(createServer(secret), address, port).catch((error: NodeJS.ErrnoException) => {
    if (/^(EADDRNOTAVAIL|EAFNOSUPPORT|EINVAL)$/.test(error.code ?? '')) return undefined;
    throw error;
  });
}

test('no hostile link is fetched, and no listener at any inside address sees a connection', async () => {
  const inside = await listenInside();
  const options = {
    allowedPorts: [...webPorts, ...inside.ports],
    lookup: await lookupIn((name) => answers.get(name)),
  };
  const outcomes: (Refusal | undefined)[] = [];
  for (const { url } of hostileLinks)
    for (const port of inside.ports) {
      const { message, retryable } = await failureOf(url.replaceAll('PORT', String(port)), options);
      expect({ url, message, retryable }).toMatchObject({ url, retryable: false });
      if (port === inside.ports[0]) outcomes.push(refusalIn(message));
    }
  expect(inside.connections()).toBe(0);
  expect(hostileLinks.map(({ url }, index) => [url, outcomes[index]])).toEqual(
    hostileLinks.map(({ url, refused }) => [url, refused]),
  );
  const rendered = await renderPage(
    hostileLinks.map((link, index) => ({ ...link, outcome: outcomes[index] })),
  );
  await expect(rendered).toMatchFileSnapshot(page);
});

test('the listeners would see them: told that this machine is allowed, the same fetch reaches it by 50 of the links', async () => {
  const inside = await listenInside();
  for (const port of inside.ports) {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    socket.destroy();
  }
  const direct = inside.connections();
  const fetch = guarded({
    allowed: ['127.0.0.0/8', '0.0.0.0', '::', '::1', ...ownAddresses.filter((own) => !own.includes('%'))],
    allowedPorts: inside.ports,
    lookup: await lookupIn((name) => answers.get(name)),
  });
  const reached = new Set<string>();
  // Not those that lead outside as well: with the inside part allowed, they would go there.
  for (const { url } of hostileLinks.filter(({ dns = [] }) => !dns.some(isPublicAddress)))
    await fetch(url.replaceAll('PORT', String(inside.ports[0])), never).then(
      () => reached.add(url),
      () => undefined,
    );
  expect(direct).toBe(2);
  expect(reached.size).toBeGreaterThan(50);
  expect(inside.connections()).toBeGreaterThanOrEqual(direct + reached.size);
  expect([...reached]).toEqual(
    expect.arrayContaining([
      'http://0x7f.1:PORT/',
      'http://[::ffff:127.0.0.1]:PORT/',
      'http://alias.test:PORT/',
    ]),
  );
});

test('no hostile link is followed from a host that is allowed', async () => {
  const inside = await listenInside();
  const locations: string[] = [];
  const outside = await serve((request, response) => {
    const location = locations[Number(request.url?.slice(1))];
    response.writeHead(location === undefined ? 404 : 302, { location: location ?? '' }).end();
  }, '127.0.0.9');
  const options = {
    allowed: [`127.0.0.9:${outside.port}`],
    allowedPorts: [...webPorts, ...inside.ports],
    lookup: await lookupIn((name) => answers.get(name)),
  };
  // Links that a header can not hold (RFC 9110, section 5.5) are left out.
  const links = hostileLinks.filter(({ url }) => /^[ -~]+$/.test(url));
  for (const { url, refused } of links) {
    locations.push(url.replaceAll('PORT', String(inside.ports[0])));
    const link = `http://127.0.0.9:${outside.port}/${locations.length - 1}`;
    const { message, retryable } = await failureOf(link, options);
    expect({ url, retryable }).toEqual({ url, retryable: false });
    // Some that are no links by themselves are relative ones here, and those lead back to the allowed host.
    const expected = refused === 'no web link' || /^http:\/?1/.test(url) ? /./ : sentences[refused];
    expect(message).toMatch(expected);
    expect(message).not.toMatch(/127\.0\.0\.1|localhost|169\.254|secret/);
  }
  expect(links.length).toBeGreaterThan(200);
  expect(inside.connections()).toBe(0);
});

test('every address of the machine’s own interfaces is refused as a link, by name and after a redirect', async () => {
  const inside = await listenInside();
  const own = ownAddresses.map((address) => address.replace(/%.*/, ''));
  const urls = own.flatMap((address, index) => [
    `http://${isIP(address) === 6 ? `[${address}]` : address}:${inside.ports[0]}/`,
    `http://own-${index}.test:${inside.ports[0]}/`,
  ]);
  const outside = await serve((request, response) => {
    response.writeHead(302, { location: urls[Number(request.url?.slice(1))] }).end();
  }, '127.0.0.9');
  const options = {
    allowed: [`127.0.0.9:${outside.port}`],
    lookup: await lookupIn((name) => own.filter((_, index) => name === `own-${index}.test`)),
  };
  const redirects = urls.map((_, index) => `http://127.0.0.9:${outside.port}/${index}`);
  for (const url of [...urls, ...redirects])
    expect(refusalIn((await failureOf(url, options)).message)).toBe('address');
  expect(own).toContain('127.0.0.1');
  expect(inside.connections()).toBe(0);
});

test('a name that DNS moves inside between two questions never leads there', async () => {
  const inside = await serve(secret);
  const outside = await serve(
    (request, response) => {
      if (request.url === '/') response.end('outside');
      else response.writeHead(302, { location: '/' }).end();
    },
    '127.0.0.9',
    inside.port,
  );
  const asked: string[] = [];
  const lookup = await lookupIn((name) => {
    asked.push(name);
    // Both families are asked for at each look-up, so the first two questions are those of the first hop.
    const earlier = asked.filter((other) => other === name).length;
    return [earlier > 2 ? '127.0.0.1' : '127.0.0.9'];
  });
  const fetch = guarded({ allowed: ['127.0.0.9'], lookup });

  const { bytes } = await fetch(`http://rebinds.test:${inside.port}/`, never);
  expect(Buffer.from(bytes).toString()).toBe('outside');
  expect(asked).toEqual(['rebinds.test', 'rebinds.test']);
  for (const url of ['http://rebinds.test', 'http://between-hops.test'])
    expect(refusalIn((await failureOf(`${url}:${inside.port}/redirect`, fetch)).message)).toBe('address');
  expect(outside.connections()).toBe(2);
  expect(inside.connections()).toBe(0);
});

test('a name that DNS moves in and out at every question leads outside or nowhere', async () => {
  const inside = await serve(secret);
  const outside = await serve((_, response) => response.end('outside'), '127.0.0.9', inside.port);
  let questions = 0;
  const lookup = await lookupIn(() => {
    questions += 1;
    return [questions % 3 === 0 ? '127.0.0.1' : '127.0.0.9'];
  });
  const fetch = guarded({ allowed: ['127.0.0.9'], lookup });
  const fetched = await Promise.allSettled(
    Array.from({ length: 60 }, (_, index) => fetch(`http://flips-${index}.test:${inside.port}/`, never)),
  );
  const refused = fetched.filter(({ status }) => status === 'rejected').length;
  expect(outside.connections() + refused).toBe(60);
  expect(Math.min(outside.connections(), refused)).toBeGreaterThan(0);
  expect(inside.connections()).toBe(0);
});
