// Hostile things to send: bodies of every type that one connection can carry, odd headers, floods of small requests.

import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';

const mebibyte = 2 ** 20;
/** `max_body_bytes` unless set. */
const most = 64 * mebibyte;
const submitPath = '/api/gemini/nano-banana';

export interface Target {
  url: string;
  key: string;
}

/** `send` gives the statuses of the answers. */
export interface StallCase {
  what: string;
  send: (target: Target) => Promise<string>;
}

interface Sent {
  path?: string;
  method?: string;
  /** `null`: none is sent. */
  key?: string | null;
  type?: string;
  headers?: string[];
  body: Uint8Array;
}

/** One request on a connection of its own; gives the status, or how the connection ended. */
async function send({ url, key: usual }: Target, sent: Sent): Promise<string> {
  const {
    path = submitPath,
    method = 'POST',
    key = usual,
    type = 'application/json',
    headers = [],
    body,
  } = sent;
  const head = [
    `${method} ${path} HTTP/1.1`,
    'Host: localhost',
    'Connection: close',
    `Content-Type: ${type}`,
    `Content-Length: ${body.length}`,
    ...(key === null ? [] : [`Authorization: ${key}`]),
    ...headers,
  ];
  return await exchange(url, [Buffer.from(`${head.join('\r\n')}\r\n\r\n`), body]);
}

/** Writes the pieces as the other side takes them, and gives the statuses of all answers until it closes the connection. */
async function exchange(url: string, pieces: Iterable<Uint8Array>): Promise<string> {
  const { port, hostname } = new URL(url);
  const socket = connect(Number(port), hostname);
  const answers = text(socket).catch((error: unknown) => String((error as NodeJS.ErrnoException).code));
  socket.on('error', () => {});
  for (const piece of pieces) {
    if (socket.destroyed || !socket.writable) break;
    if (!socket.write(piece)) await Promise.race([once(socket, 'drain'), answers]).catch(() => {});
  }
  return statusesOf(await answers);
}

function statusesOf(answers: string): string {
  const found = answers.match(/HTTP\/1\.1 \d{3}/g) ?? [];
  const counts = new Map<string, number>();
  for (const line of found) counts.set(line.slice(9), (counts.get(line.slice(9)) ?? 0) + 1);
  if (counts.size === 0) return answers.slice(0, 20) || 'no answer';
  return [...counts].map(([status, count]) => (count === 1 ? status : `${count} x ${status}`)).join(', ');
}

/** `start`, as many `unit`s as there is room for, and `end`. */
function filled(start: string, unit: string, end: string, size = most): Buffer {
  const first = Buffer.from(start);
  const each = Buffer.from(unit);
  const last = Buffer.from(end);
  const count = Math.floor((size - first.length - last.length) / each.length);
  return Buffer.concat([first, Buffer.alloc(count * each.length, each), last]);
}

const json = (
  what: string,
  start: string,
  unit: string,
  end: string,
  more: Partial<Sent> = {},
): StallCase => ({
  what: `JSON: ${what}`,
  send: (target) => send(target, { body: filled(start, unit, end), ...more }),
});

const idempotent = { headers: ['Idempotency-Key: stalls'] };
const batchPath = { path: `${submitPath}/batch` };
const edit = { path: `${submitPath}-edit` };

const jsonCases: StallCase[] = [
  json('empty objects', '{"prompt":"x","a":[', '{},', '{}]}'),
  json('numbers', '{"prompt":"x","a":[', '1,', '1]}'),
  json('one number', '{"prompt":"x","seed":1', '1', '}'),
  json('white space', '{"prompt":"x"', ' ', '}'),
  json('deep arrays', '{"prompt":"x","a":', '[', '}'),
  json('one prompt', '{"prompt":"', 'x', '"}'),
  json('one prompt that is not Latin', '{"prompt":"图', 'x', '"}'),
  json('one prompt of escapes', '{"prompt":"', '\\u0041', '"}'),
  json('one prompt of quotes', '{"prompt":"', '\\"', '"}'),
  json('one prompt, to be repeated', '{"prompt":"', 'x', '"}', idempotent),
  json('an unknown member', '{"prompt":"x","b":"', 'x', '"}'),
  json('a member of 64 MiB that is no list', '{"prompt":"x","image_urls":"', ' ', '"}'),
  json('the same member again and again', '{"prompt":"x"', ',"a":1', '}'),
  json('short strings', '{"prompt":"x","a":[', `"${'x'.repeat(1000)}",`, '1]}'),
  {
    what: 'JSON: metadata of a million members',
    send: (target) =>
      send(target, {
        body: Buffer.from(
          `{"prompt":"x","metadata":{${Array.from({ length: 1_000_000 }, (_, at) => `"m${at}":"x"`).join(',')}}}`,
        ),
      }),
  },
  {
    what: 'JSON: metadata of 99,000 members',
    send: (target) =>
      send(target, {
        body: Buffer.from(
          `{"prompt":"x","metadata":{${Array.from({ length: 99_000 }, (_, at) => `"m${at}":"x"`).join(',')}}}`,
        ),
      }),
  },
  json('metadata of one large value', '{"prompt":"x","metadata":{"a":"', 'x', '"}}'),
  json('metadata as JSON text in JSON', '{"prompt":"x","metadata":"[', '{},', '{}]"}'),
  json('a data: URI', '{"prompt":"x","image_urls":["data:image/png;base64,', 'iVBORw0KGgo', '"]}', edit),
  json(
    'a data: URI in an escaped spelling',
    '{"prompt":"x","image_urls":["data:image/png;base64,',
    '\\/',
    '"]}',
    edit,
  ),
  json('a data: URI of white space', '{"prompt":"x","image_urls":["data:image/png;base64,', ' ', '"]}', edit),
  json('a data: URI of percent signs', '{"prompt":"x","image_urls":["data:image/png,', '%41', '"]}', edit),
  json('a data: URI of =', '{"prompt":"x","image_urls":["data:;base64,', '=', '"]}', edit),
  json(
    'data: URIs of 600 KB',
    '{"prompt":"x","image_urls":["',
    `data:;base64,${'QUFB'.repeat(150_000)}","`,
    '"]}',
    edit,
  ),
  json('a data: URI, to be repeated', '{"prompt":"x","image_urls":["data:;base64,', 'QUFB', '"]}', {
    ...edit,
    ...idempotent,
  }),
  json('not UTF-8', '{"prompt":"', 'x', '\ud800"}'),
];

const batches: StallCase[] = [
  {
    what: 'batch: a thousand long prompts',
    send: (target) =>
      send(target, {
        ...batchPath,
        body: Buffer.from(
          JSON.stringify({ tasks: Array.from({ length: 1_000 }, () => ({ prompt: 'a, b '.repeat(6_400) })) }),
        ),
      }),
  },
  {
    what: 'batch: a thousand long prompts, to be repeated',
    send: (target) =>
      send(target, {
        ...batchPath,
        headers: ['Idempotency-Key: stalls-batch'],
        body: Buffer.from(
          JSON.stringify({ tasks: Array.from({ length: 1_000 }, () => ({ prompt: '图'.repeat(20_000) })) }),
        ),
      }),
  },
  {
    what: 'batch: a thousand tasks that share fourteen long links',
    send: (target) =>
      send(target, {
        ...batchPath,
        body: Buffer.from(
          JSON.stringify({
            prompt: 'x',
            image_urls: Array.from({ length: 14 }, (_, at) => `http://192.0.2.1/${at}/${'x'.repeat(8_000)}`),
            tasks: Array.from({ length: 1_000 }, () => ({})),
          }),
        ),
      }),
  },
  {
    what: 'batch: a thousand tasks that share much metadata',
    send: (target) =>
      send(target, {
        ...batchPath,
        body: Buffer.from(
          JSON.stringify({
            prompt: 'x'.repeat(32_000),
            metadata: Object.fromEntries(Array.from({ length: 50 }, (_, at) => [`m${at}`, 'x'.repeat(512)])),
            tasks: Array.from({ length: 1_000 }, () => ({})),
          }),
        ),
      }),
  },
  {
    what: 'batch: a thousand tasks that share many unknown members',
    send: (target) =>
      send(target, {
        ...batchPath,
        body: Buffer.from(
          JSON.stringify({
            prompt: 'x',
            ...Object.fromEntries(Array.from({ length: 90_000 }, (_, at) => [`m${at}`, 1])),
            tasks: Array.from({ length: 1_000 }, () => ({})),
          }),
        ),
      }),
  },
  json('a batch of long strings', '{"tasks":[', `{"prompt":"${'x'.repeat(65_000)}"},`, '{}]}', batchPath),
];

const formType = 'application/x-www-form-urlencoded';
const form = (what: string, start: string, unit: string, end = ''): StallCase => ({
  what: `form: ${what}`,
  send: (target) => send(target, { type: formType, body: filled(start, unit, end) }),
});

const forms: StallCase[] = [
  form('a prompt of percent signs', 'prompt=', '%41'),
  form('a prompt of broken percent signs', 'prompt=', '%'),
  form('a prompt of plus signs', 'prompt=', '+'),
  form('a prompt', 'prompt=', 'x'),
  form('fields without end', 'prompt=x', '&a=1'),
  form('metadata as JSON text', 'prompt=x&metadata=[', '{},', '{}]'),
  form('links as JSON text', 'prompt=x&image_urls=[', '{},', '{}]'),
  form('metadata as a broken JSON text', 'prompt=x&metadata=', '{"a":'),
  form('a data: URI', 'prompt=x&image_url=data:;base64,', 'QUFB'),
];

const multipartType = 'multipart/form-data; boundary=B';
const field = (name: string, more = '') =>
  `--B\r\nContent-Disposition: form-data; name="${name}"${more}\r\n\r\n`;
const multipart = (
  what: string,
  [start, unit, end = '\r\n--B--\r\n']: [start: string, unit: string, end?: string],
  more: Partial<Sent> = {},
  size = most,
): StallCase => ({
  what: `multipart: ${what}`,
  send: (target) => send(target, { type: multipartType, body: filled(start, unit, end, size), ...more }),
});

const multiparts: StallCase[] = [
  multipart('parts without end', ['', '--B\r\n\r\n\r\n']),
  multipart('a file', [field('image', '; filename="a.png"'), 'x'], edit),
  multipart('a file, to be repeated', [field('image', '; filename="a.png"'), 'x'], {
    ...edit,
    ...idempotent,
  }),
  multipart('a file of half boundaries', [field('image', '; filename="a.png"'), '\r\n-'], edit),
  multipart('a file of line feeds', [field('image', '; filename="a.png"'), '\r\n'], edit),
  multipart('a prompt', [field('prompt'), 'x']),
  multipart('metadata as JSON text', [`${field('metadata')}[`, '{},', '{}]\r\n--B--\r\n']),
  multipart('a header without end', ['--B\r\nX: ', 'x']),
  multipart('headers without end', ['--B\r\n', 'X: x\r\n']),
  multipart('a long boundary', [field('prompt'), '\r\n--'], {
    type: `multipart/form-data; boundary=${'-'.repeat(70)}`,
  }),
  {
    what: 'multipart: 50 bodies of 26,000 parts from strangers',
    send: (target) =>
      crowd(target, 50, { type: multipartType, key: null, body: filled('', '--B\r\n\r\n\r\n', '', 260_000) }),
  },
  {
    what: 'JSON: 50 bodies of empty objects from strangers',
    send: (target) => crowd(target, 50, { key: null, body: filled('{"a":[', '{},', '{}]}', 262_000) }),
  },
];

async function crowd(target: Target, count: number, sent: Sent): Promise<string> {
  const answers = await Promise.all(Array.from({ length: count }, () => send(target, sent)));
  return [...new Set(answers)].join(', ');
}

const mcp = (what: string, start: string, unit: string, end: string): StallCase => ({
  what: `/mcp: ${what}`,
  send: (target) =>
    send(target, {
      path: '/mcp',
      headers: ['Accept: application/json, text/event-stream'],
      body: filled(start, unit, end, 10 * mebibyte - 1_000),
    }),
});
const toolCall =
  '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"generate_image","arguments":{"prompt":"x"';
const mcpCases: StallCase[] = [
  mcp('empty objects', '{"jsonrpc":"2.0","id":1,"method":"ping","params":{"a":[', '{},', '{}]}}'),
  mcp(
    'messages',
    '[',
    '{"jsonrpc":"2.0","id":1,"method":"ping"},',
    '{"jsonrpc":"2.0","id":1,"method":"ping"}]',
  ),
  mcp('deep', '{"jsonrpc":"2.0","id":1,"method":"ping","params":', '[', '}'),
  mcp('a long argument', `${toolCall},"model":"`, 'x', '"}}}'),
  mcp('a long method', '{"jsonrpc":"2.0","id":1,"method":"', 'x', '"}'),
];

const uploads: StallCase[] = [
  {
    what: 'upload: 64 MiB of nothing',
    send: (target) => send(target, { path: '/api/files', type: 'image/png', body: filled('', 'x', '') }),
  },
  {
    what: 'upload: GIF frames without end',
    send: (target) =>
      send(target, {
        path: '/api/files',
        type: 'image/gif',
        body: filled(
          'GIF89a\x01\0\x01\0\0\0\0',
          ',\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0',
          ';',
          23 * mebibyte,
        ),
      }),
  },
  {
    what: 'upload: comments that are no SVG',
    send: (target) =>
      send(target, {
        path: '/api/files',
        type: 'image/svg+xml',
        body: Buffer.from(`${'<!---->'.repeat(24)}x`),
      }),
  },
];

/** A request line of `size` bytes. */
const longQuery = (what: string, start: string, unit: string, size = 15_000): StallCase => ({
  what: `query: 200 x ${what}`,
  send: (target) => pipelined(target, 200, `GET ${filled(start, unit, '', size).toString()} HTTP/1.1`),
});
const longHeader = (name: string, unit: string, path = submitPath): StallCase => ({
  what: `header: 200 x ${name} of ${unit}`,
  send: (target) =>
    pipelined(target, 200, `GET ${path} HTTP/1.1\r\n${name}: ${filled('', unit, '', 14_000).toString()}`),
});

/** Many requests written at once on one connection. */
function pipelined(target: Target, count: number, head: string): Promise<string> {
  const one = `${head}\r\nHost: localhost\r\nAuthorization: ${target.key}\r\n`;
  const last = `${one}Connection: close\r\n\r\n`;
  return exchange(target.url, [Buffer.from(`${one}\r\n`.repeat(count - 1) + last)]);
}

const heads: StallCase[] = [
  longQuery('members', `${submitPath}?a=1`, '&a='),
  longQuery('names of lists', `${submitPath}?a=1`, '&a[]='),
  longQuery('names', `${submitPath}?`, '&aa&bb&cc&dd'),
  longQuery('percent signs', `${submitPath}?search=`, '%25'),
  longQuery('broken percent signs', `${submitPath}?search=`, '%'),
  longQuery('ids', `${submitPath}?ids=`, 'a,'),
  longQuery('a path of slashes', '/', '/'),
  longQuery('a path of percent signs', '/files/', '%25/'),
  longHeader('If-None-Match', '"x",'),
  longHeader('X-Forwarded-For', '1,'),
  longHeader('Cookie', 'a=b;'),
  longHeader('Accept-Language', 'en,'),
  longHeader('Accept', 'a/b,'),
  longHeader('Range', '0-1,'),
  longHeader('Prefer', ',wait=0'),
  longHeader('Last-Event-ID', '1'),
  longHeader('Authorization', ' bearer'),
];

const floods: StallCase[] = [
  {
    what: 'flood: 20,000 lists on one connection',
    send: (target) => pipelined(target, 20_000, `GET ${submitPath}?limit=200&search=zzzz HTTP/1.1`),
  },
  {
    what: 'flood: 20,000 unknown paths on one connection',
    send: (target) => pipelined(target, 20_000, 'GET /nothing HTTP/1.1'),
  },
  {
    what: 'flood: 20,000 submits on one connection',
    send: (target) => pipelined(target, 20_000, `POST ${submitPath} HTTP/1.1\r\nContent-Length: 0`),
  },
  {
    what: 'flood: 20,000 requests for the openapi document on one connection',
    send: (target) => pipelined(target, 20_000, 'GET /openapi.json HTTP/1.1'),
  },
  {
    what: 'flood: a body in pieces of one byte',
    send: ({ url, key }) => {
      const head = `POST ${submitPath} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: ${key}\r\nTransfer-Encoding: chunked\r\n\r\n`;
      const pieces = Buffer.alloc(6 * 100_000, '1\r\n \r\n');
      return exchange(url, [Buffer.from(head), ...Array.from({ length: 100 }, () => pieces)]);
    },
  },
];

export const stallCases: StallCase[] = [
  ...jsonCases,
  ...batches,
  ...forms,
  ...multiparts,
  ...mcpCases,
  ...uploads,
  ...heads,
  ...floods,
];
