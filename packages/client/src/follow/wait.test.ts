// `wait` against the real server, with what may come between: restarts, proxies, silence.

import { beforeAll, expect, test } from 'vitest';
import {
  adminKey,
  startServer,
  temporaryDirectory,
  type TestServer,
} from '../../../server/src/http/server.fixture.ts';
import { createClient } from '../client.ts';
import { AuthenticationError, NotFoundError, TaskFailedError, TimeoutError } from '../errors.ts';
import { type Answerer, passOn, sendJson, startFarSide } from '../far-side.fixture.ts';
import { createDeadlines, deadlines } from '../request/deadline.ts';
import { createRequester } from '../request/request.ts';
import { tasksPath } from '../tasks/tasks.ts';
import type { TaskData } from '../wire/task-types.ts';
import { createFollowTask } from './follow-task.ts';
import { createWait } from './wait.ts';

const clientOf = (url: string) => createClient({ baseUrl: url, apiKey: adminKey });

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ CONCURRENCY: '20' });
});

/** Waits by a client with short pauses, and with little patience with silence where a test waits for that. */
function quickWait(url: string, silenceMs = 40_000) {
  return quickClient(url, { silenceMs }).wait;
}

interface Quick {
  apiKey?: string;
  silenceMs?: number;
  /** Called before each pause. */
  onPause?: () => void;
  /** Times the wait as a whole. */
  waitDeadlines?: typeof deadlines;
}

function quickClient(
  url: string,
  { apiKey = adminKey, silenceMs = 40_000, onPause = () => {}, waitDeadlines = deadlines }: Quick = {},
) {
  const random = () => 0;
  const base = { apiKey, headers: {}, fetch, timeoutMs: 5_000, maxRetries: 0, random, deadlines };
  const requester = createRequester({ ...base, baseUrl: url });
  const pause: typeof deadlines.pause = (ms, signal) => {
    onPause();
    return deadlines.pause(ms / 20, signal);
  };
  const now = () => performance.now();
  const quick = { requester, random, now, silenceMs, deadlines: { ...deadlines, pause } };
  return { requester, wait: createWait(createFollowTask(quick), waitDeadlines) };
}

const submit = (prompt: string) => server.submit({ prompt });
const nowhere = '0190a000-0000-7000-8000-000000000000';

test('a task is followed by its events, on one connection, and every new state of it is told', async () => {
  const proxy = await startFarSide((seen, response) => passOn(server.url, seen, response));
  const id = await submit('a banana [[delay 1s]]');
  const seen: TaskData[] = [];
  const task = await clientOf(proxy.url).wait({ task_id: id }, { onProgress: (each) => seen.push(each) });
  expect(task.data.images).toHaveLength(1);
  expect(seen.at(-1)).toEqual(task);
  expect(seen.filter(({ state, progress }) => state === 'running' && progress > 0).length).toBeGreaterThan(1);
  expect(new Set(seen.map((each) => JSON.stringify(each))).size).toBe(seen.length);
  expect(proxy.seen.map(({ path }) => path)).toEqual([`${tasksPath}/${id}/events`]);
});

test('a task that has ended is told of at once, well or not', async () => {
  const client = clientOf(server.url);
  const good = await submit('a banana');
  await server.final(good);
  expect((await client.wait(good)).state).toBe('succeeded');
  const error: unknown = await client
    .wait(await submit('[[fail content_rejected]]'))
    .catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(TaskFailedError);
  expect(error).toMatchObject({
    type: 'content_rejected',
    retryable: false,
    task: { state: 'error' },
    message: expect.stringContaining('refused'),
  });
});

test('the caller’s signal and the time limit end the wait, and the task goes on', async () => {
  const client = clientOf(server.url);
  const id = await submit('[[hang]]');
  const reason = new Error('enough');
  const stop = new AbortController();
  const waiting = client.wait(id, { signal: stop.signal, onProgress: () => stop.abort(reason) });
  await expect(waiting).rejects.toBe(reason);
  await expect(client.wait(id, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  await expect(client.wait(id, { timeoutMs: 300 })).rejects.toThrow(TimeoutError);
  expect((await client.cancel(id)).task_id).toBe(id);
  await expect(client.wait(id)).rejects.toMatchObject({ type: 'cancelled' });
});

test('what onProgress throws ends the wait', async () => {
  const fault = new Error('a fault of the caller');
  const onProgress = () => {
    throw fault;
  };
  await expect(clientOf(server.url).wait(await submit('[[hang]]'), { onProgress })).rejects.toBe(fault);
});

test('a wrong key ends the wait at once, and an unknown task when the server has said so twice', async () => {
  const proxy = await startFarSide((seen, response) => passOn(server.url, seen, response));
  const stranger = quickClient(proxy.url, { apiKey: 'wrong' });
  await expect(stranger.wait(nowhere)).rejects.toThrow(AuthenticationError);
  proxy.seen.length = 0;
  await expect(quickWait(proxy.url)(nowhere)).rejects.toThrow(NotFoundError);
  expect(proxy.seen.filter(({ path }) => !path.includes('/events'))).toHaveLength(2);
});

test('a wait lives through the death of the server and its return at the same address', async () => {
  const directory = temporaryDirectory();
  const first = await startServer({}, { directory });
  const id = await first.submit({ prompt: 'a banana [[delay 1s]]' });
  const states: string[] = [];
  const running = Promise.withResolvers<void>();
  let isStopped = false;
  const foundAway = Promise.withResolvers<void>();
  const onPause = () => {
    if (isStopped) foundAway.resolve();
  };
  const waiting = quickClient(first.url, { onPause }).wait(id, {
    onProgress({ state }) {
      states.push(state);
      if (state === 'running') running.resolve();
    },
  });
  await running.promise;
  await first.stop();
  isStopped = true;
  await foundAway.promise;
  const { port } = new URL(first.url);
  const second = await startServer({ PORT: port }, { directory });
  const task = await waiting;
  expect(task).toMatchObject({ task_id: id, state: 'succeeded' });
  expect(task.attempts.length).toBeGreaterThan(0);
  expect(second.url).toBe(first.url);
});

test('through a proxy that cuts every stream, events go on where they were cut', async () => {
  const proxy = await startFarSide(async (seen, response) => {
    await passOn(server.url, seen, response, (chunk) => {
      if (chunk.includes('event: task')) setImmediate(() => response.destroy());
    });
  });
  const id = await submit('a banana [[delay 500ms]]');
  expect((await quickWait(proxy.url)(id)).state).toBe('succeeded');
  const streams = proxy.seen.filter(({ path }) => path.endsWith('/events'));
  expect(streams.length).toBeGreaterThan(1);
  expect(streams[0]?.headers['last-event-id']).toBeUndefined();
  expect(streams[1]?.headers['last-event-id']).toMatch(/\S/);
});

/** Answers events as told, and passes on the rest. */
async function withoutEvents(answer: Answerer) {
  return await startFarSide((seen, response, request) =>
    seen.path.endsWith('/events') ? answer(seen, response, request) : passOn(server.url, seen, response),
  );
}

test('where there are no events, calls that wait take their place', async () => {
  const proxy = await withoutEvents((_seen, response) => response.writeHead(404).end('<html>'));
  const id = await submit('a banana [[delay 1s]]');
  expect((await quickWait(proxy.url)(id)).state).toBe('succeeded');
  const paths = proxy.seen.map(({ path }) => path.replace(`${tasksPath}/${id}`, ''));
  expect(paths.slice(0, 3)).toEqual(['/events', '', '?wait=30']);
});

test('when too many wait already, questions take their place', async () => {
  const error = { type: 'rate_limited', message: 'Too many wait.', request_id: 'req_1' };
  const proxy = await withoutEvents((_seen, response) =>
    sendJson(response, 429, { code: 429, msg: error.message, data: null, exec_time: 0, ip: '', error }),
  );
  const id = await submit('a banana [[delay 500ms]]');
  expect((await quickWait(proxy.url)(id)).state).toBe('succeeded');
  expect(proxy.seen.some(({ path }) => path.includes('wait='))).toBe(false);
});

test('events that fail again and again while questions are answered are given up', async () => {
  const proxy = await withoutEvents((_seen, response) => response.writeHead(502).end());
  const id = await submit('a banana [[delay 1s]]');
  expect((await quickWait(proxy.url)(id)).state).toBe('succeeded');
  expect(proxy.seen.filter(({ path }) => path.endsWith('/events'))).toHaveLength(3);
  expect(proxy.seen.some(({ path }) => path.includes('wait='))).toBe(true);
});

test('a connection that falls silent is left, and events go on by the next', async () => {
  let streams = 0;
  const proxy = await startFarSide(async (seen, response) => {
    if (!seen.path.endsWith('/events') || (streams += 1) > 1) return passOn(server.url, seen, response);
    response.writeHead(200, { 'Content-Type': 'text/event-stream' }).write('retry: 2000\n\n');
  });
  const id = await submit('a banana');
  await server.final(id);
  expect((await quickWait(proxy.url, 200)(id)).state).toBe('succeeded');
  expect(proxy.seen.map(({ path }) => path)).toEqual(Array(2).fill(`${tasksPath}/${id}/events`));
});

test('a proxy that keeps a stream to itself is found out, with and without its headers', async () => {
  const keepers: Answerer[] = [
    () => {},
    (_seen, response) => response.writeHead(200, { 'Content-Type': 'text/event-stream' }).flushHeaders(),
  ];
  for (const keep of keepers) {
    const proxy = await withoutEvents(keep);
    const id = await submit('a banana');
    await server.final(id);
    expect((await quickWait(proxy.url, 200)(id)).state).toBe('succeeded');
    expect(proxy.seen.map(({ path }) => path.includes('/events'))).toEqual([true, false]);
  }
});

/** Streams from which no task can be read. */
const unreadable: Record<string, string[]> = {
  'an event that is no JSON': ['event: task\ndata: {\n\n'],
  'an event that is no task': ['event: task\ndata: null\n\n'],
  'an event that never ends': ['event: task\ndata: ', ...Array<string>(8).fill('x'.repeat(2 ** 19))],
  'an end before the first event': ['retry: 2000\n\n'],
};

test.each(Object.entries(unreadable))(
  'after %s, again and again, questions take over',
  async (_name, pieces) => {
    const proxy = await withoutEvents((_seen, response) => {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' });
      for (const piece of pieces) response.write(piece);
      response.end();
    });
    const id = await submit('a banana');
    await server.final(id);
    expect((await quickWait(proxy.url)(id)).state).toBe('succeeded');
  },
);

test('a page that stands in for the server in the middle of a wait does not end it', async () => {
  const id = await submit('a banana [[delay 800ms]]');
  let isAway = false;
  const proxy = await startFarSide(async (seen, response) => {
    if (isAway) {
      isAway = proxy.seen.length < 6;
      return response.writeHead(404).end('404 page not found');
    }
    return passOn(server.url, seen, response, (chunk) => {
      if (!chunk.includes('event: task') || proxy.seen.length > 1) return;
      isAway = true;
      setImmediate(() => response.destroy());
    });
  });
  expect((await quickWait(proxy.url)(id)).state).toBe('succeeded');
  expect(proxy.seen.length).toBeGreaterThan(6);
});

/** Pages that stand in for a server, as gateways, balancers and the login pages of networks do it. */
const standIns: Record<string, Answerer> = {
  'a page with 502': (_seen, response) => response.writeHead(502).end('<html>Bad gateway</html>'),
  'a page with 503 that asks for patience': (_seen, response) =>
    response.writeHead(503, { 'Retry-After': '1' }).end('<html>'),
  'a page with 504': (_seen, response) => response.writeHead(504).end('<html>'),
  'a page with 521': (_seen, response) => response.writeHead(521).end('<html>'),
  'a page with 404': (_seen, response) => response.writeHead(404).end('404 page not found'),
  'a page with 200': (_seen, response) => response.writeHead(200).end('<html>Sign in</html>'),
  'an empty answer': (_seen, response) => response.writeHead(200).end(),
  'JSON of its own': (_seen, response) => sendJson(response, 502, { message: 'no upstream' }),
  'a connection that breaks': (_seen, response) => response.destroy(),
};

test.each(Object.entries(standIns))(
  '%s right after the submit does not end the wait',
  async (_name, answer) => {
    const proxy = await startFarSide((seen, response, request) =>
      proxy.seen.length > 1 && proxy.seen.length < 7
        ? answer(seen, response, request)
        : passOn(server.url, seen, response),
    );
    const { requester, wait } = quickClient(proxy.url);
    const { data } = await requester.request<{ task_id: string }>('task_id', {
      method: 'POST',
      path: tasksPath,
      json: { prompt: 'a banana' },
    });
    expect((await wait(data)).state).toBe('succeeded');
    expect(proxy.seen.length).toBeGreaterThan(6);
  },
);

test('where nothing but pages ever answered, a wait ends, unless they say that it may pass', async () => {
  for (const name of ['a page with 404', 'a page with 200', 'an empty answer']) {
    const other = await startFarSide(standIns[name] ?? (() => {}));
    await expect(quickWait(other.url)(nowhere)).rejects.toThrow(/leads to something else/);
  }
  const away = await startFarSide(standIns['a page with 502'] ?? (() => {}));
  const timer = Promise.withResolvers<() => void>();
  const waitDeadlines = createDeadlines((callback) => {
    timer.resolve(callback);
    return () => {};
  });
  const waiting = quickClient(away.url, { waitDeadlines }).wait(nowhere, { timeoutMs: 1_000 });
  await away.saw(/./, 5);
  (await timer.promise)();
  await expect(waiting).rejects.toThrow(new RegExp(`${nowhere} has not ended within 1 seconds`));
  expect(away.seen.length).toBeGreaterThan(4);
});
