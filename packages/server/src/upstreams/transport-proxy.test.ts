import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { createServer } from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import { createProxies, type ProxySettings } from '../lib/network/proxies.ts';
import { listen } from '../outside/guarded-fetch.fixture.ts';
import { startProxy, startTlsServer } from '../outside/proxy.fixture.ts';
import { failureOf } from './faults.fixture.ts';
import { createTransport, type Call } from './transport.ts';

function transportWith(settings: ProxySettings, options: { tunnelMs?: number } = {}) {
  const transport = createTransport({ proxies: createProxies(settings), ...options });
  onTestFinished(() => transport.close());
  return transport;
}

const callTo = (url: string): Call => ({
  upstream: 'Tester',
  url: new URL(url),
  body: { json: { a: 1 } },
  headers: { 'x-key': 'k' },
  signal: new AbortController().signal,
  timeoutMs: 20_000,
});

test('a call by https goes through a tunnel, in which nobody reads the key', async () => {
  const { port } = await startTlsServer('api.example', (request, response) =>
    response.end(
      JSON.stringify({
        path: request.url,
        key: request.headers['x-key'],
        auth: request.headers['proxy-authorization'],
      }),
    ),
  );
  const proxy = await startProxy(() => port);
  const { json } = await transportWith({ https: proxy.url }).send(callTo('https://api.example/v1?a'));
  expect(json).toEqual({ path: '/v1?a', key: 'k' });
  expect(proxy.seen).toEqual([
    { asked: 'CONNECT api.example:443', authorization: `Basic ${btoa('someone:pass@word')}` },
  ]);
});

test('a call by http is handed to the proxy', async () => {
  const { port } = await listen(
    createServer((request, response) => response.end(JSON.stringify({ path: request.url }))),
  );
  const proxy = await startProxy(() => port);
  const { json } = await transportWith({ http: proxy.url }).send(callTo('http://api.example/v1'));
  expect(json).toEqual({ path: '/v1' });
  expect(proxy.seen.map(({ asked }) => asked)).toEqual(['POST http://api.example/v1']);
});

test.each(['http', 'https'] as const)(
  'a call by %s waits through a proxy for as long as its own time-out says',
  async (scheme) => {
    const { port } =
      scheme === 'http'
        ? await listen(createServer((_, response) => response.end('{}')))
        : await startTlsServer('api.example', (_, response) => response.end('{}'));
    const proxy = await startProxy(() => port);
    // Limits of the library, as it has them at each request that it makes: 300 s would be long for a test.
    const limits: unknown[] = [];
    const note = (message: unknown) => {
      const { request } = message as { request: Record<string, unknown> };
      if (request['method'] === 'POST') limits.push([request['headersTimeout'], request['bodyTimeout']]);
    };
    subscribe('undici:request:create', note);
    onTestFinished(() => void unsubscribe('undici:request:create', note));
    await transportWith({ http: proxy.url, https: proxy.url }).send(callTo(`${scheme}://api.example/`));
    expect(limits).toEqual([[0, 0]]);
  },
);

test('this machine and hosts of NO_PROXY are called directly', async () => {
  const { port } = await listen(createServer((_, response) => response.end('{}')));
  const proxy = await startProxy(() => 502);
  const transport = transportWith({ http: proxy.url, none: ['127.0.0.1'] });
  expect((await transport.send(callTo(`http://127.0.0.1:${port}/`))).status).toBe(200);
  expect(proxy.seen).toEqual([]);
});

test.each([
  ['https', 403, 'The proxy on the way to Tester answered 403'],
  ['https', 407, 'The proxy on the way to Tester answered 407'],
  ['http', 407, 'The proxy on the way to Tester answered 407'],
  ['https', 502, 'The proxy on the way to Tester answered 502'],
  ['https', 'hang up', 'No connection to Tester could be made'],
  ['https', 'silence', 'No connection to Tester could be made'],
] as const)(
  'a call by %s has cost nothing where the proxy answers with %s, and asks it once',
  async (scheme, said, words) => {
    const proxy = await startProxy(() => said);
    const transport = transportWith({ http: proxy.url, https: proxy.url }, { tunnelMs: 50 });
    const failure = await failureOf(transport.send(callTo(`${scheme}://api.example/`)));
    expect(failure).toMatchObject({ type: 'upstream_unavailable', retryable: true });
    expect(failure.message).toContain(words);
    expect(failure.message).toMatch(/so nothing was (?:sent|passed on)\./);
    expect(failure.maybeBilled).toBeUndefined();
    expect(proxy.seen).toHaveLength(1);
  },
);
