import { describe, expect, test } from 'vitest';
import type { TaskErrorType, TaskFailure } from '../core/errors.ts';
import { unknownCost } from '../core/tasks/attempt-ends.ts';
import { failWith, makeUpstream, result, type TestCredential } from './test-upstream.fixture.ts';
import { openStore } from './worker.fixture.ts';

/** A credential whose calls all end with this failure. */
const failing = (label: string, failure: Partial<TaskFailure>, upstreamName = 'test'): TestCredential => ({
  upstreamName,
  label,
  upstream: makeUpstream(() => failWith(failure)),
});
const working = (label: string, upstreamName = 'test', calls: string[] = []): TestCredential => ({
  upstreamName,
  label,
  upstream: makeUpstream(() => {
    calls.push(label);
    return result;
  }),
});
const unused = () => failWith({ message: 'The answer of no credential.' });

describe('a call that fails', () => {
  test.each<[TaskErrorType, Partial<TaskFailure>]>([
    ['upstream_unavailable', {}],
    ['upstream_rate_limited', { retryAfterMs: 60_000 }],
    ['upstream_quota', { retryable: false }],
    ['upstream_billing', { retryable: false }],
    ['upstream_auth', { retryable: false }],
    ['no_image', { maybeBilled: true }],
    ['upstream_bad_request', { retryable: false, modelUnknown: true }],
  ])('with %s is followed at once by one at the next upstream, and the reason stays', async (type, more) => {
    const { worker, add, final } = openStore();
    worker(unused, {
      credentials: [failing('a', { type, ...more }, 'first'), working('b', 'second')],
    }).start();
    const task = await final(await add());
    expect(task).toMatchObject({ state: 'succeeded', triesUsed: 1 });
    expect(task.attempts).toMatchObject([
      {
        number: 1,
        upstream: 'first',
        upstreamModel: 'first-1',
        credential: 'a',
        outcome: 'failed',
        failure: { type },
      },
      { number: 2, upstream: 'second', upstreamModel: 'second-1', credential: 'b', outcome: 'succeeded' },
    ]);
  });

  test.each<[TaskErrorType, Partial<TaskFailure>]>([
    ['content_rejected', { retryable: false, maybeBilled: true }],
    ['upstream_bad_request', { retryable: false }],
    ['upstream_unavailable', { retryable: false, upstreamReason: 'answer too large' }],
  ])('with %s that no other upstream may mend goes nowhere else', async (type, more) => {
    const { worker, add, final } = openStore();
    const calls: string[] = [];
    worker(unused, {
      credentials: [failing('a', { type, ...more }, 'first'), working('b', 'second', calls)],
    }).start();
    const task = await final(await add());
    expect(task.failure?.type).toBe(type);
    expect(task.attempts).toHaveLength(1);
    expect(calls).toEqual([]);
  });

  test('for its key goes to another key of the same upstream; for its upstream, past all its keys', async () => {
    const { worker, add, final } = openStore();
    const calls: string[] = [];
    worker(unused, {
      credentials: [
        failing('a', { type: 'upstream_auth', retryable: false }, 'first'),
        failing('b', { type: 'upstream_unavailable' }, 'first'),
        failing('c', { type: 'upstream_unavailable' }, 'first'),
        working('d', 'second', calls),
      ],
      concurrency: 1,
    }).start();
    const task = await final(await add());
    const [last, ...before] = task.attempts.map(({ credential }) => credential).toReversed();
    expect(last).toBe('d');
    expect(before.filter((credential) => credential === 'b' || credential === 'c')).toHaveLength(1);
  });

  test('costs a place that must not be paid twice only as often as is allowed', async () => {
    const { worker, add, final } = openStore();
    const lost = { maybeBilled: true, unknownOutcome: true } as const;
    const calls: string[] = [];
    worker(unused, {
      credentials: [failing('a', lost, 'first'), failing('b', lost, 'second'), working('c', 'third', calls)],
    }).start();
    const task = await final(await add());
    expect(task.state).toBe('error');
    expect(task.attempts.map(({ outcome, maybeBilled }) => [outcome, maybeBilled])).toEqual([
      ['unknown', true],
      ['unknown', true],
    ]);
    expect(calls).toEqual([]);
  });

  test('whose outcome is not known is not made again where the operator says so', async () => {
    const { worker, add, final } = openStore();
    const calls: string[] = [];
    worker(unused, {
      credentials: [
        failing('a', { maybeBilled: true, unknownOutcome: true }, 'first'),
        working('b', 'second', calls),
      ],
      maxUnknownRetries: 0,
    }).start();
    expect(await final(await add())).toMatchObject({ state: 'error', attempts: [{ outcome: 'unknown' }] });
    expect(calls).toEqual([]);
  });
});

describe('when nothing can serve a model', () => {
  test('a task ends with the reason of every upstream, and the next ones without a call', async () => {
    const { worker, add, final } = openStore();
    worker(unused, {
      credentials: [
        failing('a', { type: 'upstream_auth', retryable: false }, 'first'),
        failing('b', { type: 'upstream_billing', retryable: false, message: 'No credit.' }, 'second'),
      ],
    }).start();
    const tried = await final(await add());
    expect(tried.failure).toMatchObject({ type: 'upstream_auth', retryable: false });
    expect(tried.failure?.message).toContain('first');
    expect(tried.failure?.message).toContain('second');
    expect(tried.attempts.map(({ failure }) => failure?.type)).toEqual(['upstream_auth', 'upstream_billing']);
    const refused = await final(await add());
    expect(refused).toMatchObject({ attempts: [], failure: { type: 'upstream_auth' } });
  });

  test('one key that is refused gives its own reason', async () => {
    const { worker, add, final } = openStore();
    worker(unused, {
      credentials: [failing('a', { type: 'upstream_auth', retryable: false, message: 'Wrong.' })],
    }).start();
    expect((await final(await add())).failure).toMatchObject({ type: 'upstream_auth', message: 'Wrong.' });
  });

  test('a wait longer than the deadline ends the tasks that wait, with its reason and not after their deadline', async () => {
    const { worker, add, final } = openStore();
    worker(unused, {
      credentials: [failing('a', { type: 'upstream_rate_limited', retryAfterMs: 600_000 })],
    }).start();
    const ids = [await add({ deadlineMs: 300_000 }), await add({ deadlineMs: 300_000 })];
    for (const task of await Promise.all(ids.map((id) => final(id)))) {
      expect(task.failure?.type).toBe('upstream_rate_limited');
      expect(task.finishedAt ?? Infinity).toBeLessThan(task.deadlineAt);
    }
  });

  test('a delay that is asked for again and again uses tries up in the end', async () => {
    const { worker, add, store, time: clock, final } = openStore();
    const id = await add();
    const failure: TaskFailure = {
      type: 'upstream_rate_limited',
      message: 'Wait.',
      retryable: true,
      retryAfterMs: 30_000,
    };
    for (let count = 0; count < 20; count += 1) {
      const needs = [{ model: 'nano-banana', inputs: 0, limit: 1 }];
      const [taken] = await store.takeDue({ needs, now: clock.now(), leaseMs: 60_000 });
      if (taken === undefined) throw new Error('The task was not taken.');
      const call = { upstream: 'test', upstreamModel: 'test-1', credential: 'a', at: clock.now() };
      await store.openAttemptIfLeased(taken.lease, call);
      const attempt = { outcome: 'failed', failure, maybeBilled: false, ...unknownCost } as const;
      const back = { at: clock.now(), dueAt: clock.now(), usesTry: false, attempt };
      await store.putBackIfLeased(taken.lease, back);
    }
    const settings = { credentials: [failing('a', failure)], maxTries: 1 };
    worker(unused, settings).start();
    expect(await final(id)).toMatchObject({ state: 'error', triesUsed: 1, attempts: { length: 21 } });
  });

  test('tasks stay pending while the wait is shorter, and run when it ends', async () => {
    const { worker, add, until, final, time } = openStore();
    let limited = true;
    const upstream = makeUpstream(() =>
      limited ? failWith({ type: 'upstream_rate_limited', retryAfterMs: 30_000 }) : result,
    );
    worker(unused, { credentials: [{ label: 'a', upstream }], concurrency: 1 }).start();
    const [first, second] = [await add(), await add()];
    await until(first, ({ attempts, state }) => attempts.length === 1 && state === 'pending');
    expect(await until(second, () => true)).toMatchObject({ state: 'pending', attempts: [] });
    limited = false;
    time.pass(30_000);
    expect((await final(first)).attempts.map(({ outcome }) => outcome)).toEqual(['failed', 'succeeded']);
    expect((await final(second)).triesUsed).toBe(1);
  });
});

test('every attempt has its tokens and its cost, those of a refusal too', async () => {
  const { worker, add, final } = openStore();
  const refused = { type: 'no_image', maybeBilled: true } as const;
  worker(unused, {
    credentials: [
      failing('a', { type: 'upstream_unavailable' }, 'first'),
      failing('b', refused, 'second'),
      {
        upstreamName: 'third',
        label: 'c',
        upstream: makeUpstream(() => ({ ...result, usage: { output_tokens: 7 } })),
      },
    ],
    costOf: ({ upstream }, { usage, pictures, imageSize }) =>
      upstream === 'third' && imageSize === '1K' ? (usage?.['output_tokens'] ?? 0) * 10 + pictures : null,
  }).start();
  const task = await final(await add());
  expect(task.attempts.map(({ usage, costMicroUsd }) => [usage, costMicroUsd])).toEqual([
    [null, 0],
    [null, null],
    [{ output_tokens: 7 }, 71],
  ]);
});

test('a task that fails everywhere says how each upstream failed, and the log has every attempt', async () => {
  const { worker, add, final, log } = openStore();
  worker(unused, {
    credentials: [
      failing('a', { upstreamReason: 'ECONNREFUSED' }, 'first'),
      failing('b', { type: 'upstream_billing', retryable: false, message: 'No credit.' }, 'second'),
      failing('c', { message: 'Out of order.' }, 'third'),
    ],
    maxTries: 1,
  }).start();
  const { failure } = await final(await add());
  expect(failure).toMatchObject({
    type: 'upstream_unavailable',
    message:
      'Out of order. Failed before: first (upstream_unavailable, ECONNREFUSED); second (upstream_billing).',
  });
  expect(log.filter(({ event }) => event === 'attempt_failed').map(({ fields }) => fields)).toMatchObject([
    { attempt: 1, upstream: 'first', key: 'a', type: 'upstream_unavailable' },
    { attempt: 2, upstream: 'second', key: 'b', type: 'upstream_billing' },
    { attempt: 3, upstream: 'third', key: 'c', type: 'upstream_unavailable' },
  ]);
});
