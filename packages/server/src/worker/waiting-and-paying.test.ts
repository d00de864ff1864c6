// The worker and the router together: what waits, what wakes it, and what is paid for, where things go wrong in the middle.

import { expect, test } from 'vitest';
import { databaseAway, TaskError } from '../core/errors.ts';
import { createLocalPartialImages } from '../core/partial-images/partial-images.ts';
import type { Limits } from '../core/upstreams/routes.ts';
import type { Router } from '../core/upstreams/router.ts';
import type { TaskStore } from '../core/tasks/task-store.ts';
import type { Upstream } from '../core/upstreams/upstream.ts';
import { routeTo, routed, setUp } from '../routing/routing.fixture.ts';
import { reserveSlots } from './reserve-slots.ts';
import { type Answer, failWith, makeUpstream, obedientHang, result } from './test-upstream.fixture.ts';
import { type NewTestTask, openStore, type WorkerOptions } from './worker.fixture.ts';

const withoutPictures: Partial<Upstream> = {
  capabilities: () => ({ ratios: 'any', sizes: ['1K'], maxInputs: 0, seed: true }),
};

interface Sketch {
  name: string;
  upstream: Upstream;
  limits?: Limits;
}

type Wrap = (store: TaskStore) => TaskStore;

type BenchOptions = Omit<WorkerOptions, 'store'> & { concurrency?: number; store?: Wrap };

/** A worker over upstreams with limits and models of the test's own. */
function bench(
  upstreams: Sketch[],
  routes: Record<string, string[]>,
  { store: wrap = (store) => store, ...options }: BenchOptions = {},
) {
  const opened = openStore();
  const credentials = upstreams.map(({ name, ...rest }) => ({ upstreamName: name, label: 'key', ...rest }));
  const settings = { ...options, credentials, routes, store: wrap(opened.store) };
  const { router, ...worker } = opened.worker(() => result, settings);
  const add = (model: string, task: Omit<NewTestTask, 'model'> = {}) => opened.add({ model, ...task });
  return { ...opened, router, worker, add };
}

/** Runs the test's scenario and stops the worker whatever comes out. */
async function running<T>(
  worker: { start(): void; stop(graceMs: number): Promise<void> },
  work: () => Promise<T>,
) {
  worker.start();
  try {
    return await work();
  } finally {
    await worker.stop(0);
  }
}

test('a model with a long queue does not starve one that shares its slots: owners take turns', () => {
  const { router } = setUp([routed('one', { limits: { concurrency: 1 } })], {
    routes: { a: [routeTo('one')], b: [routeTo('one')] },
  });
  const served: string[] = [];
  for (let round = 0; round < 5; round += 1) {
    const pending = [
      { model: 'a', inputs: 0, dueAt: 50, ownerId: 'own_a', turn: round, weight: 1 },
      { model: 'b', inputs: 0, dueAt: 100, ownerId: 'own_b', turn: 1, weight: 1 },
    ];
    const slots = reserveSlots({ router, pending, capacity: 1, now: 1_000 });
    for (const need of slots.needs) {
      served.push(need.model);
      slots.slotFor(need)?.release({ kind: 'succeeded', pictures: 1 });
    }
    slots.releaseUnused();
  }
  expect(served).toEqual(['a', 'a', 'b', 'b', 'b']);
});

test('an owner with many needs has one share of the slots, and another with one need the other', () => {
  const models = ['a', 'b', 'c', 'd'];
  const { router } = setUp([routed('one', { limits: { concurrency: 8 } })], {
    routes: Object.fromEntries(models.map((model) => [model, [routeTo('one')]])),
  });
  const pending = models.map((model) => {
    const ownerId = model === 'd' ? 'own_b' : 'own_a';
    return { model, inputs: 0, dueAt: 0, ownerId, turn: 0, weight: 1 };
  });
  const slots = reserveSlots({ router, pending, capacity: 8, now: 1 });
  expect(slots.needs.find(({ model }) => model === 'd')?.limit).toBe(4);
  slots.releaseUnused();
});

test('slots that were set aside for a need in vain are given to others at once', () => {
  const { router } = setUp([routed('one')], { routes: { a: [routeTo('one')], b: [routeTo('one')] } });
  const need = { inputs: 0, dueAt: 0, weight: 1 };
  const pending = [
    { ...need, model: 'a', ownerId: 'own_a', turn: 0 },
    { ...need, model: 'b', ownerId: 'own_b', turn: 9 },
  ];
  const slots = reserveSlots({ router, pending, capacity: 4, now: 1 });
  expect(slots.needs.map(({ model }) => model)).toEqual(['a']);
  expect(slots.mayTakeMore()).toBe(true);
  slots.releaseUnused();
});

test('a slot that opens between the two questions is looked at again', () => {
  const router: Router = {
    acquire: () => null,
    resume: () => null,
    availability: () => ({ kind: 'open' }),
    onOpened: () => () => {},
  };
  const slots = reserveSlots({
    router,
    pending: [{ model: 'a', inputs: 0, dueAt: 0, ownerId: 'own_a', turn: 0, weight: 1 }],
    capacity: 1,
    now: 1_000,
  });
  expect(slots.nextAt).toBeLessThan(Infinity);
});

test('an operation that is being cancelled holds its slot, and when that comes free the queue goes on', async () => {
  let starts = 0;
  const polled = Promise.withResolvers<void>();
  const dropped = Promise.withResolvers<void>();
  const upstream = makeUpstream(
    () => ({ operation: { id: `job-${(starts += 1)}` }, warnings: [], pollAfterMs: 100 }),
    {
      async poll({ id }) {
        polled.resolve();
        return id === 'job-1' ? { pollAfterMs: 100 } : result;
      },
      cancel: () => dropped.promise,
    },
  );
  const { worker, add, find, final, time, sweeps } = bench(
    [{ name: 'one', upstream, limits: { concurrency: 1 } }],
    {
      m: ['one'],
    },
  );
  await running(worker, async () => {
    const first = await add('m', { deadlineMs: 30_000 });
    await polled.promise;
    time.pass(30_000);
    expect(await final(first)).toMatchObject({ state: 'error', failure: { type: 'deadline_exceeded' } });
    const second = await add('m');
    await sweeps(1);
    expect(await find(second)).toMatchObject({ state: 'pending', triesUsed: 0 });
    dropped.resolve();
    expect((await final(second)).state).toBe('succeeded');
  });
});

test('a task that goes on elsewhere leaves its first slot to others at once', async () => {
  const one = makeUpstream(async () => failWith({}));
  let onOne = 0;
  const first = { ...one, start: async () => ((onOne += 1) === 1 ? failWith({}) : result) } as Upstream;
  const two = makeUpstream(obedientHang);
  const { worker, add, leftPending } = bench(
    [
      { name: 'one', upstream: first, limits: { concurrency: 1 } },
      { name: 'two', upstream: two },
    ],
    { a: ['one', 'two'], b: ['one'] },
    { concurrency: 4 },
  );
  // Both are there before the worker looks, so that b is found waiting for the slot that a has.
  await add('a');
  const waiting = await add('b');
  await running(worker, async () => {
    expect((await leftPending(waiting)).state).not.toBe('pending');
  });
});

test('a slot is given back when the store refuses the write between two calls', async () => {
  const two = makeUpstream(() => result);
  const { worker, router, add, log } = bench(
    [
      { name: 'one', upstream: makeUpstream(() => failWith({})) },
      { name: 'two', upstream: two, limits: { concurrency: 1 } },
    ],
    { m: ['one', 'two'] },
    {
      store: (store) => {
        let refusals = 0;
        return {
          ...store,
          closeAttemptIfLeased: (...args) =>
            (refusals += 1) === 1
              ? Promise.reject(new Error('disk full'))
              : store.closeAttemptIfLeased(...args),
        };
      },
    },
  );
  await running(worker, async () => {
    await add('m');
    await expect
      .poll(() => log.some(({ event }) => event === 'task_write_failed'), { timeout: 2_000 })
      .toBe(true);
    expect(router.snapshot().find(({ name }) => name === 'two')?.in_flight).toBe(0);
  });
});

test('how a call failed is written when the database is back, and told of by nobody meanwhile', async () => {
  const opened = openStore();
  let refusals = 0;
  const store: TaskStore = {
    ...opened.store,
    async finishIfLeased(...args) {
      refusals += 1;
      if (refusals <= 2) throw databaseAway();
      return await opened.store.finishIfLeased(...args);
    },
  };
  let calls = 0;
  const worker = opened.worker(
    () => {
      calls += 1;
      throw new TaskError({ type: 'content_rejected', message: 'It is refused.', retryable: false });
    },
    { store },
  );
  const id = await opened.add();
  worker.start();
  for (const refused of [1, 2]) {
    await expect.poll(() => refusals).toBe(refused);
    opened.time.pass(1_000);
  }
  await expect.poll(async () => (await opened.store.find(id))?.failure?.type).toBe('content_rejected');
  expect(calls).toBe(1);
  expect(opened.log.filter(({ event }) => /fault|write_failed/.test(event))).toEqual([]);
});

test('an operation under way is followed although the requests of its day are used up', async () => {
  const upstream = makeUpstream(() => failWith({}), { poll: async () => result });
  const opened = bench(
    [{ name: 'one', upstream, limits: { dailyRequests: 1 } }],
    { m: ['one'] },
    {
      usedToday: [{ upstream: 'one', credential: 'key', count: 1 }],
    },
  );
  const { store, worker, add, final } = opened;
  const id = await add('m');
  const [taken] = await store.takeDue({
    needs: [{ model: 'm', inputs: 0, limit: 1 }],
    now: Date.now(),
    leaseMs: 1,
  });
  if (taken === undefined) throw new Error('nothing was taken');
  const call = { upstream: 'one', upstreamModel: 'one-1', credential: 'key', at: Date.now() };
  await store.openAttemptIfLeased(taken.lease, call);
  await store.saveOperationIfLeased(taken.lease, { operation: { id: 'job' }, warnings: [] });
  await worker.rescueAll();
  await running(worker, async () => {
    expect(await final(id)).toMatchObject({ state: 'succeeded' });
  });
});

test('the delay that one upstream asks for does not end a task that another only has no room for now', async () => {
  let release = () => {};
  const gate = new Promise<void>((resolve) => (release = resolve));
  let busy = 0;
  const { worker, add, until, leftPending, final, time } = bench(
    [
      {
        name: 'one',
        upstream: makeUpstream(() => failWith({ type: 'upstream_rate_limited', retryAfterMs: 3_600_000 })),
      },
      {
        name: 'two',
        limits: { concurrency: 1 },
        upstream: makeUpstream(async () => {
          if ((busy += 1) === 1) await gate;
          return result;
        }),
      },
    ],
    { a: ['one', 'two'], b: ['two'] },
  );
  await running(worker, async () => {
    await leftPending(await add('b'));
    const id = await add('a');
    await until(id, ({ state, attempts }) => state === 'pending' && attempts.length === 1);
    release();
    time.pass(1_000);
    expect(await final(id)).toMatchObject({ state: 'succeeded' });
  });
});

test('a task ends at once when the only upstream there is does not know the model', async () => {
  const failure = { type: 'upstream_bad_request', retryable: false, modelUnknown: true } as const;
  const { worker, add, final } = bench([{ name: 'one', upstream: makeUpstream(() => failWith(failure)) }], {
    m: ['one'],
  });
  await running(worker, async () => {
    const id = await add('m', { deadlineMs: 900_000 });
    expect(await final(id)).toMatchObject({ state: 'error' });
  });
});

test('tasks past their deadline do not keep a free slot from those of another model', async () => {
  const upstream = makeUpstream(() => result);
  const { worker, add, leftPending, until, time } = bench(
    [{ name: 'one', upstream, limits: { concurrency: 1 } }],
    {
      a: ['one'],
      b: ['one'],
    },
  );
  const late = await add('a', { deadlineMs: 1 });
  const waiting = await add('b');
  time.pass(1_000);
  await running(worker, async () => {
    await until(late, ({ state }) => state === 'error');
    expect((await leftPending(waiting)).state).not.toBe('pending');
  });
});

/** An upstream that counts its operations, and a store that refuses the names of the first ones so often. */
function benchWithRefusedNames(refusals: number) {
  const seen = { starts: 0, refused: 0, cancelled: [] as (string | undefined)[] };
  const upstream = makeUpstream(
    () => ({ operation: { id: `job-${(seen.starts += 1)}` }, warnings: [], pollAfterMs: 100 }),
    {
      poll: async () => result,
      cancel: async ({ id }) => void seen.cancelled.push(id),
    },
  );
  const wrap: Wrap = (store) => ({
    ...store,
    saveOperationIfLeased(...args) {
      if (seen.refused >= refusals) return store.saveOperationIfLeased(...args);
      seen.refused += 1;
      return Promise.reject(new Error('disk full'));
    },
  });
  return { seen, ...bench([{ name: 'one', upstream }], { m: ['one'] }, { store: wrap }) };
}

test('an operation whose name could not be stored at first is followed, and not bought a second time', async () => {
  const { seen, worker, add, final, log, time } = benchWithRefusedNames(2);
  await running(worker, async () => {
    const id = await add('m');
    await expect.poll(() => log.some(({ event }) => event === 'task_fault')).toBe(true);
    time.pass(1_000);
    await expect.poll(() => seen.refused).toBe(2);
    time.pass(1_000);
    expect(await final(id)).toMatchObject({ state: 'succeeded', attempts: { length: 1 } });
    expect(seen).toEqual({ starts: 1, refused: 2, cancelled: [] });
  });
});

test('an operation whose name could never be stored is dropped at the deadline, and not bought a second time', async () => {
  const { seen, worker, add, final, time } = benchWithRefusedNames(Infinity);
  await running(worker, async () => {
    const id = await add('m');
    await expect.poll(() => seen.refused).toBe(1);
    time.pass(60_000);
    expect(await final(id)).toMatchObject({
      failure: { type: 'deadline_exceeded' },
      attempts: [{ maybeBilled: true }],
    });
    await expect.poll(() => seen.cancelled).toEqual(['job-1']);
    expect(seen.starts).toBe(1);
  });
});

test('a task with pictures waits for the upstream that takes them without being taken in vain', async () => {
  const { worker, store, add, until, changes, looks, sweeps } = bench(
    [
      { name: 'text', upstream: makeUpstream(() => result, withoutPictures) },
      { name: 'edits', upstream: makeUpstream(obedientHang), limits: { concurrency: 1 } },
    ],
    { m: ['text', 'edits'] },
    { baseDelayMs: 1 },
  );
  await running(worker, async () => {
    await until(await add('m', { inputs: 1 }), ({ attempts }) => attempts.length === 1);
    const second = await add('m', { inputs: 1 });
    let told = 0;
    changes.listen(({ taskId, state }) => void (taskId === second && state === 'running' && (told += 1)));
    const before = looks.length;
    await sweeps(4);
    await expect.poll(() => looks.length).toBeGreaterThan(before + 3);
    expect(looks.slice(before).every((taken) => taken === 0)).toBe(true);
    expect((await store.find(second))?.triesUsed).toBe(0);
    expect(told).toBe(0);
  });
});

test('an operation whose pictures could not be stored yet is kept for the next server at a stop', async () => {
  const upstream = makeUpstream(() => ({ operation: { id: 'job' }, warnings: [], pollAfterMs: 100 }), {
    async poll() {
      disk.full = true;
      return result;
    },
  });
  const { worker, add, find, disk, log } = bench([{ name: 'one', upstream }], { m: ['one'] });
  worker.start();
  const id = await add('m');
  await expect.poll(() => log.some(({ event }) => event === 'task_fault')).toBe(true);
  await worker.stop(0);
  expect(await find(id)).toMatchObject({ state: 'pending', attempts: [{ outcome: null }] });
});

test('a call that was never made is not recorded as perhaps billed', async () => {
  let starts = 0;
  const upstream = makeUpstream(() => {
    starts += 1;
    return result;
  });
  const taking = Promise.withResolvers<void>();
  const taken = Promise.withResolvers<void>();
  const { worker, add, final, time } = bench(
    [{ name: 'one', upstream }],
    { m: ['one'] },
    {
      store: (store) => ({
        ...store,
        async takeDue(due) {
          const leased = await store.takeDue(due);
          taking.resolve();
          await taken.promise;
          return leased;
        },
      }),
    },
  );
  await running(worker, async () => {
    const id = await add('m', { deadlineMs: 5_000 });
    await taking.promise;
    time.pass(5_000);
    taken.resolve();
    const task = await final(id);
    expect(starts).toBe(0);
    expect(task.attempts[0]).toMatchObject({ maybeBilled: false });
  });
});

test('what an upstream said that a call cost is kept when its pictures can not be used', async () => {
  const upstream = makeUpstream(() => ({
    ...result,
    pictures: [Buffer.from('no picture')],
    costMicroUsd: 39_000,
  }));
  const { worker, add, final } = bench([{ name: 'one', upstream }], { m: ['one'] });
  await running(worker, async () => {
    const task = await final(await add('m'));
    expect(task.attempts[0]).toMatchObject({ failure: { type: 'no_image' }, costMicroUsd: 39_000 });
  });
});

test('a slot of the day that is set aside and may be given back ends no other task', async () => {
  const looked = Promise.withResolvers<void>();
  const { worker, add, find, leftPending, sweeps, final } = bench(
    [{ name: 'one', upstream: makeUpstream(() => result), limits: { dailyRequests: 1 } }],
    { m: ['one'] },
    {
      async loadInputs(inputs) {
        if (inputs.length === 0) return { pictures: [], warnings: [] };
        await looked.promise;
        throw new TaskError({ type: 'input_unreachable', message: 'Not there.', retryable: false });
      },
    },
  );
  await running(worker, async () => {
    await leftPending(await add('m', { inputs: 1 }));
    const second = await add('m');
    await sweeps(1);
    expect(await find(second)).toMatchObject({ state: 'pending', attempts: [] });
    looked.resolve();
    expect(await final(second)).toMatchObject({ state: 'succeeded' });
  });
});

test('a wait for a slot ends when the operator resumes the upstream', async () => {
  let calls = 0;
  const upstream = makeUpstream(() =>
    (calls += 1) === 1 ? failWith({ type: 'upstream_rate_limited', retryAfterMs: 1_800_000 }) : result,
  );
  const { worker, router, add, until, final } = bench([{ name: 'one', upstream }], { m: ['one'] });
  await running(worker, async () => {
    const id = await add('m', { deadlineMs: 3_600_000 });
    await until(id, ({ state, attempts }) => state === 'pending' && attempts.length === 1);
    router.unpause('one');
    expect(await final(id)).toMatchObject({ state: 'succeeded' });
  });
});

test('a task with pictures that can not be served before its deadline ends at once', async () => {
  const quota = { type: 'upstream_quota', retryable: false } as const;
  const { worker, add, final } = bench(
    [
      { name: 'text', upstream: makeUpstream(() => result, withoutPictures) },
      { name: 'edits', upstream: makeUpstream(() => failWith(quota)) },
    ],
    { m: ['text', 'edits'] },
  );
  await running(worker, async () => {
    await final(await add('m', { inputs: 1 }));
    const second = await final(await add('m', { inputs: 1, deadlineMs: 20_000 }));
    expect(second).toMatchObject({ state: 'error', failure: { type: 'upstream_quota' } });
    expect(second.finishedAt ?? Infinity).toBeLessThan(second.deadlineAt);
  });
});

test('the pictures of a task are loaded once, however many upstreams it is sent to', async () => {
  let loads = 0;
  const { worker, add, final } = bench(
    [
      { name: 'one', upstream: makeUpstream(() => failWith({})) },
      { name: 'two', upstream: makeUpstream(() => failWith({})) },
      { name: 'three', upstream: makeUpstream(() => result) },
    ],
    { m: ['one', 'two', 'three'] },
    {
      async loadInputs() {
        loads += 1;
        return { pictures: [], warnings: [] };
      },
    },
  );
  await running(worker, async () => {
    expect((await final(await add('m', { inputs: 1 }))).attempts).toHaveLength(3);
    expect(loads).toBe(1);
  });
});

test.each<[string, Answer]>([
  ['a picture', () => result],
  ['an operation', () => ({ operation: { id: 'job-1' }, warnings: [], pollAfterMs: 0 })],
])('%s that was paid for does not wait for partial images to be inspected', async (_what, answer) => {
  const partialImages = createLocalPartialImages();
  const inspection = Promise.withResolvers<never>();
  const inspected: Uint8Array[] = [];
  const inspectPartialImage = (bytes: Uint8Array) => {
    inspected.push(bytes);
    return inspection.promise;
  };
  const upstream = makeUpstream(
    async (call) => {
      for (const index of [0, 1, 2]) call.context.onPartialImage?.({ index, bytes: new Uint8Array([index]) });
      await Promise.resolve();
      return answer(call);
    },
    {
      capabilities: () => ({ ratios: 'any', sizes: ['1K'], maxInputs: 0, seed: true, partialImages: true }),
      poll: async () => result,
    },
  );
  const { worker, add, final } = bench(
    [{ name: 'one', upstream }],
    { m: ['one'] },
    { partialImages, inspectPartialImage },
  );
  const id = await add('m', { partialImages: 3, deadlineMs: 3_000 });
  partialImages.follow(id, () => {});
  await running(worker, async () => {
    expect(await final(id)).toMatchObject({ state: 'succeeded', attempts: [{ outcome: 'succeeded' }] });
    inspection.reject(new Error('no picture'));
    await new Promise((resolve) => setImmediate(resolve));
    expect(inspected).toEqual([new Uint8Array([0])]);
  });
});
