// The limit of whole tasks: a process that does what no server of tasks can leave out, and nothing else. It stores each task, asks the
// upstream, decodes the picture to its last row, writes it durably, stores the end and answers whoever waits. No key, no lease, no view.

import { randomUUID } from 'node:crypto';
import { fsync, mkdirSync, open } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import sharp from 'sharp';

const [directory = '', upstream = ''] = process.argv.slice(2);
mkdirSync(directory, { recursive: true });
const database = new DatabaseSync(join(directory, 'bare.db'));
database.exec(
  'PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE tasks (id TEXT PRIMARY KEY, body TEXT, result TEXT) STRICT',
);
const insert = database.prepare('INSERT INTO tasks (id, body) VALUES (?, ?)');
const end = database.prepare('UPDATE tasks SET result = ? WHERE id = ?');
const agent = new Agent({ keepAlive: true });
const folder = promisify(open)(directory, 'r');
const ended = new Set<string>();
const waiting = new Map<string, ServerResponse>();
let writes: { run: () => void; done: () => void }[] = [];

/** Resolves when the write is durable; those of one turn of the event loop share a commit. */
function write(run: () => void): Promise<void> {
  return new Promise((done) => {
    if (writes.length === 0) setImmediate(commit);
    writes.push({ run, done });
  });
}

function commit(): void {
  const group = writes;
  writes = [];
  database.exec('BEGIN IMMEDIATE');
  for (const { run } of group) run();
  database.exec('COMMIT');
  for (const { done } of group) done();
}

async function make(id: string, body: string): Promise<void> {
  const answer = JSON.parse(await ask(body)) as Answer;
  const picture = Buffer.from(answer.candidates[0].content.parts[0].inlineData.data, 'base64');
  const { height } = await sharp(picture).metadata();
  await sharp(picture, { sequentialRead: true })
    .extract({ left: 0, top: height - 1, width: 1, height: 1 })
    .raw()
    .toBuffer();
  const file = join(directory, `${id}.png`);
  await writeFile(`${file}.tmp`, picture, { flush: true });
  await rename(`${file}.tmp`, file);
  await promisify(fsync)(await folder);
  await write(() => void end.run(file, id));
  ended.add(id);
  const response = waiting.get(id);
  if (response !== undefined) answerEnd(response, id);
}

interface Answer {
  candidates: [{ content: { parts: [{ inlineData: { data: string } }] } }];
}

function ask(body: string): Promise<string> {
  return new Promise((resolve, reject) => {
    request(upstream, { method: 'POST', agent }, (response) => {
      text(response).then(resolve, reject);
    })
      .on('error', reject)
      .end(body);
  });
}

function answerEnd(response: ServerResponse, id: string): void {
  waiting.delete(id);
  ended.delete(id);
  send(response, { task_id: id, state: 'succeeded' });
}

function send(response: ServerResponse, data: object): void {
  response.end(JSON.stringify({ code: 200, msg: 'success', data }));
}

async function handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  if (incoming.method === 'GET') {
    const id = /[^/]*(?=\?)/.exec(incoming.url ?? '')?.[0] ?? '';
    if (ended.has(id)) answerEnd(response, id);
    else waiting.set(id, response);
    return;
  }
  const body = await text(incoming);
  const id = randomUUID();
  await write(() => void insert.run(id, body));
  send(response, { task_id: id });
  await make(id, body);
}

const server = createServer((incoming, response) => void handle(incoming, response));
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (address !== null && typeof address === 'object')
    console.log(`listening on http://127.0.0.1:${address.port}`);
});
