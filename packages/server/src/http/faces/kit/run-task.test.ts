import { beforeAll, expect, test } from 'vitest';
import type { Envelope, NewKeyData, TaskData } from '@plantain/client';
import { adminKey, startServer, statusPath, type TestServer } from '../../server.fixture.ts';

// Through the face of OpenAI, which is the plainest: what is shown here holds for each that waits for tasks.

const path = '/openai/v1/images/generations';
const idHeader = 'x-plantain-task-id';
let server: TestServer;
beforeAll(async () => {
  server = await startServer({ MAX_WAITING_PER_KEY: '4', MAX_TRIES: '1' });
});

interface Sent {
  key?: string;
  /** Number of the try. */
  tries?: number;
  /** Time-out that the client says it has, in seconds. */
  timeout?: number;
  signal?: AbortSignal;
  at?: TestServer;
}
function send(
  prompt: string,
  { key = adminKey, tries, timeout, signal, at = server }: Sent = {},
): Promise<Response> {
  return fetch(at.url + path, {
    method: 'POST',
    headers: {
      authorization: key,
      ...(tries === undefined ? {} : { 'x-stainless-retry-count': String(tries) }),
      ...(timeout === undefined ? {} : { 'x-stainless-timeout': String(timeout) }),
    },
    body: JSON.stringify({ prompt }),
    ...(signal === undefined ? {} : { signal }),
  });
}

async function tasksOf(prompt: string, at = server, key = adminKey): Promise<TaskData[]> {
  const list = await at.call<Envelope<{ tasks: TaskData[] }>>(
    `${statusPath}?search=${encodeURIComponent(prompt)}`,
    { key },
  );
  return list.body.data.tasks;
}

async function idsOf(prompt: string): Promise<string[]> {
  return (await tasksOf(prompt)).map(({ task_id: id }) => id);
}

/** Sends so many equal calls, and hangs up when there are so many tasks. */
async function sendAndHangUp(prompt: string, calls: number): Promise<string[]> {
  const stop = new AbortController();
  const sent = Array.from({ length: calls }, () => send(prompt, { tries: 0, signal: stop.signal }));
  await expect.poll(() => idsOf(prompt)).toHaveLength(calls);
  stop.abort();
  await Promise.allSettled(sent);
  return await idsOf(prompt);
}

async function newKey(): Promise<NewKeyData> {
  const sent = { method: 'POST', body: JSON.stringify({ name: 'a user' }) };
  return (await server.call<Envelope<NewKeyData>>('/api/admin/keys', sent)).body.data;
}

test('a call whose key is revoked while it waits is refused, and its task goes on', async () => {
  const { key_id: id, secret } = await newKey();
  const call = send('[[hang]] revoked', { key: secret });
  await expect.poll(async () => (await tasksOf('revoked', server, secret))[0]?.state).toBe('running');
  await server.call(`/api/admin/keys/${id}`, { method: 'DELETE' });
  const answer = await call;
  expect(answer.status).toBe(401);
  expect(await answer.json()).toMatchObject({ error: { code: 'invalid_api_key' } });
  expect(answer.headers.get(idHeader)).toMatch(/^[0-9a-f-]{36}$/);
});

test('a key has as many calls that wait as it may have, and one more makes no task', async () => {
  const { secret } = await newKey();
  const stop = new AbortController();
  const calls = Array.from({ length: 4 }, (_, index) =>
    send(`[[hang]] waits ${index}`, { key: secret, signal: stop.signal }),
  );
  await expect.poll(() => tasksOf('waits', server, secret)).toHaveLength(4);
  const answer = await send('one more waits', { key: secret });
  expect(answer.status).toBe(429);
  expect(answer.headers.get('retry-after')).toMatch(/^\d+$/);
  expect(await tasksOf('waits', server, secret)).toHaveLength(4);
  stop.abort();
  await Promise.allSettled(calls);
});

test('a server that stops answers calls that wait at once, and says when to come again', async () => {
  const stopping = await startServer();
  const call = send('[[hang]] stopped', { at: stopping });
  await expect.poll(() => tasksOf('stopped', stopping)).toHaveLength(1);
  await stopping.stop();
  const answer = await call;
  expect(answer.status).toBe(503);
  expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(await answer.json()).toMatchObject({ error: { code: 'overloaded' } });
});

test('equal calls that are tried again get a task each, of those that the first tries made', async () => {
  const prompt = '[[delay 200ms]] equal';
  const made = await sendAndHangUp(prompt, 3);
  const again = await Promise.all(made.map(() => send(prompt, { tries: 1 })));
  expect(again.map(({ status }) => status)).toEqual([200, 200, 200]);
  expect(again.map(({ headers }) => headers.get('idempotent-replayed'))).toEqual(['true', 'true', 'true']);
  expect(new Set(again.map(({ headers }) => headers.get(idHeader)))).toEqual(new Set(made));
  await Promise.all(again.map((answer) => answer.arrayBuffer()));
  expect(await idsOf(prompt)).toHaveLength(3);
});

test('a try gets the task that another call waits for, where that client may have gone by what it says', async () => {
  const prompt = '[[delay 300ms]] twice';
  const first = send(prompt, { tries: 0 });
  await expect.poll(() => idsOf(prompt)).toHaveLength(1);
  const second = await send(prompt, { tries: 1, timeout: 0 });
  expect(second.headers.get(idHeader)).toBe((await first).headers.get(idHeader));
});

test('a call that was refused and is tried again gets no task that an equal call waits for', async () => {
  const prompt = '[[delay 300ms]] apart';
  const first = send(prompt, { tries: 0 });
  await expect.poll(() => idsOf(prompt)).toHaveLength(1);
  const second = await send(prompt, { tries: 1, timeout: 600 });
  expect(second.headers.get(idHeader)).not.toBe((await first).headers.get(idHeader));
  expect(await idsOf(prompt)).toHaveLength(2);
});

test('a restarted server knows which tasks were given to their clients, and gives the others to a repeat', async () => {
  const first = await startServer();
  const given = await send('restarted', { tries: 0, at: first });
  await given.arrayBuffer();
  const stop = new AbortController();
  const lost = send('[[delay 100ms]] restarted', { tries: 0, at: first, signal: stop.signal });
  await expect.poll(() => tasksOf('restarted', first)).toHaveLength(2);
  const [made] = await tasksOf('restarted', first);
  stop.abort();
  await Promise.allSettled([lost]);
  await first.stop();
  const second = await startServer({}, { directory: first.directory });
  const again = await send('restarted', { tries: 1, at: second });
  expect(again.headers.get(idHeader)).not.toBe(given.headers.get(idHeader));
  const got = await send('[[delay 100ms]] restarted', { tries: 1, at: second });
  expect([got.status, got.headers.get(idHeader)]).toEqual([200, made?.task_id]);
});

test('a task that was given to its client is no repeat’s, and neither is one that failed for nothing', async () => {
  for (const prompt of ['given', '[[fail upstream_unavailable]] lost']) {
    const first = await send(prompt, { tries: 0 });
    await first.arrayBuffer();
    const second = await send(prompt, { tries: 1 });
    expect(second.headers.get(idHeader)).not.toBe(first.headers.get(idHeader));
    expect(await idsOf(prompt)).toHaveLength(2);
  }
});

test.each([
  ['/fal/fal-ai/nano-banana', { prompt: 'asked for later' }],
  ['/replicate/v1/models/google/nano-banana/predictions', { input: { prompt: 'asked for later' } }],
  ['/gemini/v1/interactions', { model: 'nano-banana', input: 'asked for later', background: true }],
])('a task whose id was answered at %s is no repeat’s', async (at, asked) => {
  const submit = async (tries: number) => {
    const headers = { 'x-stainless-retry-count': String(tries) };
    const sent = { method: 'POST', headers, body: JSON.stringify(asked) };
    const answer = await server.call(at, sent);
    expect(answer.status, answer.text).toBeLessThan(300);
    return answer.headers.get(idHeader);
  };
  expect(await submit(0)).not.toBe(await submit(1));
});

test('a failure that may have been paid is given again to whoever tries again', async () => {
  const prompt = '[[delay 100ms]] [[fail upstream_unavailable unknown]] paid';
  const [made = ''] = await sendAndHangUp(prompt, 1);
  await server.final(made);
  const again = await send(prompt, { tries: 1 });
  expect([again.status, again.headers.get(idHeader)]).toEqual([502, made]);
});

test('another body, or another key, is another call', async () => {
  const prompt = '[[delay 200ms]] other';
  const [made] = await sendAndHangUp(prompt, 1);
  const { secret } = await newKey();
  for (const answer of [
    await send(`${prompt}s`, { tries: 1 }),
    await send(prompt, { tries: 1, key: secret }),
  ])
    expect(answer.headers.get(idHeader)).not.toBe(made);
});
