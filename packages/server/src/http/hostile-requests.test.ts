import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { beforeAll, expect, test } from 'vitest';
import { measureTurns } from './connections/longest-turn.fixture.ts';
import { adminKey, startServer, statusPath, type TestServer } from './server.fixture.ts';

// No request, whatever it says, keeps others from being served. `npm run stalls` has the figures; here a turn of the event loop may
// take ten times as long as any does, and a tenth of what some took before.

const maxMs = 1_000;
const mebibyte = 2 ** 20;

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ CONCURRENCY: '1' });
  await server.submit({ prompt: '[[hang]]' });
  // Threads and packages are loaded when they are first wanted.
  await send({ body: Buffer.alloc(100_000, ' ') });
  await send({ path: '/mcp', body: Buffer.from('{"jsonrpc":"2.0","id":1,"method":"ping"}') });
});

interface Sent {
  path?: string;
  key?: string | null;
  type?: string;
  more?: string;
  body: Uint8Array;
}

/** Statuses of the answers to one request on a connection of its own. */
async function send({ path = statusPath, key = adminKey, type = 'application/json', more = '', body }: Sent) {
  const head = [
    `POST ${path} HTTP/1.1`,
    'Host: localhost\r\nConnection: close',
    'Accept: application/json, text/event-stream',
    `Content-Type: ${type}`,
    `Content-Length: ${body.length}${more}`,
    ...(key === null ? [] : [`Authorization: ${key}`]),
  ];
  return await exchange([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), body]);
}

async function exchange(pieces: Uint8Array[]): Promise<number[]> {
  const { port, hostname } = new URL(server.url);
  const socket = connect(Number(port), hostname).on('error', () => {});
  const answers = text(socket).catch(() => '');
  for (const piece of pieces)
    if (!socket.write(piece)) await Promise.race([once(socket, 'drain').catch(() => {}), answers]);
  return ((await answers).match(/(?<=HTTP\/1\.1 )\d+/g) ?? []).map(Number);
}

/** `start`, as many `unit`s as there is room for, and `end`. */
function filled(start: string, unit: string, end: string, size = 16 * mebibyte): Buffer {
  const each = Buffer.from(unit);
  const room = Math.floor((size - start.length - end.length) / each.length) * each.length;
  return Buffer.concat([Buffer.from(start), Buffer.alloc(room, each), Buffer.from(end)]);
}

const form = { type: 'application/x-www-form-urlencoded' };
const multipart = { type: 'multipart/form-data; boundary=B' };
const field = (name: string) => `--B\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n`;
const numbered = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, at) => [`m${at}`, '1']));
const batch = (fields: object) => ({
  path: `${statusPath}/batch`,
  body: Buffer.from(
    JSON.stringify({ prompt: 'x', tasks: Array.from({ length: 500 }, () => ({})), ...fields }),
  ),
});

test.each<[name: string, status: number, sent: () => Sent]>([
  ['JSON of empty objects', 400, () => ({ body: filled('{"prompt":"x","a":[', '{},', '{}]}') })],
  ['JSON of deep lists', 400, () => ({ body: filled('{"prompt":"x","a":', '[', '') })],
  ['JSON of one member, again and again', 400, () => ({ body: filled('{"prompt":"x"', ',"a":1', '}') })],
  ['JSON of one prompt of escapes', 400, () => ({ body: filled('{"prompt":"', '\\u0041', '"}') })],
  ['JSON text in JSON', 400, () => ({ body: filled('{"prompt":"x","metadata":"[', '{},', '{}]"}') })],
  [
    'far too many metadata',
    400,
    () => ({
      body: Buffer.from(`{"metadata":{${Array.from({ length: 300_000 }, (_, at) => `"m${at}":1`).join()}}}`),
    }),
  ],
  [
    'many metadata',
    400,
    () => ({ body: Buffer.from(JSON.stringify({ prompt: 'x', metadata: numbered(9_999) })) }),
  ],
  ['many events', 400, () => ({ body: filled('{"prompt":"x","callback_events":[', '1,', '1]}', 250_000) })],
  ['a form of plus signs', 400, () => ({ ...form, body: filled('prompt=', '+', '') })],
  ['JSON text in a form', 400, () => ({ ...form, body: filled('prompt=x&metadata=[', '{},', '{}]') })],
  ['a list in a form', 400, () => ({ ...form, body: filled('prompt=x&image_urls=[', '{},', '{}]') })],
  ['multipart of empty parts', 400, () => ({ ...multipart, body: filled('', '--B\r\n\r\n\r\n', '') })],
  [
    'JSON text in multipart',
    400,
    () => ({ ...multipart, body: filled(`${field('metadata')}[`, '{},', '{}]\r\n--B--') }),
  ],
  [
    'a picture of line feeds',
    422,
    () => ({ body: filled('{"prompt":"x","image":"data:;base64,', 'A\\n', '"}') }),
  ],
  [
    'a repeatable prompt',
    400,
    () => ({ more: '\r\nIdempotency-Key: k', body: filled('{"prompt":"', 'x', '"}') }),
  ],
  ['a batch of many members that nobody knows', 200, () => batch(numbered(9_000))],
  [
    'a batch of long links',
    200,
    () =>
      batch({
        image_urls: Array.from({ length: 14 }, (_, at) => `http://192.0.2.1/${at}${'x'.repeat(8_000)}`),
      }),
  ],
  [
    'a call of a tool of empty objects',
    400,
    () => ({
      path: '/mcp',
      body: filled('{"jsonrpc":"2.0","id":1,"method":"ping","params":[', '{},', '{}]}', 9 * mebibyte),
    }),
  ],
  [
    'a face’s JSON of small pictures',
    400,
    () => ({
      path: '/openai/v1/images/edits',
      more: '\r\nX-Stainless-Retry-Count: 1',
      body: filled('{"prompt":"x","images":[', '"data:;base64,AAAA",', '""]}', mebibyte),
    }),
  ],
  [
    'a face’s JSON of members that nobody knows',
    400,
    () => ({
      path: '/openai/v1/images/generations',
      body: Buffer.from(JSON.stringify({ prompt: '', size: 'x'.repeat(1_000_000), ...numbered(9_000) })),
    }),
  ],
])('%s is answered, and meanwhile others are', async (_, status, sent) => {
  const what = sent();
  const { longestMs, stop } = measureTurns();
  expect(await send(what)).toEqual([status]);
  expect((await server.call('/healthz')).status).toBe(200);
  expect(longestMs()).toBeLessThan(maxMs);
  stop();
});

test('fifty strangers with multipart of empty parts cost nothing', async () => {
  const body = filled('', '--B\r\n\r\n\r\n', '', 260_000);
  const { longestMs, stop } = measureTurns();
  const answers = await Promise.all(
    Array.from({ length: 50 }, () => send({ ...multipart, key: null, body })),
  );
  expect(answers.flat().filter((status) => status !== 401)).toEqual([]);
  expect(longestMs()).toBeLessThan(maxMs);
  stop();
});

test('hundreds of requests at once on one connection leave room for others', async () => {
  const one = `GET ${statusPath}?search=zzz HTTP/1.1\r\nHost: x\r\nAuthorization: ${adminKey}\r\n`;
  const { longestMs, stop } = measureTurns();
  const many = `${one}\r\n`.repeat(500) + `${one}Connection: close\r\n\r\n`;
  expect(await exchange([Buffer.from(many)])).toEqual(Array.from({ length: 501 }, () => 200));
  expect(longestMs()).toBeLessThan(maxMs);
  stop();
});
