import type { ErrorEnvelope } from '@plantain/client';
import { beforeAll, expect, test } from 'vitest';
import { countTurns } from '../../lib/turns/count-turns.fixture.ts';
import { startServer, type TestServer } from '../server.fixture.ts';

// Tests of what the server itself makes of a request; e2e/mcp.test.ts tests over both transports what tools do.

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});

const post = (body: string, headers: Record<string, string> = {}) =>
  server.call('/mcp', {
    method: 'POST',
    body,
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...headers,
    },
  });
const ping = (params = '{}') => `{"jsonrpc":"2.0","id":7,"method":"ping","params":${params}}`;

test.each([
  ['nothing', ''],
  ['what is no JSON', '{"jsonrpc":'],
  ['more members than any call has', ping(`{"a":[${'{},'.repeat(6_000)}{}]}`)],
  ['more levels than any call has', ping(`${'['.repeat(50)}${']'.repeat(50)}`)],
])('%s is a parse error, in the protocol’s own words', async (_, body) => {
  const answer = await post(body);
  expect(answer.status).toBe(400);
  expect(answer.body).toEqual({
    jsonrpc: '2.0',
    id: null,
    error: { code: -32_700, message: expect.stringMatching(/^Parse error: The body .*\.$/) },
  });
});

test('a message is answered, alone and in a list, and one that is large', async () => {
  for (const body of [ping(), `[${ping()},${ping()}]`, ping(`{"a":"${'x'.repeat(300_000)}"}`)]) {
    const answer = await post(body);
    expect(answer.status).toBe(200);
    expect(answer.text).toContain('"id":7');
  }
});

test.each([
  ['tools/call', '{"name":"list_models","arguments":null}'],
  ['tools/call', '{"name":"list_models","arguments":{},"_meta":null}'],
  ['tools/list', '{"cursor":null}'],
  ['tools/list', 'null'],
])('%s with parameters of %s is answered as one that leaves them out', async (method, params) => {
  const body = `{"jsonrpc":"2.0","id":7,"method":"${method}","params":${params}}`;
  for (const message of [body, `[${body}]`]) {
    const answer = await post(message);
    expect(answer.status).toBe(200);
    expect(answer.text).toContain('"result":{"');
    expect(answer.text).not.toContain('"error":{');
  }
});

test('what is too large, or too much at once, is refused', async () => {
  expect((await post(' '.repeat(10 * 2 ** 20 + 1))).status).toBe(413);
  expect((await post(`[${Array.from({ length: 101 }, () => ping()).join(',')}]`)).status).toBe(400);
  expect((await post(ping(), { 'content-type': 'text/plain' })).status).toBe(415);
});

test.each([
  ['no key', null],
  ['a wrong key', 'Bearer plantain_of_somebody_else'],
])('%s is 401, with where a key goes in the header and in the message', async (_, key) => {
  const answer = await server.call<ErrorEnvelope>('/mcp', { method: 'POST', key, body: ping() });
  expect(answer.status).toBe(401);
  const header = answer.headers.get('www-authenticate') ?? '';
  const description = /^Bearer error="invalid_token", error_description="([\x20-\x7e]*)"$/.exec(header)?.[1];
  for (const words of [description, answer.body.msg])
    expect(words).toMatch(/no OAuth.*Authorization: Bearer plantain_/);
});

test('programs that look for OAuth after a 401 are told that there is none', async () => {
  for (const path of [
    '/.well-known/oauth-protected-resource',
    '/.well-known/oauth-protected-resource/mcp',
    '/.well-known/oauth-authorization-server?x',
    '/.well-known/openid-configuration',
    '/mcp/.well-known/openid-configuration',
  ]) {
    const { msg, code } = (await server.call<ErrorEnvelope>(path, { key: null })).body;
    expect({ msg, code }, path).toEqual({ code: 404, msg: expect.stringContaining('no OAuth') });
  }
  // Programs show the description of such an answer: RFC 7591, section 3.2.2.
  const registration = { method: 'POST', key: null, body: '{"client_name":"x"}' };
  expect(await server.call('/register', registration)).toMatchObject({
    status: 404,
    body: { error: 'invalid_request', error_description: expect.stringContaining('no OAuth') },
  });
});

test('any media type will do, and one alone is refused with both names', async () => {
  expect((await post(ping(), { accept: '*/*' })).status).toBe(200);
  expect((await post(ping(), { 'content-type': 'application/json; charset=utf-8' })).status).toBe(200);
  const refused = await post(ping(), { accept: 'application/json' });
  expect(refused.status).toBe(406);
  expect(refused.text).toContain('text/event-stream');
});

test('of many calls at once each is begun in a turn of the event loop of its own', async () => {
  const calls = 300;
  const turns = countTurns();
  const answers = await Promise.all(Array.from({ length: calls }, () => post(ping())));
  turns.end();
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  expect(turns.get()).toBeGreaterThanOrEqual(calls - 1);
});
