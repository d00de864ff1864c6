import { execFile } from 'node:child_process';
import type { TaskData } from '@plantain/client';
import { EventSource } from 'undici';
import { beforeAll, expect, test } from 'vitest';
import { isMissing } from '../../../../../../e2e/needed-tool.fixture.ts';
import { createLinkSigner } from '../../../pictures/stores/signing.ts';
import { linkSecretOf } from '../../../store/test-store.fixture.ts';
import { adminKey, refusalOf, statusPath } from '../../server.fixture.ts';
import { openEvents, startByHand, type Told, waiting } from './following.fixture.ts';

let server: Awaited<ReturnType<typeof startByHand>>;
beforeAll(async () => {
  server = await startByHand();
});

test('a stream has the task on connect and on every change, and ends after the final state', async () => {
  const { id, call, path } = await server.runningTask();
  const { answer, next } = await openEvents(`${server.url}${path}/events`);
  expect(answer.status).toBe(200);
  expect(answer.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
  expect(answer.headers.get('access-control-allow-origin')).toBe('*');
  const first = await next();
  expect(first?.task).toEqual(await server.task(id));
  call.onProgress(0.5);
  expect((await next())?.task.progress).toBe(0.5);
  call.finish();
  const last = await next();
  expect(last?.task).toEqual(await server.task(id));
  expect(last?.task.state).toBe('succeeded');
  expect(await next()).toBeNull();
  const again = { authorization: adminKey, 'last-event-id': last?.id ?? '' };
  expect((await openEvents(`${server.url}${path}/events`, again)).answer.status).toBe(204);
  const older = await openEvents(`${server.url}${path}/events`, {
    ...again,
    'last-event-id': first?.id ?? '',
  });
  expect(await older.next()).toEqual(last);
  expect(await older.next()).toBeNull();
});

test('who has the current version already is sent the next change first', async () => {
  const { call, path } = await server.runningTask();
  const before = await openEvents(`${server.url}${path}/events`);
  const first = await before.next();
  await before.close();
  const { answer, next } = await openEvents(`${server.url}${path}/events`, {
    authorization: adminKey,
    'last-event-id': first?.id ?? '',
  });
  expect(answer.status).toBe(200);
  call.finish();
  expect((await next())?.task.state).toBe('succeeded');
});

test('a browser’s EventSource follows a task by the link of its submit, comes again once, and stops', async () => {
  const { call, eventsUrl } = await server.runningTask();
  expect(eventsUrl).toMatch(/\/events\?e=\d+&token=[\w-]{43}$/);
  expect(eventsUrl).not.toContain(adminKey);
  const source = new EventSource(eventsUrl);
  const states: string[] = [];
  const stopped = Promise.withResolvers<void>();
  source.addEventListener('task', (event) => {
    const { data } = event as Event & { data: string };
    states.push((JSON.parse(data) as TaskData).state);
    if (states.length === 1) call.finish();
  });
  source.addEventListener('error', () => {
    if (source.readyState === EventSource.CLOSED) stopped.resolve();
  });
  await stopped.promise;
  expect(states).toEqual(['running', 'succeeded']);
});

test('whoever holds links takes no place from their owner, and has few of each task', async () => {
  const narrow = await startByHand({ MAX_WAITING_PER_KEY: '22' });
  const [one, two] = [await narrow.runningTask(), await narrow.runningTask()];
  const opened: Awaited<ReturnType<typeof openEvents>>[] = [];
  const byLink = async ({ eventsUrl }: typeof one) => {
    const stream = await openEvents(eventsUrl, {});
    opened.push(stream);
    return stream.answer.status;
  };
  for (let stream = 0; stream < 20; stream += 1) expect(await byLink(one)).toBe(200);
  refusalOf(
    await narrow.call(new URL(one.eventsUrl).pathname + new URL(one.eventsUrl).search, { key: null }),
    429,
  );
  expect([await byLink(two), await byLink(two), await byLink(two)]).toEqual([200, 200, 429]);
  expect((await openEvents(`${narrow.url}${one.path}/events`)).answer.status).toBe(200);
  expect((await openEvents(`${narrow.url}${statusPath}/events`)).answer.status).toBe(200);
  expect((await narrow.call(`${one.path}?wait=1`)).status).toBe(200);
  await opened[0]?.close();
  await expect.poll(() => byLink(one)).toBe(200);
});

test('a link works for its own task, whole, and until it expires', async () => {
  const one = await server.runningTask();
  const { eventsUrl } = await server.runningTask();
  const { search } = new URL(eventsUrl);
  const tampered = search.replace(/e=\d+/, 'e=99999999999');
  const call = (path: string) => server.call(path, { key: null });
  refusalOf(await call(`${one.path}/events${search}`), 403);
  refusalOf(await call(new URL(eventsUrl).pathname + tampered), 403);
  const secret = await linkSecretOf(server.directory);
  const expired = createLinkSigner({ secret, lifetimeSeconds: 1 }).sign(
    `${one.path}/events`,
    Date.now() / 1000 - 1,
  );
  refusalOf(await call(expired), 404);
  refusalOf(await call(`${one.path}${search}`), 401);
  expect(refusalOf(await call(`${statusPath}/events${search}`), 401).msg).toMatch(/No API key/);
});

test('the stream of all tasks has each change of the key’s own tasks, with a number that grows', async () => {
  const stranger = await server.newKey('a key whose tasks are its own business');
  const { answer, next, close } = await openEvents(`${server.url}${statusPath}/events`);
  expect(answer.status).toBe(200);
  await server.call(statusPath, {
    method: 'POST',
    key: stranger,
    body: JSON.stringify({ prompt: 'not ours' }),
  });
  const { id, call } = await server.runningTask();
  call.finish();
  await server.final(id);
  const events: Told[] = [];
  do events.push((await next()) as Told);
  while (events.at(-1)?.task.state !== 'succeeded');
  expect(new Set(events.map(({ task }) => task.task_id))).toEqual(new Set([id]));
  expect(events.at(-1)?.task).toEqual(await server.task(id));
  const numbers = events.map((event) => Number(event.id));
  expect(numbers).toEqual([...new Set(numbers)].toSorted((a, b) => a - b));
  await close();

  // Missed meanwhile: more than is read at once.
  const missed = await Promise.all(Array.from({ length: 45 }, server.runningTask));
  const resumed = await openEvents(`${server.url}${statusPath}/events`, {
    authorization: adminKey,
    'last-event-id': events.at(-1)?.id ?? '',
  });
  const caughtUp: Told[] = [];
  while (caughtUp.length < missed.length) caughtUp.push((await resumed.next()) as Told);
  expect(caughtUp.map(({ task }) => task.task_id).toSorted()).toEqual(
    missed.map((task) => task.id).toSorted(),
  );
  missed[0]?.call.finish();
  expect((await resumed.next())?.task).toMatchObject({ task_id: missed[0]?.id, state: 'succeeded' });
  await resumed.close();
});

test('who lost the stream before its first event goes on from where it began', async () => {
  const answer = await fetch(`${server.url}${statusPath}/events`, { headers: { authorization: adminKey } });
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  while (!/\nid: \d+\n\n/.test(text)) text += (await reader?.read())?.value ?? '';
  await reader?.cancel();
  const { id } = await server.runningTask();
  const { next, close } = await openEvents(`${server.url}${statusPath}/events`, {
    authorization: adminKey,
    'last-event-id': /\nid: (\d+)\n\n/.exec(text)?.[1] ?? '',
  });
  expect((await next())?.task.task_id).toBe(id);
  await close();
});

test('who lost the stream among the tasks of a batch gets the others when it comes again', async () => {
  const busy = await startByHand({ CONCURRENCY: '1' });
  const url = `${busy.url}${statusPath}/events`;
  const running = await busy.runningTask();
  const before = await openEvents(url);
  const tasks = Array.from({ length: 30 }, () => ({ prompt: 'one of many' }));
  const { body } = await busy.call<{ data: { task_ids: string[] } }>(`${statusPath}/batch`, {
    method: 'POST',
    body: JSON.stringify({ tasks }),
  });
  const events = [(await before.next()) as Told, (await before.next()) as Told];
  await before.close();
  const after = await openEvents(url, { authorization: adminKey, 'last-event-id': events.at(-1)?.id ?? '' });
  const seen = () => new Set(events.map(({ task }) => task.task_id));
  while (seen().size < tasks.length) events.push((await after.next()) as Told);
  expect(seen()).toEqual(new Set(body.data.task_ids));
  await after.close();
  running.call.finish();
});

test.skipIf(isMissing('curl'))('curl -N follows a task to its end', async () => {
  const { call, path } = await server.runningTask();
  const args = ['-sN', '-H', `Authorization: Bearer ${adminKey}`, `${server.url}${path}/events`];
  const text = await new Promise<string>((resolve, reject) => {
    const child = execFile('curl', args, (error, stdout) =>
      error === null ? resolve(stdout) : reject(error),
    );
    child.stdout?.once('data', () => call.finish());
  });
  expect(text).toMatch(
    /^retry: 2000\n\nevent: task\nid: \S+\ndata: {.*"running".*}\n\n[^]*event: task\nid: \S+\ndata: {.*"succeeded".*}\n\n$/,
  );
});

test('when the server stops, whoever waits is answered at once, and streams end', async () => {
  const stopping = await startByHand();
  const { path } = await stopping.runningTask();
  const one = await openEvents(`${stopping.url}${path}/events`);
  const all = await openEvents(`${stopping.url}${statusPath}/events`);
  expect((await one.next())?.task.state).toBe('running');
  const poll = await waiting(stopping, `${path}?wait=60`);
  const stopped = stopping.stop();
  expect((await poll.answer).body.data.state).toBe('running');
  expect(await one.next()).toBeNull();
  expect(await all.next()).toBeNull();
  await stopped;
});
