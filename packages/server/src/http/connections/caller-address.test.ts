import type { IncomingMessage } from 'node:http';
import { beforeAll, expect, test } from 'vitest';
import { newTaskId } from '../../lib/ids.ts';
import { createCallerAddress } from './caller-address.ts';
import { rawCall, startServer, statusPath, type TestServer } from '../server.fixture.ts';

const seenBy = (proxies: number, remoteAddress: string | undefined, forwarded?: string | string[]) =>
  JSON.parse(
    createCallerAddress(proxies)({
      socket: { remoteAddress },
      headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded },
    } as unknown as IncomingMessage),
  ) as string;

test.each([
  ['the connection’s', 0, '203.0.113.9', undefined, '203.0.113.9'],
  ['the connection’s, whatever the caller writes', 0, '203.0.113.9', '198.51.100.1', '203.0.113.9'],
  ['an IPv6 one as it is', 0, '2001:db8::7', undefined, '2001:db8::7'],
  ['an IPv4 one inside of IPv6 as IPv4', 0, '::ffff:203.0.113.9', undefined, '203.0.113.9'],
  ['the last entry behind one proxy', 1, '10.0.0.1', '6.6.6.6, 203.0.113.9', '203.0.113.9'],
  ['the last entry but one behind two', 2, '10.0.0.1', '6.6.6.6,203.0.113.9 , 10.0.0.2', '203.0.113.9'],
  ['IPv6 from a proxy', 1, '10.0.0.1', '2001:db8::7', '2001:db8::7'],
  ['IPv4 inside of IPv6 from a proxy, as IPv4', 1, '10.0.0.1', '::FFFF:203.0.113.9', '203.0.113.9'],
  ['the connection’s where a proxy said nothing', 1, '10.0.0.1', undefined, '10.0.0.1'],
  ['the connection’s where too few proxies spoke', 2, '10.0.0.1', '203.0.113.9', '10.0.0.1'],
  ['the connection’s where the entry is no address', 1, '10.0.0.1', '203.0.113.9, "unknown"', '10.0.0.1'],
  ['nothing, when the connection is gone', 0, undefined, undefined, ''],
])('the caller’s address is %s', (_, proxies, remote, forwarded, expected) => {
  expect(seenBy(proxies, remote, forwarded)).toBe(expected);
});

let behindOne: TestServer;
let direct: TestServer;
beforeAll(async () => {
  [behindOne, direct] = await Promise.all([
    startServer({ TRUSTED_PROXIES: '1' }),
    startServer({ HOST: '::1' }),
  ]);
});

test('every answer names the caller behind the proxy, refused or not, by either way', async () => {
  const headers = { 'x-forwarded-for': '6.6.6.6, 2001:db8::7' };
  const id = await behindOne.submit({ prompt: '[[fail no_image]]' });
  for (const path of [
    `${statusPath}/${id}`,
    `${statusPath}/${id}?x`,
    `${statusPath}/${newTaskId()}`,
    '/nothing',
  ]) {
    const { body } = await behindOne.call<{ ip: string; exec_time: number }>(path, { headers });
    expect(body.ip).toBe('2001:db8::7');
    expect(body.exec_time).toBeGreaterThan(0);
    expect(body.exec_time).toBeLessThan(60);
  }
});

test('without a trusted proxy, what a caller says of its address is not believed', async () => {
  const headers = { 'x-forwarded-for': '6.6.6.6' };
  const { body } = await rawCall<{ ip: string }>(direct.url, { target: '/nothing', headers });
  expect(body.ip).toBe('::1');
});
