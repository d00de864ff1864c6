import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { text as textOf } from 'node:stream/consumers';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { adminKey, startServer, statusPath, type TestServer } from '../server.fixture.ts';

// Somebody who has shown no key costs next to nothing, however many sockets he opens and whatever he sends.

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ MAX_BODY_BYTES: '1000000' });
});

const prompt = '[[fail no_image]]';
const almost = 262_134;
const head = `POST ${statusPath} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: 262144\r\n\r\n`;

/** A stranger who sends so many bytes of a body of 262,144 and is silent then. */
async function stranger(bytes: number): Promise<Socket> {
  const { port, hostname } = new URL(server.url);
  const socket = connect(Number(port), hostname);
  onTestFinished(() => void socket.destroy());
  socket.on('error', () => {});
  await once(socket, 'connect');
  await new Promise((resolve) => socket.write(head + ' '.repeat(bytes), resolve));
  return socket;
}

test.each([
  ['nearly all of their bodies', almost, 100],
  ['one byte', 1, 1_200],
  ['nothing', 0, 300],
])('real users are served while strangers who have sent %s hold their sockets', async (_, bytes, count) => {
  const sockets: Socket[] = [];
  while (sockets.length < count) {
    sockets.push(...(await Promise.all(Array.from({ length: 100 }, () => stranger(bytes)))));
    const submits = Array.from({ length: 5 }, () => server.post({ prompt }));
    const ofBodies = Array.from({ length: 5 }, () =>
      server.call(statusPath, { method: 'POST', key: null, body: JSON.stringify({ prompt, key: adminKey }) }),
    );
    for (const answer of await Promise.all([...submits, ...ofBodies])) expect(answer.status).toBe(200);
  }
});

test('the oldest of the strangers who hold too much are told so and hung up on', async () => {
  const oldest = await stranger(almost);
  const answer = textOf(oldest);
  await Promise.all(Array.from({ length: 30 }, () => stranger(almost)));
  expect(await answer).toMatch(/^HTTP\/1.1 503 .*Connection: close.*"type":"overloaded"/is);
  // Begun when the others have sent theirs: of those that began together, any may be read last.
  const last = await stranger(almost);
  const lastAnswer = textOf(last);
  last.write(' '.repeat(262_144 - almost));
  expect(await lastAnswer).toMatch(/^HTTP\/1.1 401 /);
});

test('no more of the strangers give way than there is need of room', async () => {
  const strangers: Socket[] = [];
  for (let count = 0; count < 20; count += 1) strangers.push(await stranger(almost));
  // Fifteen fit into what one address may hold.
  const latest = strangers.slice(-12);
  const answers = Promise.all(latest.map((socket) => textOf(socket)));
  for (const socket of latest) socket.write(' '.repeat(262_144 - almost));
  for (const answer of await answers) expect(answer).toMatch(/^HTTP\/1.1 401 /);
});

test('a stranger’s multipart is refused before it is sent', async () => {
  const { port, hostname } = new URL(server.url);
  const socket = connect(Number(port), hostname);
  socket.write(
    `POST ${statusPath} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: multipart/form-data; boundary=B\r\nContent-Length: 250000\r\n\r\n`,
  );
  expect(await textOf(socket)).toMatch(/^HTTP\/1.1 401 /);
});

test('a stranger’s JSON has few members', async () => {
  const body = `{"key":"${adminKey}","prompt":"x","a":[${'{},'.repeat(10_000)}{}]}`;
  expect((await server.call(statusPath, { method: 'POST', key: null, body })).status).toBe(401);
  expect((await server.call(statusPath, { method: 'POST', body })).status).toBe(200);
});

test('JSON under the type of multipart may have its key in it', async () => {
  const body = JSON.stringify({ key: adminKey, prompt });
  const headers = { 'content-type': 'multipart/form-data' };
  expect((await server.call(statusPath, { method: 'POST', key: null, headers, body })).status).toBe(200);
});

test('a batch may have its key in the body, however many tasks it has', async () => {
  const tasks = Array.from({ length: 1_000 }, (_, index) => ({ prompt, seed: index, model: 'nano-banana' }));
  const body = JSON.stringify({ key: adminKey, tasks });
  const answer = await server.call<{ data: { task_ids: string[] } }>(`${statusPath}/batch`, {
    method: 'POST',
    key: null,
    body,
  });
  expect(answer.status).toBe(200);
});
