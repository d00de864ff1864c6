import { setImmediate as nextTurn } from 'node:timers/promises';
import { beforeAll, expect, test } from 'vitest';
import {
  adminKey,
  startServer,
  temporaryDirectory,
  type TestServer,
} from '../../../server/src/http/server.fixture.ts';
import { createClient } from '../client.ts';
import { AuthenticationError, UnsupportedError } from '../errors.ts';
import { envelope, passOn, sendJson, startFarSide } from '../far-side.fixture.ts';
import { createDeadlines } from '../request/deadline.ts';
import { createRequester } from '../request/request.ts';
import type { TaskData } from '../wire/task-types.ts';
import { createEvents, type EventsOptions } from './events.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});

function listen(url: string, options: EventsOptions, apiKey = adminKey): AsyncIterator<TaskData> {
  return createClient({ baseUrl: url, apiKey }).events(options)[Symbol.asyncIterator]();
}

test('every change of every task comes, and whoever has heard enough closes the connection', async () => {
  const closed = Promise.withResolvers<void>();
  const proxy = await startFarSide((seen, response) => {
    response.on('close', closed.resolve);
    return passOn(server.url, seen, response);
  });
  const ended = new Set<string>();
  const wanted = new Set<string>();
  const onConnection = (connected: boolean) => {
    if (!connected) return;
    for (const prompt of ['one', 'two'])
      server.submit({ prompt }).then((id) => wanted.add(id), closed.reject);
  };
  for await (const { task_id: id, state } of createClient({ baseUrl: proxy.url, apiKey: adminKey }).events({
    onConnection,
  })) {
    if (state === 'succeeded') ended.add(id);
    if (ended.size === 2) break;
  }
  await closed.promise;
  expect(ended).toEqual(wanted);
});

test('what changes while the server is away comes when it is back', async () => {
  const directory = temporaryDirectory();
  const first = await startServer({}, { directory });
  const connections: boolean[] = [];
  const lost = Promise.withResolvers<void>();
  const connected = Promise.withResolvers<void>();
  const onConnection = (is: boolean) => {
    connections.push(is);
    if (is) connected.resolve();
    else lost.resolve();
  };
  const iterator = listen(first.url, { onConnection });
  const next = iterator.next();
  await connected.promise;
  const before = await first.submit({ prompt: '[[hang]]' });
  expect((await next).value).toMatchObject({ task_id: before });
  await first.stop();
  await lost.promise;
  const second = await startServer({ PORT: new URL(first.url).port }, { directory });
  const after = await second.submit({ prompt: 'after' });
  let task: TaskData;
  do task = (await iterator.next()).value as TaskData;
  while (task.task_id !== after || task.state !== 'succeeded');
  await iterator.return?.();
  expect(connections[0]).toBe(true);
  expect(connections.filter((is) => is).length).toBeGreaterThan(1);
});

test('the signal ends it with its reason; a wrong key and a server without events end it at once', async () => {
  const reason = new Error('enough');
  const stop = new AbortController();
  const listening = listen(server.url, { signal: stop.signal, onConnection: () => stop.abort(reason) });
  await expect(listening.next()).rejects.toBe(reason);
  const first = (url: string, key?: string) => listen(url, {}, key).next();
  await expect(first(server.url, 'wrong')).rejects.toThrow(AuthenticationError);
  const vendor = await startFarSide(({ path }, response) =>
    path.startsWith('/200')
      ? sendJson(response, 200, envelope(200, {}))
      : sendJson(response, 404, envelope(404, null, 'not found')),
  );
  await expect(first(vendor.url)).rejects.toThrow(UnsupportedError);
  await expect(first(`${vendor.url}/200`)).rejects.toThrow(UnsupportedError);
});

test('a refusal that repeats the key is told without it', async () => {
  const side = await startFarSide(({ headers }, response) =>
    sendJson(response, 401, envelope(401, null, `Bad key ${headers.authorization}.`)),
  );
  await expect(listen(side.url, {}, 'my-secret').next()).rejects.toThrow(/^Bad key \[the key\]\.$/);
});

/**
 * Events of a connection that has a thousand to give, one in each piece, and how many pieces were read of it; and the timers that run,
 * none of which ever ends.
 */
function listenToMany(options: EventsOptions = {}) {
  let read = 0;
  const closed = Promise.withResolvers<void>();
  const timers = new Set<object>();
  const deadlines = createDeadlines(() => {
    const timer = {};
    timers.add(timer);
    return () => timers.delete(timer);
  });
  const fetch = async (_: string, { signal }: RequestInit = {}) => {
    const pull = (stream: ReadableStreamDefaultController) => {
      read += 1;
      stream.enqueue(
        Buffer.from(`event: task\nid: ${read}\ndata: {"state":"running","task_id":"${read}"}\n\n`),
      );
      if (read === 1_000) stream.close();
    };
    const start = (stream: ReadableStreamDefaultController) =>
      signal?.addEventListener('abort', () => {
        stream.error(signal.reason);
        closed.resolve();
      });
    const body = new ReadableStream({ start, pull }, { highWaterMark: 0 });
    return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
  };
  const random = () => 0;
  const base = { baseUrl: 'http://events.test', apiKey: '', headers: {}, timeoutMs: 5_000, maxRetries: 0 };
  const requester = createRequester({ ...base, fetch, random, deadlines });
  const events = createEvents({ requester, random, deadlines, silenceMs: 40_000 })(options);
  return { iterator: events[Symbol.asyncIterator](), read: () => read, timers, closed: closed.promise };
}

test('a connection is read only a little ahead of the caller, and all of it comes in order', async () => {
  const { iterator, read } = listenToMany();
  for (let count = 1; count <= 1_000; count += 1) {
    expect(await iterator.next()).toMatchObject({ value: { task_id: String(count) } });
    await nextTurn();
    expect(read()).toBeLessThanOrEqual(count + 100);
  }
  await iterator.return?.();
});

test('a caller that takes its time does not make the connection count as silent', async () => {
  const { iterator, timers } = listenToMany();
  await iterator.next();
  await nextTurn();
  expect(timers.size).toBe(0);
  await iterator.next();
  await iterator.return?.();
});

test('the connection of a caller that is behind closes when the caller leaves, and when the signal says so', async () => {
  const left = listenToMany();
  await left.iterator.next();
  await nextTurn();
  await left.iterator.return?.();
  await left.closed;
  const stop = new AbortController();
  const stopped = listenToMany({ signal: stop.signal });
  await stopped.iterator.next();
  await nextTurn();
  stop.abort(new Error('enough'));
  await stopped.closed;
  const takeAll = async () => {
    for (let done; done !== true;) ({ done } = await stopped.iterator.next());
  };
  await expect(takeAll()).rejects.toThrow('enough');
  for (const { timers } of [left, stopped]) expect(timers.size).toBe(0);
});
