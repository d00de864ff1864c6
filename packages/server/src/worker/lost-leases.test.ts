import { expect, onTestFinished, test } from 'vitest';
import { databaseAway, TaskError } from '../core/errors.ts';
import type { TaskStore } from '../core/tasks/task-store.ts';
import { createTestTime } from '../lib/timers.fixture.ts';
import { makeUpstream, obedientHang, result, type UpstreamCall } from './test-upstream.fixture.ts';
import { openStore } from './worker.fixture.ts';

const leaseMs = 10_000;

/** A store that is away for whoever has it, while the test says so. */
function withAbsences(store: TaskStore) {
  const state = { isAway: false };
  const away = new Proxy(store, {
    get(target, name) {
      const method: unknown = Reflect.get(target, name);
      if (typeof method !== 'function') return method;
      return async (...args: unknown[]) => {
        if (state.isAway) throw databaseAway();
        return (await method.apply(target, args)) as unknown;
      };
    },
  });
  return { state, store: away };
}

/** Two processes on one store: `cut` loses it when the test says so, `other` does not. Their upstream is `answer`. */
function openTwo(answer: (call: UpstreamCall, who: 'cut' | 'other') => ReturnType<typeof obedientHang>) {
  const opened = openStore();
  const { state, store } = withAbsences(opened.store);
  const ofTime = createTestTime();
  onTestFinished(() => ofTime.end());
  const shared = { isShared: true, leaseMs };
  const cut = opened.worker((call) => answer(call, 'cut'), { ...shared, store, time: ofTime });
  const other = opened.worker((call) => answer(call, 'other'), shared);
  return { ...opened, state, cut, other, ofCut: ofTime };
}

test('who can’t renew stops its calls before their leases end, and goes on by itself when it can', async () => {
  const calls: { who: string; at: number; prompt: string }[] = [];
  let stoppedAt = 0;
  const called = Promise.withResolvers<void>();
  const { state, cut, other, ofCut, time, add, final, until } = openTwo(async (call, who) => {
    calls.push({ who, at: ofCut.now(), prompt: call.request.prompt });
    if (who === 'other' || call.request.prompt !== 'first') return result as never;
    call.context.signal.addEventListener('abort', () => (stoppedAt = ofCut.now()));
    called.resolve();
    return await obedientHang(call);
  });
  const id = await add({ prompt: 'first' });
  cut.start();
  await called.promise;
  const at = calls[0]?.at ?? 0;
  state.isAway = true;
  for (let step = 0; step < 12; step += 1) {
    ofCut.pass(leaseMs / 10);
    await new Promise(setImmediate);
  }
  expect(stoppedAt).toBeGreaterThan(at);
  expect(stoppedAt).toBeLessThan(at + leaseMs);
  await expect.poll(cut.runningCount).toBe(0);
  expect((await until(id, () => true)).state).toBe('running');
  other.start();
  time.pass(leaseMs + 1_000);
  const ended = await final(id);
  expect(ended.state).toBe('succeeded');
  expect(ended.attempts).toMatchObject([{ outcome: 'unknown', maybeBilled: true }, { outcome: 'succeeded' }]);
  await other.stop(0);
  state.isAway = false;
  const next = await add({ prompt: 'second' });
  ofCut.pass(2_000);
  expect((await final(next)).state).toBe('succeeded');
  expect(calls.map(({ who }) => who)).toEqual(['cut', 'other', 'cut']);
});

test('who was halted for longer than its lease makes no call for it any more, and hands nothing in', async () => {
  const answers = new Map<string, PromiseWithResolvers<never>>();
  const called: string[] = [];
  const { state, cut, other, ofCut, time, add, final, events } = openTwo(
    async ({ request: { prompt } }, who) => {
      called.push(`${who} ${prompt}`);
      if (who === 'other') return result as never;
      const answer = Promise.withResolvers<never>();
      answers.set(prompt, answer);
      return await answer.promise;
    },
  );
  const ids = [await add({ prompt: 'answered' }), await add({ prompt: 'fails' })];
  cut.start();
  await expect.poll(() => answers.size).toBe(2);
  // Its timers go on here, but whoever is halted does nothing.
  state.isAway = true;
  ofCut.sleep(2 * leaseMs);
  other.start();
  time.pass(leaseMs + 1_000);
  const ends = await Promise.all(ids.map(final));
  state.isAway = false;
  answers.get('answered')?.resolve({ ...result, description: 'late' } as never);
  answers
    .get('fails')
    ?.reject(new TaskError({ type: 'upstream_rate_limited', message: 'No.', retryable: true }));
  await expect.poll(cut.runningCount).toBe(0);
  expect(called.toSorted()).toEqual(['cut answered', 'cut fails', 'other answered', 'other fails']);
  for (const [index, end] of ends.entries()) {
    expect(end).toMatchObject({ state: 'succeeded', result: { description: 'done' } });
    expect(await final(ids[index] ?? '')).toEqual(end);
  }
  const runs = events.filter(({ event }) => event === 'task_run').map(({ fields }) => fields);
  expect(runs.filter((fields) => 'end' in fields && fields.end === 'lease_lost')).toHaveLength(2);
});

test('who was halted calls nobody else when its call has failed meanwhile', async () => {
  const opened = openStore();
  const time = createTestTime();
  onTestFinished(() => time.end());
  const failed = Promise.withResolvers<never>();
  const { state, store } = withAbsences(opened.store);
  const called: string[] = [];
  const upstreamOf = (name: string) =>
    makeUpstream(async () => {
      called.push(name);
      return await failed.promise;
    });
  const worker = opened.worker(() => result, {
    isShared: true,
    leaseMs,
    time,
    store,
    credentials: ['one', 'two'].map((name) => ({
      upstreamName: name,
      label: name,
      upstream: upstreamOf(name),
    })),
  });
  await opened.add();
  worker.start();
  await expect.poll(() => called.length).toBe(1);
  state.isAway = true;
  time.sleep(leaseMs);
  failed.reject(new TaskError({ type: 'upstream_unavailable', message: 'Out of order.', retryable: true }));
  await expect.poll(worker.runningCount).toBe(0);
  expect(called).toHaveLength(1);
});

test('who was halted asks no more after an operation', async () => {
  const opened = openStore();
  const time = createTestTime();
  onTestFinished(() => time.end());
  let polls = 0;
  const poll = async () => {
    polls += 1;
    return { progress: 0.5, pollAfterMs: 100 };
  };
  const operating = makeUpstream(() => ({ operation: { id: 'x' }, warnings: [], pollAfterMs: 1 }), { poll });
  const { state, store } = withAbsences(opened.store);
  const worker = opened.worker(() => result, {
    isShared: true,
    leaseMs,
    time,
    store,
    credentials: [{ label: 'key_1', upstream: operating }],
  });
  await opened.add();
  worker.start();
  await expect.poll(() => polls).toBeGreaterThan(0);
  // Else it would take the task again, and go on under a new lease.
  state.isAway = true;
  time.sleep(leaseMs);
  const before = polls;
  time.pass(1_000);
  await expect.poll(worker.runningCount).toBe(0);
  expect(polls).toBe(before);
});

test('an end that could not be written is written when the store is back before the lease ends', async () => {
  const called = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<never>();
  let calls = 0;
  const { state, cut, ofCut, add, find, final } = openTwo(async () => {
    calls += 1;
    called.resolve();
    return await answer.promise;
  });
  const id = await add();
  cut.start();
  await called.promise;
  state.isAway = true;
  answer.reject(new TaskError({ type: 'content_rejected', message: 'No.', retryable: false }));
  for (let step = 0; step < 3; step += 1) {
    ofCut.pass(1_000);
    await new Promise(setImmediate);
  }
  expect((await find(id)).state).toBe('running');
  state.isAway = false;
  ofCut.pass(1_000);
  expect(await final(id)).toMatchObject({ state: 'error', attempts: [{ outcome: 'failed' }] });
  expect(calls).toBe(1);
});

/** A worker that loses the store when it has loaded the inputs of its task. */
async function openLosing() {
  const loaded = Promise.withResolvers<void>();
  const opened = openStore();
  const time = createTestTime();
  onTestFinished(() => time.end());
  const { state, store } = withAbsences(opened.store);
  const loadInputs = async () => {
    state.isAway = true;
    loaded.resolve();
    return { pictures: [], warnings: [] };
  };
  const called: string[] = [];
  const answer = ({ request: { prompt } }: UpstreamCall) => {
    called.push(prompt);
    return result;
  };
  const worker = opened.worker(answer, { isShared: true, leaseMs, time, store, loadInputs });
  const id = await opened.add({ inputs: 1 });
  worker.start();
  await loaded.promise;
  const passSteps = async (count: number) => {
    for (let step = 0; step < count; step += 1) {
      time.pass(1_000);
      await new Promise(setImmediate);
    }
  };
  const faults = () => opened.events.filter(({ event }) => event === 'task_fault');
  return { ...opened, state, worker, time, id, passSteps, called, faults };
}

test('an attempt that could not be opened is opened when the store is back before the lease ends', async () => {
  const { state, time, id, passSteps, final, faults } = await openLosing();
  await passSteps(3);
  state.isAway = false;
  time.pass(1_000);
  expect(await final(id)).toMatchObject({ triesUsed: 1, attempts: [{ outcome: 'succeeded' }] });
  expect(faults()).toEqual([]);
});

test('a task whose attempt can’t be opened is left to others when its lease may have ended', async () => {
  const { worker, id, passSteps, find, called, events, faults } = await openLosing();
  await passSteps(12);
  await expect.poll(worker.runningCount).toBe(0);
  expect(events.filter(({ event }) => event === 'task_run')).toMatchObject([
    { fields: { end: 'lease_lost' } },
  ]);
  expect(await find(id)).toMatchObject({ state: 'running', attempts: [] });
  expect(called).toEqual([]);
  expect(faults()).toEqual([]);
});

test('an attempt whose opening was committed and not heard of is closed when its task is put back', async () => {
  const opened = openStore();
  let openings = 0;
  const store: TaskStore = {
    ...opened.store,
    async openAttemptIfLeased(lease, call) {
      const attempt = await opened.store.openAttemptIfLeased(lease, call);
      openings += 1;
      if (openings === 1) throw new Error('The answer was lost.');
      return attempt;
    },
  };
  const worker = opened.worker(() => result, { isShared: true, leaseMs, store });
  const id = await opened.add({ inputs: 1 });
  worker.start();
  await opened.until(id, ({ attempts: [first] }) => first !== undefined && first.outcome !== null);
  opened.time.pass(1_000);
  expect((await opened.final(id)).attempts).toMatchObject([
    { outcome: 'interrupted', maybeBilled: false, costMicroUsd: 0 },
    { outcome: 'succeeded' },
  ]);
});

test('a task whose take waited for longer than its lease is begun under a new one, unless another has it', async () => {
  const opened = openStore();
  const time = createTestTime();
  onTestFinished(() => time.end());
  let takenOver = async () => {};
  const store: TaskStore = {
    ...opened.store,
    async takeDue(due) {
      const taken = await opened.store.takeDue(due);
      if (taken.length === 0) return taken;
      time.sleep(leaseMs);
      await takenOver();
      return taken;
    },
  };
  const called: string[] = [];
  const answer = ({ request: { prompt } }: UpstreamCall) => {
    called.push(prompt);
    return result;
  };
  const worker = opened.worker(answer, { isShared: true, leaseMs, time, store });
  const id = await opened.add({ prompt: 'waited' });
  worker.start();
  expect((await opened.final(id)).attempts).toMatchObject([{ outcome: 'succeeded' }]);
  takenOver = async () => {
    const now = time.now();
    await opened.store.claimExpiredLeases({ by: now, now, leaseMs, limit: 9 });
  };
  await opened.add({ prompt: 'lost', deadlineMs: 10 * leaseMs });
  const isLost = () => opened.events.some(({ fields }) => 'end' in fields && fields.end === 'lease_lost');
  await expect.poll(isLost).toBe(true);
  await worker.stop(0);
  expect(called).toEqual(['waited']);
});
