import { setTimeout as delay } from 'node:timers/promises';
import type { TaskEnvelope } from '@plantain/client';
import { beforeAll, expect, test, vi } from 'vitest';
import { type Answer, adminKey, rawCall, refusalOf, startServer, statusPath } from '../../server.fixture.ts';
import { handMade, openEvents, startByHand, waiting } from './following.fixture.ts';

let server: Awaited<ReturnType<typeof startByHand>>;
beforeAll(async () => {
  server = await startByHand();
});

const etagOf = ({ headers }: Answer): string => headers.get('etag') ?? '';
const ifNoneMatch = (etag: string) => ({ headers: { 'if-none-match': etag } });

test('a long poll is answered at the next change of state, of progress and of attempts', async () => {
  const { id, call, path } = await server.runningTask();
  const first = await waiting(server, `${path}?wait=60`);
  call.onProgress(0.5);
  expect((await first.answer).body.data).toMatchObject({ task_id: id, state: 'running', progress: 0.5 });
  const second = await waiting(server, `${path}?wait=60`);
  call.finish();
  expect((await second.answer).body.data).toMatchObject({
    state: 'succeeded',
    attempts: [{ outcome: 'succeeded' }],
  });
});

test('with until=final only the end of the task is news, and a final task is answered at once', async () => {
  const { call, path } = await server.runningTask();
  const last = await waiting(server, `${path}?until=final`);
  const next = await waiting(server, `${path}?wait=60`);
  call.onProgress(0.5);
  await next.answer;
  expect(await Promise.race([last.answer, delay(0, 'waits')])).toBe('waits');
  call.finish();
  expect((await last.answer).body.data.state).toBe('succeeded');
  for (const query of ['wait=60', 'wait=60&until=final', 'until=final'])
    expect((await server.call<TaskEnvelope>(`${path}?${query}`)).body.data.state).toBe('succeeded');
});

test('when nothing happens a long poll ends with the state as it is: 304 for who knows it', async () => {
  const { path } = await server.runningTask();
  const plain = await server.call<TaskEnvelope>(path);
  const [known, unknown] = await Promise.all([
    server.call(`${path}?wait=1`, ifNoneMatch(etagOf(plain))),
    server.call<TaskEnvelope>(path, { headers: { prefer: 'respond-async, wait=1' } }),
  ]);
  expect(known).toMatchObject({ status: 304, text: '' });
  expect(etagOf(known)).toBe(etagOf(plain));
  expect(unknown.headers.get('preference-applied')).toBe('wait=1');
  expect(unknown.body.data).toEqual(plain.body.data);
});

test.each([
  ['49', 49_000],
  ['50', 50_000],
  ['60', 50_000],
  ['999999999', 50_000],
])(
  'wait=%s is answered after %i ms of silence, before a proxy would answer for the server',
  async (wait, expectedMs) => {
    const { path } = await server.runningTask();
    const started = vi.spyOn(globalThis, 'setTimeout');
    const poll = await waiting(server, `${path}?wait=${wait}&until=final`);
    const timer = () => started.mock.calls.find(([callback]) => callback.name === 'finish');
    await expect.poll(timer).toBeDefined();
    const [finish, ms] = timer() ?? [];
    started.mockRestore();
    expect(ms).toBe(expectedMs);
    (finish as () => void)();
    expect((await poll.answer).body.data.state).toBe('running');
  },
);

test('who knows another version of the task does not wait for the next', async () => {
  const { call, path } = await server.runningTask();
  const before = etagOf(await server.call(path));
  call.onProgress(0.5);
  await (
    await waiting(server, `${path}?wait=60`, ifNoneMatch(before))
  ).answer;
  const late = await server.call<TaskEnvelope>(`${path}?wait=60`, ifNoneMatch(before));
  expect(late.body.data.progress).toBe(0.5);
  const current = await waiting(server, `${path}?wait=60`, ifNoneMatch(`${before}, ${etagOf(late)}`));
  call.finish();
  expect((await current.answer).body.data.state).toBe('succeeded');
});

test('waits that mean nothing are refused with their path, and unknown tasks are not waited for', async () => {
  const { path } = await server.runningTask();
  const refused = refusalOf(await server.call(`${path}?wait=soon&until=later`), 400);
  expect(refused.error.details?.map(({ path: where }) => where)).toEqual(['wait', 'until']);
  refusalOf(await server.call(`${statusPath}/019aa000-0000-7000-8000-00000000002a?wait=60`), 404);
  const stranger = await server.newKey('the key of somebody else altogether');
  refusalOf(await server.call(`${path}?wait=60`, { key: stranger }), 404);
  refusalOf(await server.call(`${path}/events`, { key: stranger }), 404);
  refusalOf(await server.call(`${path}/events`, { key: null }), 401);
  refusalOf(await server.call(`${statusPath}/events`, { key: null }), 401);
  refusalOf(await server.call(`${path}/events`, { method: 'POST' }), 405);
  const head = await rawCall(server.url, {
    target: `${path}/events`,
    method: 'HEAD',
    headers: { authorization: adminKey },
  });
  expect(head.status).toBe(405);
});

test('a wish to wait is not answered as though it were none, but by the fast path’s neighbour', async () => {
  const { id, call, path } = await server.runningTask();
  call.finish();
  await server.final(id);
  const headers = { authorization: adminKey };
  // It is kept in memory when it was asked for twice, and where processes share the store when the last change was heard of.
  const isByRoute = async () =>
    (await rawCall(server.url, { target: path, headers })).headers.has('x-request-id');
  await expect.poll(isByRoute).toBe(false);
  const wished = await rawCall(server.url, { target: path, headers: { ...headers, prefer: 'wait=1' } });
  expect(wished.headers.has('x-request-id')).toBe(true);
  expect(wished.headers.get('preference-applied')).toBe('wait=1');
});

test.each([
  ['the fast path', ''],
  ['the ordinary route', '?x=1'],
])(
  '%s answers 304 with the tag and without a body to who knows the task, in whatever state',
  async (_where, query) => {
    const { id, call, path } = await server.runningTask();
    const ask = (etag?: string) =>
      rawCall<TaskEnvelope>(server.url, {
        target: path + query,
        headers: {
          authorization: adminKey,
          origin: 'https://page.example',
          ...(etag === undefined ? {} : { 'if-none-match': etag }),
        },
      });
    const running = etagOf(await ask());
    call.finish();
    await server.final(id);
    const final = etagOf(await ask());
    expect(final).not.toBe(running);
    expect((await ask(running)).body.data.state).toBe('succeeded');
    for (const known of [final, final.slice(2), `"x", ${final}`, '*']) {
      const answer = await ask(known);
      expect(answer).toMatchObject({ status: 304, text: '' });
      expect(etagOf(answer)).toBe(final);
      expect(answer.headers.get('cache-control')).toBe('private, no-cache');
      expect(answer.headers.get('access-control-allow-origin')).toBe('*');
      expect(answer.headers.get('access-control-expose-headers')).toMatch(/ETag/);
      expect(answer.headers.has('content-length')).toBe(false);
    }
    expect((await ask('"x"')).status).toBe(200);
  },
);

test('a client that goes away leaves nothing behind: its place is free again', async () => {
  const narrow = await startByHand({ MAX_WAITING_PER_KEY: '1' });
  const { id } = await narrow.runningTask();
  const path = `${statusPath}/${id}?until=final&wait=60`;
  const leaving = new AbortController();
  const held = { headers: { authorization: adminKey }, signal: leaving.signal };
  async function wait() {
    // One of the calls below may have come before it, and have the place for a second.
    while ((await fetch(narrow.url + path, held)).status === 429);
  }
  const gone = wait();
  let refused = await narrow.call(`${statusPath}/events`, { method: 'POST' });
  // As soon as the long poll is there, one more is too many.
  do refused = await narrow.call(`${statusPath}/${id}?wait=1`);
  while (refused.status !== 429);
  expect(refusalOf(refused, 429).msg).toMatch(/1 long polls and event streams/);
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  refusalOf(await narrow.call(`${statusPath}/${id}/events`), 429);
  refusalOf(await narrow.call(`${statusPath}/events`), 429);
  const stranger = await narrow.newKey('another key with a limit of its own');
  const free = await fetch(`${narrow.url}${statusPath}/events`, { headers: { authorization: stranger } });
  expect(free.status).toBe(200);
  await free.body?.cancel();
  leaving.abort();
  await expect(gone).rejects.toThrow(/abort/);
  let again = refused;
  do again = await narrow.call(`${statusPath}/${id}?wait=1`);
  while (again.status === 429);
  expect(again.status).toBe(200);
});

test('what is known of the queue and of the latest runs is told, and what is not is left out', async () => {
  const { calls: ours, upstream: other } = handMade();
  const slow = await startServer({ CONCURRENCY: '1' }, { upstream: other });
  async function run(prompt: string) {
    const id = await slow.submit({ prompt });
    await slow.until(id, ({ attempts }) => attempts.length === 1);
    return id;
  }
  const running = await run('first');
  const pending = await slow.submit({ prompt: 'pending' });
  const behind = await slow.submit({ prompt: 'behind' });
  const unknown = await slow.until(behind, ({ queue_position: position }) => position === 2);
  expect(unknown.estimated_start).toBeUndefined();
  expect(unknown.poll_after_seconds).toBeUndefined();
  expect((await slow.call(`${statusPath}/${running}`)).headers.has('retry-after')).toBe(false);

  for (const [id, prompt] of [
    [running, 'first'],
    [pending, 'pending'],
    [behind, 'behind'],
  ] as const) {
    await slow.until(id, ({ attempts }) => attempts.length === 1);
    ours.get(prompt)?.finish();
    await slow.final(id);
  }
  const next = await run('next');
  const last = await slow.submit({ prompt: 'last' });
  // A snapshot of up to a second ago may show the one before it as waiting still.
  const known = await slow.until(
    last,
    ({ estimated_start: start, queue_position: position }) => start !== undefined && position === 1,
  );
  expect(known.queue_position).toBe(1);
  expect(known.poll_after_seconds).toBe(1);
  expect(Math.abs(Number(known.estimated_start) - Date.now() / 1000)).toBeLessThan(10);
  expect(Number(known.estimated_finish)).toBeGreaterThanOrEqual(Number(known.estimated_start));
  const plain = await slow.call(`${statusPath}/${last}`);
  expect(plain.headers.get('retry-after')).toBe('1');
  expect((await slow.task(next)).queue_position).toBeUndefined();
});

test('a key that ends while its request waits is told nothing more, by long poll or by stream', async () => {
  const { calls, upstream } = handMade();
  const own = await startServer({}, { upstream });
  const key = await own.newKey('a-key-that-ends-while-it-waits', { expiresAt: Date.now() + 4_000 });
  const submitted = await own.call<{ data: { task_id: string } }>(statusPath, {
    method: 'POST',
    key,
    body: JSON.stringify({ prompt: 'its own' }),
  });
  const path = `${statusPath}/${submitted.body.data.task_id}`;
  const streams = await Promise.all(
    [`${path}/events`, `${statusPath}/events`].map((each) =>
      openEvents(own.url + each, { authorization: key }),
    ),
  );
  expect(streams.map(({ answer }) => answer.status)).toEqual([200, 200]);
  const poll = own.call(`${path}?wait=20&until=final`, { key });
  await expect.poll(async () => (await own.call(path, { key })).status).toBe(401);
  calls.get('its own')?.finish();
  refusalOf(await poll, 401);
  for (const { next } of streams) {
    const states: (string | undefined)[] = [];
    for (let told = await next(); told !== null; told = await next()) states.push(told.task.state);
    expect(states).not.toContain('succeeded');
  }
});

test('a stream of a task that its owner shares no longer tells nothing more of it', async () => {
  const { calls, upstream } = handMade();
  const own = await startServer({}, { upstream });
  const send = async <Data>(method: string, path: string, body: object, key = adminKey) => {
    const headers = { 'content-type': 'application/json' };
    const answer = await own.call<{ data: Data }>(path, { method, key, headers, body: JSON.stringify(body) });
    return answer.body.data;
  };
  const { owner_id: owner } = await send<{ owner_id: string }>('POST', '/api/admin/owners', {
    name: 'o',
    shared: true,
  });
  const newKey = () => send<{ secret: string }>('POST', '/api/admin/keys', { name: 'k', owner_id: owner });
  const [{ secret: mine }, { secret: sibling }] = [await newKey(), await newKey()];
  const { task_id: id } = await send<{ task_id: string }>('POST', statusPath, { prompt: 'shared' }, mine);
  const path = `${statusPath}/${id}`;
  const { answer, next } = await openEvents(`${own.url}${path}/events`, { authorization: sibling });
  expect(answer.status).toBe(200);
  await send('PATCH', `/api/admin/owners/${owner}`, { shared: false });
  await expect.poll(async () => (await own.call(path, { key: sibling })).status).toBe(404);
  calls.get('shared')?.finish();
  const states: string[] = [];
  for (let told = await next(); told !== null; told = await next()) states.push(told.task.state);
  expect(states).not.toContain('succeeded');
});
