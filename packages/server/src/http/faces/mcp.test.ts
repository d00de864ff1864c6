import { beforeAll, expect, test } from 'vitest';
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

test('what is too large, or too much at once, is refused', async () => {
  expect((await post(' '.repeat(10 * 2 ** 20 + 1))).status).toBe(413);
  expect((await post(`[${Array.from({ length: 101 }, () => ping()).join(',')}]`)).status).toBe(400);
  expect((await post(ping(), { 'content-type': 'text/plain' })).status).toBe(415);
});
