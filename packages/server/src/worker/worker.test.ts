import { describe, expect, test } from 'vitest';
import type { TaskStore } from '../core/tasks/task-store.ts';
import type { UpstreamResult } from '../core/upstreams/upstream.ts';
import { rescueExpired } from './sweep.ts';
import {
  deafHang,
  failWith,
  makeUpstream,
  obedientHang,
  result,
  type UpstreamCall,
} from './test-upstream.fixture.ts';
import { openStore } from './worker.fixture.ts';

/** Lets everything that is due in this turn of the loop, and the next ones, happen. */
const turns = async (count = 5) => {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};

describe('a worker', () => {
  test('never runs more tasks than it may, and runs them all, oldest first', async () => {
    const { worker, add, final } = openStore();
    const ids: string[] = [];
    for (let number = 0; number < 12; number += 1) ids.push(await add({ prompt: String(number) }));
    const order: string[] = [];
    let running = 0;
    let most = 0;
    worker(
      async ({ request }) => {
        order.push(request.prompt);
        most = Math.max(most, (running += 1));
        await turns();
        running -= 1;
        return result;
      },
      { concurrency: 3 },
    ).start();
    const tasks = await Promise.all(ids.map((id) => final(id)));
    expect(tasks.every(({ state }) => state === 'succeeded')).toBe(true);
    expect(most).toBe(3);
    expect(order.slice(0, 3).toSorted()).toEqual(['0', '1', '2']);
    expect(order.toSorted()).toHaveLength(12);
  });

  test('hears of a task at whatever moment of its own look at the queue it arrives', async () => {
    const { worker, store, changes } = openStore();
    for (let ticks = 0; ticks < 12; ticks += 1) {
      let looks = 0;
      const takeDue: TaskStore['takeDue'] = async () => {
        looks += 1;
        // Told so many ticks after the answer of the first look.
        if (looks === 1) {
          void (async () => {
            for (let tick = 0; tick < ticks; tick += 1) await Promise.resolve();
            changes.notify([{ taskId: 'x', keyId: 'key', state: 'pending' }]);
          })();
        }
        return [];
      };
      const needs = [{ model: 'nano-banana', inputs: 0, dueAt: 0, ownerId: 'a', turn: 0, weight: 1 }];
      const pendingWork = async () => ({ needs, hasOperations: false });
      worker(() => result, { store: { ...store, pendingWork, takeDue } }).start();
      await turns();
      expect(looks, `told after ${ticks} ticks`).toBe(2);
    }
  });

  test('opens the attempt with the take, and makes the call with the credential that it names', async () => {
    const { worker, store, add, final } = openStore();
    const calledWith = new Map<string, string>();
    const credentials = ['key_1', 'key_2', 'key_3'].map((label) => ({
      label,
      upstream: makeUpstream(({ request }) => {
        calledWith.set(request.prompt, label);
        return result;
      }),
    }));
    const openAttemptIfLeased = () => Promise.reject(new Error('opened by a write of its own'));
    const ids = [];
    for (const prompt of ['a', 'b', 'c', 'd', 'e', 'f']) ids.push(await add({ prompt }));
    worker(() => result, { credentials, concurrency: 6, store: { ...store, openAttemptIfLeased } }).start();
    for (const id of ids) {
      const { attempts, request } = await final(id);
      expect(attempts).toMatchObject([{ outcome: 'succeeded', credential: calledWith.get(request.prompt) }]);
    }
    expect(new Set(calledWith.values()).size).toBe(3);
  });

  test('goes on after the store has refused a look at the queue', async () => {
    const { worker, store, add, final, log, time } = openStore();
    let refusals = 0;
    const takeDue: TaskStore['takeDue'] = (due) =>
      refusals++ === 0 ? Promise.reject(new Error('no')) : store.takeDue(due);
    worker(() => result, { store: { ...store, takeDue } }).start();
    const id = await add();
    await expect.poll(() => log.map(({ event }) => event)).toContain('take_failed');
    time.pass(1_000);
    expect((await final(id)).state).toBe('succeeded');
    expect(log).toContainEqual({ event: 'take_failed', fields: { error: 'Error: no' } });
  });

  test('keeps a task whose lease it could not renew for want of room, while smaller writes find some', async () => {
    const { worker, store, add, final, time, sweeps } = openStore();
    const called = Promise.withResolvers<void>();
    const answered = Promise.withResolvers<UpstreamResult>();
    const refusing: TaskStore = {
      ...store,
      renewLeases: () => Promise.reject(new Error('The disk is full.')),
    };
    const call = () => {
      called.resolve();
      return answered.promise;
    };
    worker(call, { store: refusing, leaseMs: 3_000 }).start();
    const id = await add();
    await called.promise;
    time.pass(3_000);
    await sweeps(2);
    answered.resolve(result);
    expect((await final(id)).attempts).toMatchObject([{ outcome: 'succeeded' }]);
  });

  test('keeps a task that takes many times as long as its lease', async () => {
    const { worker, add, final, until, sweeps } = openStore();
    const answered = Promise.withResolvers<UpstreamResult>();
    worker(() => answered.promise, { leaseMs: 2_000 }).start();
    const id = await add();
    await until(id, ({ attempts }) => attempts.length === 1);
    await sweeps(10);
    answered.resolve(result);
    expect((await final(id)).attempts).toMatchObject([{ outcome: 'succeeded' }]);
  });
});

describe('a stop before the call', () => {
  test('hands the task back with an attempt that cost nothing', async () => {
    const { worker, add, find, until } = openStore();
    const made = worker(() => result, { loadInputs: deafHang });
    made.start();
    const id = await add();
    await until(id, ({ attempts }) => attempts.length === 1);
    await made.stop(0);
    expect(await find(id)).toMatchObject({
      state: 'pending',
      triesUsed: 0,
      attempts: [{ outcome: 'interrupted', maybeBilled: false, costMicroUsd: 0 }],
    });
  });
});

describe('a lease that is lost', () => {
  test('stops the call, and its result is dropped: nothing is written twice', async () => {
    const { worker, add, find, until, final, log } = openStore();
    const first = Promise.withResolvers<typeof result>();
    const aborted = Promise.withResolvers<unknown>();
    const made = worker(({ context: { signal, attempt } }) => {
      if (attempt > 1) return { ...result, description: 'second' };
      signal.addEventListener('abort', () => aborted.resolve(signal.reason));
      return first.promise;
    });
    made.start();
    const id = await add();
    await until(id, ({ attempts }) => attempts.length === 1);
    expect(await rescueExpired(made.dependencies, Number.MAX_SAFE_INTEGER)).toBe(1);
    const task = await final(id);
    expect(await aborted.promise).toMatchObject({ kind: 'lease_lost' });
    first.resolve({ ...result, description: 'first' });
    await expect.poll(() => made.runningCount()).toBe(0);
    await turns();
    expect(await find(id)).toEqual(task);
    expect(task.result?.description).toBe('second');
    expect(task.attempts.map(({ outcome }) => outcome)).toEqual(['unknown', 'succeeded']);
    expect(log).toContainEqual({ event: 'task_run', fields: expect.objectContaining({ end: 'lease_lost' }) });
  });

  test('leaves the next run of the same task in the same worker its own: renewed, counted, waited for', async () => {
    const { worker, add, until, final, find, sweeps } = openStore();
    const calls: UpstreamCall[] = [];
    const second = Promise.withResolvers<typeof result>();
    const made = worker(
      (call) => {
        calls.push(call);
        return call.context.attempt === 1 ? deafHang() : second.promise;
      },
      { leaseMs: 2_000 },
    );
    made.start();
    const id = await add();
    await until(id, ({ attempts }) => attempts.length === 1);
    await rescueExpired(made.dependencies, Number.MAX_SAFE_INTEGER);
    await until(id, ({ attempts }) => attempts.length === 2);
    await expect.poll(() => calls[0]?.context.signal.aborted).toBe(true);
    // Longer than a lease: a run that nobody renews would be rescued by now.
    await sweeps(4);
    expect(made.runningCount()).toBe(1);
    expect((await find(id)).attempts).toHaveLength(2);
    second.resolve(result);
    expect((await final(id)).state).toBe('succeeded');
  });
});

const due = (limit: number) => ({
  needs: [{ model: 'nano-banana', inputs: 0, limit }],
  now: Date.now(),
  leaseMs: 1,
});

describe('the sweep', () => {
  test('rescues what a dead worker left, whether or not a call was under way', async () => {
    const { worker, store, add, final } = openStore();
    const ids = [await add(), await add()];
    const [called] = await store.takeDue(due(2));
    if (called === undefined) throw new Error('nothing was taken');
    await store.openAttemptIfLeased(called.lease, {
      upstream: 'test',
      upstreamModel: 'test-1',
      credential: 'key_1',
      at: Date.now(),
    });
    worker(() => result).start();
    const tasks = await Promise.all(ids.map((id) => final(id)));
    const outcomes = tasks.map((task) =>
      task.attempts.map(({ outcome, maybeBilled }) => [outcome, maybeBilled]),
    );
    const unknown = ids.indexOf(called.task.id);
    expect(outcomes[unknown]).toEqual([
      ['unknown', true],
      ['succeeded', false],
    ]);
    expect(outcomes[1 - unknown]).toEqual([['succeeded', false]]);
  });

  test('ends what a dead worker left when it was the last try', async () => {
    const { worker, store, add, find } = openStore();
    const id = await add();
    const [taken] = await store.takeDue(due(1));
    await store.openAttemptIfLeased(taken?.lease ?? { taskId: '', token: '' }, {
      upstream: 'u',
      upstreamModel: 'm',
      credential: 'key_1',
      at: 1,
    });
    expect(await worker(() => result, { maxTries: 1 }).rescueAll()).toBe(1);
    expect(await find(id)).toMatchObject({
      state: 'error',
      failure: { type: 'internal' },
      attempts: [{ outcome: 'unknown', maybeBilled: true }],
    });
  });

  test('after the machine slept, leaves alone what this worker itself still runs', async () => {
    const { worker, time, store, add, until, final } = openStore();
    const answer = Promise.withResolvers<typeof result>();
    worker(() => answer.promise, { leaseMs: 6_000 }).start();
    const id = await add();
    await until(id, ({ attempts }) => attempts.length === 1);
    const swept = Promise.withResolvers<void>();
    const { claimPastDeadline } = store;
    store.claimPastDeadline = (...args) => {
      swept.resolve();
      return claimPastDeadline(...args);
    };
    time.sleep(10_000);
    await swept.promise;
    answer.resolve(result);
    expect((await final(id)).attempts.map(({ outcome }) => outcome)).toEqual(['succeeded']);
  });
});

describe('a stop', () => {
  test('takes nothing more, lets what runs finish within the grace, and may be asked for twice', async () => {
    const { worker, add, until, find } = openStore();
    const answer = Promise.withResolvers<typeof result>();
    const made = worker(() => answer.promise, { concurrency: 1 });
    made.start();
    const [running, waiting] = [await add(), await add()];
    await until(running, ({ attempts }) => attempts.length === 1);
    const stopped = Promise.all([made.stop(10_000), made.stop(10_000)]);
    answer.resolve(result);
    await stopped;
    expect((await find(running)).state).toBe('succeeded');
    expect(await find(waiting)).toMatchObject({ state: 'pending', triesUsed: 0 });
  });

  test.each([
    ['obeys its signal', obedientHang],
    ['ignores its signal', deafHang],
  ])(
    'hands back what outlasts the grace, to be taken first and with no try lost, when the upstream %s',
    async (_, hang) => {
      const { worker, store, add, until, find } = openStore();
      const made = worker(hang, { concurrency: 1 });
      made.start();
      const [running, waiting] = [await add(), await add()];
      await until(running, ({ attempts }) => attempts.length === 1);
      await made.stop(0);
      expect(await find(running)).toMatchObject({
        state: 'pending',
        triesUsed: 0,
        attempts: [{ outcome: 'interrupted', maybeBilled: true }],
      });
      expect((await find(waiting)).state).toBe('pending');
      const taken = await store.takeDue(due(1));
      expect(taken.map(({ task }) => task.id)).toEqual([running]);
    },
  );
});

test('no line of the log, and no event, holds a key, a prompt or a picture, whichever way a task ends', async () => {
  const { worker, add, final, log, events } = openStore();
  const secrets = ['AIzaSyPLANTEDplantedPLANTED', 'a very private prompt', 'iVBORw0KGgo'.repeat(20)];
  const planted = secrets.join(' ');
  const ends = [
    () => result,
    () => failWith({ message: planted, upstreamReason: planted, retryable: false }),
    () => failWith({ message: planted, maybeBilled: true }),
    () => ({ ...result, pictures: [Buffer.from(planted)], description: planted, warnings: [planted] }),
    obedientHang,
  ];
  const ids: string[] = [];
  for (const [number] of ends.entries())
    ids.push(await add({ prompt: `${number} ${planted}`, deadlineMs: 700 }));
  worker((call) => (ends[Number(call.request.prompt.split(' ', 1)[0])] ?? obedientHang)(call), {
    concurrency: 10,
  }).start();
  await Promise.all(ids.map((id) => final(id)));
  await turns();
  expect(log.length).toBeGreaterThanOrEqual(ends.length);
  for (const secret of secrets) expect(JSON.stringify(log)).not.toContain(secret);
  for (const secret of secrets) expect(JSON.stringify(events)).not.toContain(secret);
});
