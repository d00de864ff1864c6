// Calls of tools, and uploads of what is no picture.

import { filled, mebibyte, send, type StallCase, type Target } from './stall-requests.ts';

const callMcp = (target: Target, body: Uint8Array) =>
  send(target, { path: '/mcp', headers: ['Accept: application/json, text/event-stream'], body });
const mcp = (what: string, start: string, unit: string, end: string): StallCase => ({
  what: `/mcp: ${what}`,
  // The first call loads the protocol's package.
  prepare: (target) => callMcp(target, Buffer.from('{"jsonrpc":"2.0","id":1,"method":"ping"}')),
  send: (target) => callMcp(target, filled(start, unit, end, 10 * mebibyte - 1_000)),
});
const toolCall =
  '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"generate_image","arguments":{"prompt":"x"';
export const mcpCases: StallCase[] = [
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
