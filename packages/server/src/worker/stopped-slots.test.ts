import { expect, test } from 'vitest';
import { createCancelTask } from '../core/commands/cancel-task.ts';
import { TaskError } from '../core/errors.ts';
import type { StartedOperation } from '../core/upstreams/upstream.ts';
import { makeUpstream, result } from './test-upstream.fixture.ts';
import { openStore } from './worker.fixture.ts';
import { createWorker, type WorkerDependencies } from './worker.ts';

const started: StartedOperation = { operation: { id: 'op' }, warnings: [], pollAfterMs: 1 };

/**
 * An upstream that takes one call at a time, and two tasks for it: the first is started by `start`, polled by `poll` and cancelled when the
 * test says so, and the second waits for its slot. A cancel of an operation is answered when the test says so.
 */
function openWithOneSlot({
  start = () => started,
  poll = async () => ({ pollAfterMs: 1 }),
  ...replaced
}: {
  start?: () => StartedOperation | Promise<StartedOperation>;
  poll?: () => Promise<{ pollAfterMs: number }>;
} & Pick<Partial<WorkerDependencies>, 'storeUnreadAnswer'> = {}) {
  const opened = openStore();
  const { looks, add } = opened;
  const [called, cancelled, answered] = [0, 1, 2].map(() => Promise.withResolvers<void>());
  const answers = [start, () => result];
  const upstream = makeUpstream(
    () => {
      called?.resolve();
      return answers.shift()?.() ?? result;
    },
    {
      poll,
      cancel: async () => {
        cancelled?.resolve();
        await answered?.promise;
      },
    },
  );
  const { dependencies } = opened.worker(() => result, {
    credentials: [{ label: 'key_1', upstream, limits: { concurrency: 1 } }],
  });
  const worker = createWorker(
    { ...dependencies, ...replaced },
    { concurrency: 4, leaseMs: 60_000, isShared: false },
  );

  /** Has the worker look at the queue once more, and gives how many tasks all its looks have taken. */
  async function takenSoFar(): Promise<number> {
    const before = looks.length;
    await add();
    await expect.poll(() => looks.length).toBeGreaterThan(before);
    return looks.reduce((sum, taken) => sum + taken, 0);
  }

  return {
    ...opened,
    worker,
    cancel: createCancelTask(dependencies),
    takenSoFar,
    called: called?.promise,
    cancelled: cancelled?.promise,
    answerCancel: () => answered?.resolve(),
  };
}

test('the slot of a cancelled operation is free when the upstream has answered the cancel, and no sooner', async () => {
  const words = Promise.withResolvers<void>();
  const failed = Promise.withResolvers<void>();
  const storing = Promise.withResolvers<void>();
  const json = { links: [] };
  const answer = { status: null, headers: {}, bytes: Buffer.from(JSON.stringify(json)), json };
  const opened = openWithOneSlot({
    poll: async () => {
      failed.resolve();
      throw new TaskError(
        { type: 'upstream_unavailable', message: 'Out of order.', retryable: true },
        { answer },
      );
    },
    storeUnreadAnswer: async () => {
      storing.resolve();
      await words.promise;
    },
  });
  const { worker, add, final, cancel, cancelled, takenSoFar, answerCancel } = opened;
  worker.start();
  const [first, second] = [await add(), await add()];
  await failed.promise;
  expect(await cancel(first, 'key')).toBe('requested');
  await storing.promise;
  expect(await takenSoFar()).toBe(1);
  words.resolve();
  await cancelled;
  expect((await final(first)).failure?.type).toBe('cancelled');
  expect(await takenSoFar()).toBe(1);
  answerCancel();
  expect((await final(second)).state).toBe('succeeded');
  await worker.stop(0);
});

test('the slot of a cancelled call that goes on is free when it is over, and an operation that it started is cancelled', async () => {
  const late = Promise.withResolvers<StartedOperation>();
  const opened = openWithOneSlot({ start: () => late.promise });
  const { worker, add, final, cancel, called, cancelled, takenSoFar, answerCancel } = opened;
  worker.start();
  const [first, second] = [await add(), await add()];
  await called;
  expect(await cancel(first, 'key')).toBe('requested');
  expect((await final(first)).failure?.type).toBe('cancelled');
  expect(await takenSoFar()).toBe(1);
  late.resolve(started);
  await cancelled;
  expect(await takenSoFar()).toBe(1);
  answerCancel();
  expect((await final(second)).state).toBe('succeeded');
  await worker.stop(0);
});

test('a call that was broken off and never ends, and a cancel that is never answered, keep the slot for 20 s', async () => {
  for (const start of [() => new Promise<StartedOperation>(() => {}), () => started]) {
    const { worker, add, final, cancel, called, time, takenSoFar } = openWithOneSlot({ start });
    worker.start();
    const [first, second] = [await add(), await add()];
    await called;
    expect(await cancel(first, 'key')).toBe('requested');
    expect((await final(first)).failure?.type).toBe('cancelled');
    time.pass(19_000);
    expect(await takenSoFar()).toBe(1);
    time.pass(1_000);
    expect((await final(second)).state).toBe('succeeded');
    await worker.stop(0);
  }
});
