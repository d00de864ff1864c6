// The limits that the server is measured against, each in a process of its own: bare node:http that sends given bytes, and
// bare node:http that inserts each body into one table and commits those that arrived together; and bare node:http that holds
// the answers to all who ask until somebody posts to the same path.

import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { DatabaseSync } from 'node:sqlite';

const [kind, ...args] = process.argv.slice(2);
const makers = { bytes: sendBytes, insert: insertBodies, hold: holdAnswers };
const handler = makers[kind as keyof typeof makers](args[0] ?? '');
const server = createServer(handler).listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (address !== null && typeof address === 'object')
    console.log(`listening on http://127.0.0.1:${address.port}`);
});

/** Status line, headers and body of a status answer. */
function sendBytes(body: string) {
  const headers = [
    'Content-Type',
    'application/json; charset=utf-8',
    'Content-Length',
    String(Buffer.byteLength(body)),
    'Cache-Control',
    'private, no-cache',
    'ETag',
    'W/"abcdefghijkl"',
    'X-Plantain-Cost-Micro-Usd',
    '39000',
    'Access-Control-Allow-Origin',
    '*',
  ];
  return (_request: IncomingMessage, response: ServerResponse) => {
    response.writeHead(200, headers);
    response.end(body);
  };
}

function insertBodies(file: string) {
  const database = new DatabaseSync(file);
  database.exec(
    'PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE bodies (id TEXT PRIMARY KEY, body TEXT) STRICT',
  );
  const insert = database.prepare('INSERT INTO bodies VALUES (?, ?)');
  let waiting: { id: string; body: string; response: ServerResponse }[] = [];

  function commit(): void {
    const group = waiting;
    waiting = [];
    database.exec('BEGIN IMMEDIATE');
    for (const { id, body } of group) insert.run(id, body);
    database.exec('COMMIT');
    for (const { id, response } of group) {
      const answer = JSON.stringify({
        code: 200,
        msg: 'success',
        data: { task_id: id },
        exec_time: 0.001,
        ip: '127.0.0.1',
      });
      response.writeHead(200, [
        'Content-Type',
        'application/json; charset=utf-8',
        'Content-Length',
        String(answer.length),
      ]);
      response.end(answer);
    }
  }
  return (request: IncomingMessage, response: ServerResponse) => {
    let body = '';
    request.on('data', (chunk) => (body += chunk));
    request.on('end', () => {
      if (waiting.length === 0) setImmediate(commit);
      waiting.push({ id: randomUUID(), body, response });
    });
  };
}

/** A path that ends with `/events` is a stream: its head is sent at once. */
function holdAnswers(body: string) {
  const held = new Map<string, ServerResponse[]>();
  return (request: IncomingMessage, response: ServerResponse) => {
    const path = (request.url ?? '').replace(/\?.*$|\/events$/, '');
    if (request.method === 'GET') {
      held.set(path, [...(held.get(path) ?? []), response]);
      if (request.url?.endsWith('/events') === true) response.writeHead(200).write('\n');
      return;
    }
    for (const each of held.get(path) ?? []) each.end(body);
    held.delete(path);
    request.resume();
    response.end(body);
  };
}
