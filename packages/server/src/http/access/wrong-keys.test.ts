import type { IncomingMessage } from 'node:http';
import { expect, test } from 'vitest';
import { RequestError } from '../../core/errors.ts';
import { createCallerAddress } from '../connections/caller-address.ts';
import { refusalOf, startServer, statusPath } from '../server.fixture.ts';
import { NoKeyError } from './authorization.ts';
import { WrongKeyError } from './wrong-key-error.ts';
import { createSlowWrongKeys, maxWrongKeys } from './wrong-keys.ts';

function setUp(trustedProxies = 0) {
  const clock = { at: 0, now: () => clock.at };
  const told: [string, unknown][] = [];
  const slow = createSlowWrongKeys({
    callerAddress: createCallerAddress(trustedProxies),
    trustedProxies,
    clock,
    emit: (name, fields) => void told.push([name, fields]),
  });
  const request = (remoteAddress: string, headers = {}) =>
    ({ socket: { remoteAddress }, headers }) as unknown as IncomingMessage;
  const refuse = (
    address: string,
    headers?: Record<string, string>,
    refusal: unknown = new WrongKeyError(),
  ) => slow(request(address, headers), refusal) as RequestError;
  const guess = (times: number, address: string) => {
    for (let time = 0; time < times; time += 1) refuse(address);
  };
  return { clock, told, refuse, guess };
}

test('after 20 wrong keys in a minute the next ones of the network are refused until the minute is over', () => {
  const { clock, told, refuse, guess } = setUp();
  clock.at = 500;
  guess(19, '198.51.100.7');
  expect(refuse('198.51.100.7').type).toBe('unauthenticated');
  expect(told).toEqual([]);
  clock.at = 30_400;
  expect(refuse('198.51.100.7')).toMatchObject({ type: 'rate_limited', retryAfterSeconds: 31 });
  guess(30, '198.51.100.7');
  expect(told).toEqual([['wrong_keys', { address: '198.51.100.7' }]]);
  expect(refuse('198.51.100.8').type).toBe('unauthenticated');
  clock.at = 60_499;
  expect(refuse('198.51.100.7')).toMatchObject({ retryAfterSeconds: 1 });
  clock.at = 60_500;
  expect(refuse('198.51.100.7').type).toBe('unauthenticated');
});

test('an IPv6 network is a /64, of which one machine may have every address', () => {
  const { refuse } = setUp();
  for (let host = 0; host < maxWrongKeys; host += 1) refuse(`2001:db8:0:1::${host.toString(16)}`);
  expect(refuse('2001:db8:0:1:ffff::1').type).toBe('rate_limited');
  expect(refuse('2001:db8:0:2::1').type).toBe('unauthenticated');
});

test('only keys that are not valid are counted, in whatever words they are refused', () => {
  const { refuse, guess } = setUp();
  const none = new NoKeyError('None.');
  const forbidden = new RequestError('forbidden', 'No.');
  for (let time = 0; time < 50; time += 1) {
    expect(refuse('198.51.100.7', {}, none)).toBe(none);
    expect(refuse('198.51.100.7', {}, forbidden)).toBe(forbidden);
  }
  guess(20, '198.51.100.7');
  expect(refuse('198.51.100.7', {}, none)).toBe(none);
  const reworded = new RequestError('unauthenticated', 'No OAuth.', { cause: new WrongKeyError() });
  expect(refuse('198.51.100.7', {}, reworded).type).toBe('rate_limited');
});

test('behind a proxy that the settings don’t know of nothing is counted, and that is told once', () => {
  const { told, refuse } = setUp();
  for (const address of ['127.0.0.1', '10.0.0.2', '::1', 'fd00::1', '::ffff:192.168.0.1'])
    for (let time = 0; time < 30; time += 1)
      expect(refuse(address, { 'x-forwarded-for': '198.51.100.7' }).type).toBe('unauthenticated');
  expect(told).toEqual([['proxy_not_trusted', { address: '127.0.0.1' }]]);
  for (let time = 0; time < 20; time += 1) refuse('9.9.9.9', { 'x-forwarded-for': '10.0.0.1' });
  expect(refuse('9.9.9.9', { 'x-forwarded-for': '10.0.0.1' }).type).toBe('rate_limited');
});

test('behind proxies that the settings know of the address counts that they give', () => {
  const { told, refuse } = setUp(1);
  const from = (address: string) => refuse('10.0.0.2', { 'x-forwarded-for': `6.6.6.6, ${address}` });
  for (let time = 0; time < 20; time += 1) from('198.51.100.7');
  expect(from('198.51.100.7').type).toBe('rate_limited');
  expect(from('198.51.100.8').type).toBe('unauthenticated');
  expect(told).toEqual([['wrong_keys', { address: '198.51.100.7' }]]);
});

test('however many networks guess, 10,000 are counted, the latest', () => {
  const { refuse, guess } = setUp();
  const networkOf = (number: number) => `11.${number >> 16}.${(number >> 8) & 255}.${number & 255}`;
  guess(20, '198.51.100.7');
  for (let number = 0; number < 10_000; number += 1) refuse(networkOf(number));
  expect(refuse('198.51.100.7').type).toBe('unauthenticated');
  guess(19, networkOf(9_999));
  expect(refuse(networkOf(9_999)).type).toBe('rate_limited');
});

test('a valid key is served from wherever wrong ones come, and every way of asking is slowed', async () => {
  const server = await startServer();
  const id = await server.submit({ prompt: '[[fail no_image]]' });
  const wrong = (path: string, call = {}) => server.call(path, { key: 'plantain_wrong', ...call });
  for (let time = 0; time < 20; time += 1) refusalOf(await wrong(`${statusPath}/${id}`), 401);
  const body = JSON.stringify({ key: 'plantain_wrong', prompt: 'x' });
  for (const answer of [
    await wrong(`${statusPath}/${id}`),
    await wrong('/api/me'),
    await wrong(`${statusPath}?ids=${id}`),
    await wrong('/api/admin/keys', { method: 'POST', body: '{}' }),
    await server.call(statusPath, { method: 'POST', key: null, body }),
    await server.call(`${statusPath}/result?id=${id}&key=plantain_wrong`, { key: null }),
  ]) {
    expect(refusalOf(answer, 429).error).toMatchObject({ type: 'rate_limited' });
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(Number(answer.headers.get('retry-after'))).toBeLessThanOrEqual(60);
    expect(answer.headers.get('www-authenticate')).toBeNull();
  }
  expect((await wrong(`/v1/tasks/${id}`)).status).toBe(429);
  const mcp = { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } };
  expect((await wrong('/mcp', mcp)).status).toBe(429);
  expect((await server.task(id)).task_id).toBe(id);
  refusalOf(await server.call('/api/me', { key: null }), 401);
  for (const path of ['/healthz', '/', '/api/nothing']) expect((await wrong(path)).status).not.toBe(429);
  expect(server.log.filter(({ event }) => event === 'wrong_keys')).toHaveLength(1);
});
