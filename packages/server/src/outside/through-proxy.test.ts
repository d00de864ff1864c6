import { describe, expect, test } from 'vitest';
import { createAddressPolicy } from '../lib/addresses.ts';
import { createProxies } from '../lib/network/proxies.ts';
import type { Through } from './guarded-fetch-connections.ts';
import { createGuardedFetch } from './guarded-fetch.ts';
import { failureOf, never, serve } from './guarded-fetch.fixture.ts';
import { startProxy, startTlsServer } from './proxy.fixture.ts';

const publicAddress = '93.184.216.34';

/** A fetch of links that go through a proxy; every name has these addresses. */
function fetchThrough(proxy: string, by: Through['by'], addresses: readonly string[] = [publicAddress]) {
  const lookups: string[] = [];
  const fetch = createGuardedFetch({
    policy: createAddressPolicy([], { ownAddresses: () => [] }),
    limits: { maxBytes: 1000, totalMs: 10_000, connectMs: 5_000 },
    through: { ...createProxies({ https: proxy, http: proxy, none: ['direct.example'] }), by },
    async lookup(host) {
      lookups.push(host);
      return addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
    },
  });
  return { fetch, lookups };
}

const authorization = `Basic ${btoa('someone:pass@word')}`;

describe('a link through a proxy', () => {
  test('by address leads to the address that was judged, with TLS to the name', async () => {
    const { port } = await startTlsServer('pictures.example', (request, response) =>
      response.end(`${request.headers.host}${request.url}`),
    );
    const proxy = await startProxy(() => port);
    const { fetch } = fetchThrough(proxy.url, 'address');
    const { bytes } = await fetch('https://pictures.example/a?b', never);
    expect(bytes.toString()).toBe('pictures.example/a?b');
    expect(proxy.seen).toEqual([{ asked: `CONNECT ${publicAddress}:443`, authorization }]);
  });

  test('by name is looked up by nobody here', async () => {
    const { port } = await serve((request, response) => response.end(request.headers.host));
    const proxy = await startProxy(() => port);
    const { fetch, lookups } = fetchThrough(proxy.url, 'name');
    expect((await fetch('http://pictures.example/', never)).bytes.toString()).toBe('pictures.example');
    expect(proxy.seen.map(({ asked }) => asked)).toEqual(['CONNECT pictures.example:80']);
    expect(lookups).toEqual([]);
  });

  test.each([
    ['address', 'https://pictures.example/', ['10.0.0.7'], 'address that is not allowed'],
    ['address', 'https://pictures.example/', [publicAddress, '::1'], 'address that is not allowed'],
    ['address', 'https://pictures.example:25/', [publicAddress], 'its port is not one'],
    ['name', 'https://10.0.0.7/', [], 'address that is not allowed'],
    ['name', 'https://[::ffff:169.254.169.254]/', [], 'address that is not allowed'],
    ['name', 'https://metadata.internal/', [], 'address that is not allowed'],
    ['name', 'https://localhost/', [], 'address that is not allowed'],
    ['name', 'https://pictures.example:25/', [], 'its port is not one'],
  ] as const)(
    'by %s to %s with %j is refused before the proxy is asked',
    async (by, url, addresses, words) => {
      const proxy = await startProxy(() => 502);
      expect((await failureOf(url, fetchThrough(proxy.url, by, addresses).fetch)).message).toContain(words);
      expect(proxy.seen).toEqual([]);
    },
  );

  test('tries the next address where the proxy has not reached the first', async () => {
    const { port } = await serve((_, response) => response.end('bytes'));
    const proxy = await startProxy((target) => (target.startsWith('[') ? port : 502));
    const { fetch } = fetchThrough(proxy.url, 'address', [publicAddress, '2606:2800:220:1::1']);
    expect((await fetch('http://pictures.example/', never)).bytes.toString()).toBe('bytes');
    expect(proxy.seen.map(({ asked }) => asked)).toEqual([
      `CONNECT ${publicAddress}:80`,
      'CONNECT [2606:2800:220:1::1]:80',
    ]);
  });

  test.each([
    [403, false, 'the proxy of this server answered 403'],
    [407, false, 'the proxy of this server answered 407'],
    [502, true, 'the proxy of this server answered 502'],
    ['hang up', true, 'the proxy of this server gave no answer'],
  ] as const)(
    'fails where the proxy says %s, once, and tells nothing of the proxy',
    async (said, retryable, words) => {
      const proxy = await startProxy(() => said);
      const failure = await failureOf('https://pictures.example/', fetchThrough(proxy.url, 'name').fetch);
      expect(failure).toMatchObject({ retryable, message: expect.stringContaining(words) as string });
      expect(failure.message).not.toMatch(/127\.0\.0\.1|someone/);
      expect(proxy.seen).toHaveLength(1);
    },
  );

  test('goes directly where NO_PROXY has its host, pinned as any other', async () => {
    const proxy = await startProxy(() => 502);
    const { fetch, lookups } = fetchThrough(proxy.url, 'name', ['10.0.0.7']);
    expect((await failureOf('http://direct.example/', fetch)).message).toContain(
      'address that is not allowed',
    );
    expect(lookups).toEqual(['direct.example']);
    expect(proxy.seen).toEqual([]);
  });
});
