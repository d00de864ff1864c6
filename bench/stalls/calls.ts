// Calls of tools, and uploads of what is no picture.

import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { filled, mebibyte, send, type StallCase, type Target } from './requests.ts';

const callMcp = (target: Target, body: Uint8Array) =>
  send(target, { path: '/mcp', headers: ['Accept: application/json, text/event-stream'], body });
const pingMessage = '{"jsonrpc":"2.0","id":1,"method":"ping"}';
const mcp = (what: string, start: string, unit: string, end: string): StallCase => ({
  what: `/mcp: ${what}`,
  // The first call loads the protocol's package.
  prepare: (target) => callMcp(target, Buffer.from(pingMessage)),
  send: (target) => callMcp(target, filled(start, unit, end, 10 * mebibyte - 1_000)),
});
const toolCall =
  '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"generate_image","arguments":{"prompt":"x"';

/** So many connections, each of which sends its request when all are open; gives how many answers had which status. */
async function crowd({ url, key }: Target, count: number, body: string): Promise<string> {
  const { port, hostname } = new URL(url);
  const sockets = await Promise.all(
    Array.from({ length: count }, async () => {
      const socket = connect(Number(port), hostname);
      await once(socket, 'connect');
      return socket;
    }),
  );
  const head = [
    'POST /mcp HTTP/1.1',
    'Host: localhost',
    'Connection: close',
    'Content-Type: application/json',
    'Accept: application/json, text/event-stream',
    `Authorization: ${key}`,
    `Content-Length: ${body.length}`,
  ];
  const answers = sockets.map((socket) => text(socket).catch(() => 'broken'));
  for (const socket of sockets) socket.write(`${head.join('\r\n')}\r\n\r\n${body}`);
  const counts = new Map<string, number>();
  for (const answer of await Promise.all(answers)) {
    const status = /^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 'none';
    counts.set(status, (counts.get(status) ?? 0) + 1);
  }
  return [...counts].map(([status, times]) => `${times} x ${status}`).join(', ');
}

export const mcpCases: StallCase[] = [
  { what: '/mcp: the first call', send: (target) => callMcp(target, Buffer.from(pingMessage)) },
  ...[
    ['tools/list', '{"jsonrpc":"2.0","id":1,"method":"tools/list"}'],
    [
      'list_tasks',
      '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"list_tasks","arguments":{"limit":1}}}',
    ],
  ].map(([what = '', body = '']): StallCase => ({
    what: `/mcp: 1,500 x ${what} at once`,
    prepare: (target) => callMcp(target, Buffer.from(body)),
    send: (target) => crowd(target, 1_500, body),
  })),
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

export const uploads: StallCase[] = [
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
