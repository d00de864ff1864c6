import { expect, test } from 'vitest';
import { createProxies, proxyAuthorization } from './proxies.ts';

const proxy = 'http://proxy.example:3128';
const wayTo = (url: string, none: readonly string[] = []) =>
  createProxies({ https: proxy, none }).proxyFor(new URL(url))?.href ?? 'direct';

test('each scheme has its proxy, and https that of http where it has none of its own', () => {
  const both = createProxies({ http: 'http://a.example', https: 'http://b.example' });
  expect(both.proxyFor(new URL('http://c.example/'))?.host).toBe('a.example');
  expect(both.proxyFor(new URL('https://c.example/'))?.host).toBe('b.example');
  const one = createProxies({ http: 'http://a.example' });
  expect(one.proxyFor(new URL('https://c.example/'))?.host).toBe('a.example');
  expect(wayTo('http://c.example/')).toBe('direct');
  expect(createProxies({}).proxyFor(new URL('https://c.example/'))).toBeNull();
});

test.each([
  ['https://api.example.com/', ['example.com'], true],
  ['https://example.com./', ['.example.com'], true],
  ['https://EXAMPLE.com/', ['*.example.com'], true],
  ['https://notexample.com/', ['example.com'], false],
  ['https://example.com:8443/', ['example.com:8443'], true],
  ['https://example.com/', ['example.com:8443'], false],
  ['https://example.com/', ['example.com:443'], true],
  ['https://10.1.2.3/', ['10.0.0.0/8'], true],
  ['https://11.1.2.3/', ['10.0.0.0/8'], false],
  ['https://[fd00::7]/', ['fd00::/8'], true],
  ['https://[fd00::7]:9000/', ['[fd00::7]:9000'], true],
  ['https://c.example/', ['*'], true],
  ['https://c.example/', ['<local>', '169.254/16', ''], false],
  ['https://localhost:8080/', [], true],
  ['https://127.0.0.2/', [], true],
  ['https://[::1]/', [], true],
])('%s with NO_PROXY %j is called directly: %s', (url, none, isDirect) => {
  expect(wayTo(url, none)).toBe(isDirect ? 'direct' : `${proxy}/`);
});

test('user and password of a proxy’s address become its authorization', () => {
  expect(proxyAuthorization(new URL('http://a:p%40ss@proxy.example'))).toBe(`Basic ${btoa('a:p@ss')}`);
  expect(proxyAuthorization(new URL('http://proxy.example'))).toBeNull();
});
