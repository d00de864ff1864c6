import { describe, expect, test } from 'vitest';
import { TaskError } from '../core/errors.ts';
import type { Operation } from '../core/tasks/task.ts';
import { PicturesNotFetchedError } from '../core/upstreams/upstream.ts';
import type {
  OperationFailure,
  OperationProgress,
  Upstream,
  UpstreamResult,
} from '../core/upstreams/upstream.ts';
import { makeUpstream, result } from './test-upstream.fixture.ts';
import { openStore } from './worker.fixture.ts';

type Polled = UpstreamResult | OperationFailure | OperationProgress;

/** An upstream that works by itself: it counts its starts, and the test says what each poll finds. */
function operationUpstream(poll: (asked: number) => Polled | Promise<Polled>, more: Partial<Upstream> = {}) {
  const seen = { starts: 0, polls: 0, operations: [] as Operation[], cancelled: [] as Operation[] };
  const upstream = makeUpstream(
    () => {
      seen.starts += 1;
      return { operation: { id: `job-${seen.starts}` }, warnings: ['told at the start'], pollAfterMs: 1 };
    },
    {
      poll: async (operation) => {
        seen.operations.push(operation);
        return poll((seen.polls += 1));
      },
      cancel: async (operation) => void seen.cancelled.push(operation),
      ...more,
    },
  );
  return { seen, credentials: [{ label: 'key_1', upstream }] };
}
const unused = () => result;
const running = { pollAfterMs: 1 };
const trouble = (more = {}) =>
  new TaskError({
    type: 'upstream_unavailable',
    message: 'No answer.',
    retryable: true,
    retryAfterMs: 1,
    ...more,
  });

describe('an operation at an upstream', () => {
  test('is asked after until it has ended, with its progress and the warnings of its start', async () => {
    const { worker, add, final } = openStore();
    const { credentials, seen } = operationUpstream((asked) =>
      asked < 4 ? { progress: asked / 10, ...running } : result,
    );
    worker(unused, { credentials }).start();
    const task = await final(await add());
    expect(task).toMatchObject({ state: 'succeeded', result: { warnings: ['told at the start'] } });
    expect(task.attempts).toMatchObject([
      { outcome: 'succeeded', operation: { operation: { id: 'job-1' } } },
    ]);
    expect(seen).toMatchObject({ starts: 1, polls: 4 });
  });

  test('that failed is a failed attempt like any other', async () => {
    const { worker, add, final } = openStore();
    const { failure } = trouble();
    const { credentials, seen } = operationUpstream((asked) =>
      asked === 1 ? { failure, usage: { output_tokens: 3 } } : result,
    );
    worker(unused, { credentials }).start();
    const task = await final(await add());
    expect(task.attempts).toMatchObject([
      { outcome: 'failed', usage: { output_tokens: 3 }, operation: { operation: { id: 'job-1' } } },
      { outcome: 'succeeded', operation: { operation: { id: 'job-2' } } },
    ]);
    expect(seen.starts).toBe(2);
  });

  test('survives an upstream that can’t be asked for a while', async () => {
    const { worker, add, final } = openStore();
    const { credentials, seen } = operationUpstream((asked) => {
      if (asked < 6) throw trouble();
      return result;
    });
    worker(unused, { credentials }).start();
    expect(await final(await add())).toMatchObject({
      state: 'succeeded',
      attempts: [{ outcome: 'succeeded' }],
    });
    expect(seen.starts).toBe(1);
  });

  test.each([
    ['for longer than the patience lasts', trouble(), { operationPatienceMs: 0 }],
    ['and never will be', trouble({ type: 'upstream_auth', retryable: false }), {}],
  ])('counts as unknown and perhaps billed when it can’t be asked after %s', async (_, error, settings) => {
    const { worker, add, final } = openStore();
    const { credentials } = operationUpstream(() => Promise.reject(error));
    worker(unused, { credentials, maxUnknownRetries: 0, ...settings }).start();
    const task = await final(await add());
    expect(task.attempts).toMatchObject([{ outcome: 'unknown', maybeBilled: true }]);
    expect(task.failure?.message).toContain('may have been billed');
  });

  test.each([
    ['for as long as the patience lasts', true, /during 0 seconds; the call may have been billed\.$/],
    ['at once', false, /host\. The call may have been billed\.$/],
  ])(
    'that has ended and whose picture can’t be fetched ends %s, as what it is',
    async (_, retryable, words) => {
      const { worker, add, final } = openStore();
      const failure = { message: 'It could not be fetched from its host', retryable, answered: true };
      const { credentials } = operationUpstream(() =>
        Promise.reject(
          new TaskError({ type: 'upstream_unavailable', ...failure }, { usage: { output_tokens: 3 } }),
        ),
      );
      worker(unused, { credentials, maxTries: 1, operationPatienceMs: 0 }).start();
      const task = await final(await add());
      expect(task.attempts).toMatchObject([
        { outcome: 'failed', maybeBilled: true, usage: { output_tokens: 3 } },
      ]);
      expect(task.failure).toMatchObject({ type: 'upstream_unavailable', answered: true, maybeBilled: true });
      expect(task.failure).not.toHaveProperty('unknownOutcome');
      expect(task.failure?.message).toMatch(words);
    },
  );

  test('whose end was seen is asked for its pictures from then on, also by the next server', async () => {
    const { worker, add, final, until } = openStore();
    const instead = { operation: { id: 'job-1', finished: 'links' }, warnings: ['one was withheld'] };
    const failure = { ...trouble().failure, answered: true };
    const { credentials, seen } = operationUpstream((asked) => {
      if (asked === 1) throw new PicturesNotFetchedError(new TaskError(failure), instead);
      if (asked < 4) throw trouble();
      return result;
    });
    const first = worker(unused, { credentials });
    first.start();
    const id = await add();
    await until(id, ({ attempts }) => attempts[0]?.operation?.operation['finished'] !== undefined);
    await first.stop(0);
    worker(unused, { credentials }).start();
    const task = await final(id);
    expect(task).toMatchObject({
      state: 'succeeded',
      result: { warnings: ['told at the start', 'one was withheld'] },
      attempts: [{ outcome: 'succeeded' }],
    });
    const [asked, ...later] = seen.operations;
    expect(asked).toEqual({ id: 'job-1' });
    for (const operation of later) expect(operation).toEqual(instead.operation);
    expect(seen.starts).toBe(1);
  });

  test('is taken up again after a crash, and never started twice', async () => {
    const { worker, store, add, until, final } = openStore();
    const { credentials, seen } = operationUpstream((asked) => (asked < 3 ? running : result));
    const id = await add();
    const [taken] = await store.takeDue({
      needs: [{ model: 'nano-banana', inputs: 0, limit: 1 }],
      now: Date.now(),
      leaseMs: 1,
    });
    if (taken === undefined) throw new Error('nothing was taken');
    await store.openAttemptIfLeased(taken.lease, {
      upstream: 'test',
      upstreamModel: 'test-1',
      credential: 'key_1',
      at: Date.now(),
    });
    await store.saveOperationIfLeased(taken.lease, {
      operation: { id: 'job-before' },
      warnings: ['from before'],
    });
    const made = worker(unused, { credentials });
    expect(await made.rescueAll()).toBe(1);
    expect(await until(id, () => true)).toMatchObject({ state: 'pending', attempts: [{ outcome: null }] });
    made.start();
    const task = await final(id);
    expect(task).toMatchObject({ state: 'succeeded', result: { warnings: ['from before'] } });
    expect(task.attempts).toMatchObject([{ number: 1, outcome: 'succeeded', maybeBilled: false }]);
    expect(seen.starts).toBe(0);
    expect(seen.operations[0]).toEqual({ id: 'job-before' });
  });

  test('is followed with its own credential beside new tasks, and leaves those their slots', async () => {
    const { worker, store, add, final, time } = openStore();
    const id = await add();
    const calls = [{ upstream: 'test', upstreamModel: 'test-1', credential: 'key_1' }];
    const needs = [{ model: 'nano-banana', inputs: 0, limit: 1, calls }];
    const [taken] = await store.takeDue({ needs, now: time.now(), leaseMs: 60_000 });
    if (taken === undefined) throw new Error('nothing was taken');
    await store.saveOperationIfLeased(taken.lease, { operation: { id: 'job' }, warnings: [] });
    const at = time.now();
    await store.putBackIfLeased(taken.lease, { at, dueAt: at, usesTry: false });
    const other = await add();
    const used: string[] = [];
    const credentials = ['key_1', 'key_2'].map((label) => {
      const poll = async () => (used.push(`${label} polls`), result);
      return { label, upstream: makeUpstream(() => (used.push(`${label} starts`), result), { poll }) };
    });
    const { start, router } = worker(unused, { credentials });
    start();
    expect((await final(id)).attempts).toMatchObject([{ outcome: 'succeeded', credential: 'key_1' }]);
    const [attempt, ...more] = (await final(other)).attempts;
    expect(more).toEqual([]);
    expect(used.toSorted((a, b) => (a < b ? -1 : 1))).toEqual([
      'key_1 polls',
      `${attempt?.credential} starts`,
    ]);
    expect(router.snapshot().map(({ in_flight }) => in_flight)).toEqual([0]);
  });

  test('is handed to the next server at a stop, and followed to its end there', async () => {
    const { worker, add, until, final } = openStore();
    const polled = Promise.withResolvers<void>();
    const first = operationUpstream(() => {
      polled.resolve();
      return running;
    });
    const stopping = worker(unused, { credentials: first.credentials });
    stopping.start();
    const id = await add();
    await polled.promise;
    await stopping.stop(0);
    expect(await until(id, () => true)).toMatchObject({
      state: 'pending',
      triesUsed: 0,
      attempts: [{ outcome: null }],
    });
    const second = operationUpstream(() => result);
    worker(unused, { credentials: second.credentials }).start();
    expect((await final(id)).attempts).toMatchObject([{ number: 1, outcome: 'succeeded' }]);
    expect(second.seen).toMatchObject({ starts: 0, operations: [{ id: 'job-1' }] });
  });

  test('whose key is no longer in the settings is lost, which the task says', async () => {
    const { worker, add, until, final } = openStore();
    const polled = Promise.withResolvers<void>();
    const first = operationUpstream(() => {
      polled.resolve();
      return running;
    });
    const stopping = worker(unused, { credentials: first.credentials });
    stopping.start();
    const id = await add();
    await polled.promise;
    await stopping.stop(0);
    await until(id, ({ state }) => state === 'pending');
    worker(unused, { credentials: [{ label: 'key_2', upstream: makeUpstream(() => result) }] }).start();
    const task = await final(id);
    expect(task.attempts).toMatchObject([
      { outcome: 'unknown', maybeBilled: true, credential: 'key_1' },
      { outcome: 'succeeded', credential: 'key_2' },
    ]);
    expect(task.attempts[0]?.failure?.message).toContain('no longer in the settings');
  });

  test('is cancelled at its upstream when the deadline passes while it is followed', async () => {
    const { worker, add, final, time } = openStore();
    const polled = Promise.withResolvers<void>();
    const { credentials, seen } = operationUpstream(() => {
      polled.resolve();
      return running;
    });
    worker(unused, { credentials }).start();
    const id = await add();
    await polled.promise;
    time.pass(60_000);
    const task = await final(id);
    expect(task).toMatchObject({
      failure: { type: 'deadline_exceeded' },
      attempts: [{ outcome: 'failed', maybeBilled: true }],
    });
    await expect.poll(() => seen.cancelled).toEqual([{ id: 'job-1' }]);
  });

  test.each(['deadline_exceeded', 'cancelled'])(
    'that fails to be asked until it is %s tells why, and keeps what it knows of the picture',
    async (type) => {
      const { worker, add, store, final, time } = openStore();
      const asked = Promise.withResolvers<void>();
      const json = { links: ['https://files.example/a.png'] };
      const answer = { status: null, headers: {}, bytes: Buffer.from(JSON.stringify(json)), json };
      const { failure } = trouble({ message: 'The picture is not there.' });
      const { credentials } = operationUpstream((polls) => {
        if (polls > 1) asked.resolve();
        throw new TaskError(failure, { answer });
      });
      worker(unused, { credentials }).start();
      const id = await add();
      await asked.promise;
      if (type === 'cancelled') await store.requestCancelIfRunning(id, time.now());
      else time.pass(60_000);
      const task = await final(id);
      expect(task.failure).toMatchObject({
        type,
        message: expect.stringMatching(/^The task was .*The picture is not there\.$/) as string,
      });
      expect((await store.findUnreadAnswer(id, 1))?.answer.text).toContain('files.example');
    },
  );

  test('is cancelled too when the deadline passes before anyone took it up again, and its attempt is closed', async () => {
    const { worker, store, add, until, final, time } = openStore();
    const { credentials, seen } = operationUpstream(() => running);
    const stopping = worker(unused, { credentials });
    stopping.start();
    const id = await add();
    await until(id, ({ attempts }) => attempts[0]?.operation != null);
    await stopping.stop(0);
    await until(id, ({ state }) => state === 'pending');
    time.pass(60_000);
    // A worker that sweeps and takes nothing.
    worker(unused, {
      credentials,
      store: { ...store, pendingWork: async () => ({ needs: [], hasOperations: false }) },
    }).start();
    const task = await final(id);
    expect(task).toMatchObject({
      failure: { type: 'deadline_exceeded', maybeBilled: true },
      attempts: [{ outcome: 'failed', maybeBilled: true }],
    });
    await expect.poll(() => seen.cancelled).toEqual([{ id: 'job-1' }]);
  });
});
