import { describe, expect, test } from 'vitest';
import { createCancelTask } from '../core/commands/cancel-task.ts';
import { deafHang, failWith, makeUpstream, obedientHang, result } from './test-upstream.fixture.ts';
import { openStore } from './worker.fixture.ts';

/** A worker that is not started cancels what nobody works on. */
function openWithCancel(...options: Parameters<ReturnType<typeof openStore>['worker']>) {
  const opened = openStore();
  const worker = opened.worker(...options);
  return { ...opened, worker, cancel: createCancelTask(worker.dependencies) };
}

describe('cancelling', () => {
  test('ends a pending task at once, without a call and without a cost', async () => {
    const { add, cancel, find, worker, until } = openWithCancel(() => result);
    const id = await add();
    expect(await cancel(id, 'key')).toBe('cancelled');
    expect(await find(id)).toMatchObject({
      state: 'error',
      failure: { type: 'cancelled', retryable: false, maybeBilled: false },
      attempts: [],
    });
    worker.start();
    const other = await add();
    await until(other, ({ state }) => state === 'succeeded');
    expect((await find(id)).attempts).toEqual([]);
  });

  test.each([
    ['obeys its signal', obedientHang],
    ['ignores its signal', deafHang],
  ])(
    'stops a running call of an upstream that %s, and says that it may have been billed',
    async (_, hang) => {
      const { add, cancel, worker, until, final } = openWithCancel(hang);
      worker.start();
      const id = await add();
      await until(id, ({ attempts }) => attempts.length === 1);
      expect(await cancel(id, 'key')).toBe('requested');
      const task = await final(id);
      expect(task).toMatchObject({
        state: 'error',
        failure: { type: 'cancelled', maybeBilled: true },
        attempts: [{ outcome: 'failed', maybeBilled: true, failure: { type: 'cancelled' } }],
      });
      expect(task.failure?.message).toContain('may have been billed');
      expect(await cancel(id, 'key')).toBe('final');
    },
  );

  test('says of a task whose call has yet to begin that nothing was billed', async () => {
    const { add, cancel, worker, until, final } = openWithCancel(() => result, { loadInputs: deafHang });
    worker.start();
    const id = await add();
    await until(id, ({ attempts }) => attempts.length === 1);
    expect(await cancel(id, 'key')).toBe('requested');
    const task = await final(id);
    expect(task).toMatchObject({
      failure: { type: 'cancelled', maybeBilled: false },
      attempts: [{ outcome: 'failed', maybeBilled: false, costMicroUsd: 0 }],
    });
    expect(task.failure?.message).toContain('No upstream was at work on it.');
  });

  test('leaves a task alone that ended, and one of another key', async () => {
    const { add, cancel, find } = openWithCancel(() => result);
    const id = await add();
    expect(await cancel(id, 'another')).toBe('unknown');
    expect((await find(id)).state).toBe('pending');
    await cancel(id, 'key');
    expect(await cancel(id, 'key')).toBe('final');
  });

  test('asks the upstream to drop the operation, whether it is followed now or waits to be', async () => {
    const dropped: string[] = [];
    const upstream = makeUpstream(() => ({ operation: { id: 'job' }, warnings: [], pollAfterMs: 1 }), {
      poll: async () => ({ pollAfterMs: 5 }),
      cancel: async ({ id }) => void dropped.push(id ?? ''),
    });
    const { add, cancel, worker, until, final } = openWithCancel(() => result, {
      credentials: [{ label: 'key_1', upstream }],
    });
    worker.start();
    const followed = await add();
    await until(followed, ({ attempts }) => attempts[0]?.operation != null);
    await cancel(followed, 'key');
    await final(followed);
    expect(dropped).toEqual(['job']);

    const waiting = await add();
    await until(waiting, ({ attempts }) => attempts[0]?.operation != null);
    await worker.stop(0);
    expect(await cancel(waiting, 'key')).toBe('cancelled');
    expect(dropped).toEqual(['job', 'job']);
    expect(await final(waiting)).toMatchObject({
      failure: { type: 'cancelled', maybeBilled: true },
      attempts: [{ outcome: 'failed', maybeBilled: true }],
    });
  });

  test('a wish that the process did not live to fulfil is fulfilled by the next one', async () => {
    const { add, cancel, store, worker, final, time: clock } = openWithCancel(() => result);
    const id = await add();
    const needs = [{ model: 'nano-banana', inputs: 0, limit: 1 }];
    const [leased] = await store.takeDue({ needs, now: clock.now(), leaseMs: 60_000 });
    const call = { at: clock.now(), upstream: 'test', upstreamModel: 'm', credential: 'key_1' };
    await store.openAttemptIfLeased(leased?.lease ?? { taskId: '', token: '' }, call);
    expect(await cancel(id, 'key')).toBe('requested');
    expect(await worker.rescueAll()).toBe(1);
    expect(await final(id)).toMatchObject({
      failure: { type: 'cancelled', maybeBilled: true },
      attempts: [{ outcome: 'failed', maybeBilled: true }],
    });
  });

  test('a task that was put back in that very moment is ended from the queue, and never called again', async () => {
    let calls = 0;
    const { add, cancel, worker, until, final, store } = openWithCancel(async ({ context }) => {
      calls += 1;
      // The wish is stored while the call fails by itself.
      await store.requestCancelIfRunning(id, Date.now());
      context.signal.throwIfAborted();
      return failWith({ retryAfterMs: 1 });
    });
    const id = await add();
    worker.start();
    await until(id, ({ state }) => state !== 'pending');
    expect(await final(id)).toMatchObject({ failure: { type: 'cancelled' } });
    expect(calls).toBe(1);
    expect(await cancel(id, 'key')).toBe('final');
  });

  test('a task that ran and came back since it was looked at ends with what happened meanwhile', async () => {
    const { add, find, store, worker, time: clock } = openWithCancel(() => result);
    const id = await add();
    const seen = await find(id);
    const needs = [{ model: 'nano-banana', inputs: 0, limit: 1 }];
    const [leased] = await store.takeDue({ needs, now: clock.now(), leaseMs: 60_000 });
    const lease = leased?.lease ?? { taskId: '', token: '' };
    const call = { at: clock.now(), upstream: 'test', upstreamModel: 'm', credential: 'key_1' };
    await store.openAttemptIfLeased(lease, call);
    await store.saveOperationIfLeased(lease, { operation: { id: 'job' }, warnings: [] });
    await store.putBackIfLeased(lease, { at: clock.now(), dueAt: clock.now(), usesTry: false });
    let looks = 0;
    const behind = { ...store, find: async () => ((looks += 1) === 1 ? seen : store.find(id)) };
    const cancel = createCancelTask({ ...worker.dependencies, store: behind });
    expect(await cancel(id, 'key')).toBe('cancelled');
    expect(await find(id)).toMatchObject({
      failure: { type: 'cancelled', maybeBilled: true },
      attempts: [{ outcome: 'failed', maybeBilled: true }],
    });
  });

  test.each([
    ['before the picture comes', 'error', 'cancelled'],
    ['after the picture came', 'succeeded', undefined],
  ])('a wish that is stored %s decides how the task ends, and it ends once', async (when, state, failure) => {
    const called = Promise.withResolvers<void>();
    const answer = Promise.withResolvers<typeof result>();
    const { add, cancel, worker, final, changes } = openWithCancel(({ context: { signal } }) => {
      called.resolve();
      signal.addEventListener('abort', () => answer.resolve(result));
      return answer.promise;
    });
    worker.start();
    const id = await add();
    const ends: string[] = [];
    changes.listen((change) => {
      if (change.taskId === id && change.state !== 'pending' && change.state !== 'running')
        ends.push(change.state);
    });
    await called.promise;
    if (when.startsWith('after')) {
      answer.resolve(result);
      await final(id);
      expect(await cancel(id, 'key')).toBe('final');
    } else {
      expect(await cancel(id, 'key')).toBe('requested');
    }
    const task = await final(id);
    expect(task).toMatchObject({ state, attempts: { length: 1 } });
    expect(task.failure?.type).toBe(failure);
    await expect.poll(() => worker.runningCount()).toBe(0);
    expect(ends).toEqual([state]);
  });

  test('whichever comes first, the picture or the wish, each task ends once and as its owner was told', async () => {
    const { add, cancel, worker, final, until, changes } = openWithCancel(async () => result, {
      concurrency: 8,
    });
    const ends: string[] = [];
    changes.listen(({ taskId, state }) => {
      if (state !== 'pending' && state !== 'running') ends.push(taskId);
    });
    const ids = await Promise.all(Array.from({ length: 24 }, () => add()));
    // The last in the queue has not begun, and the first has ended: neither of these two leaves anything to chance.
    expect(await cancel(ids[23] ?? '', 'key')).toBe('cancelled');
    worker.start();
    await final(ids[0] ?? '');
    expect(await cancel(ids[0] ?? '', 'key')).toBe('final');
    const told = await Promise.all(
      ids.slice(1, 23).map(async (id, number) => {
        if (number % 2 === 0) await until(id, ({ state }) => state !== 'pending');
        return cancel(id, 'key');
      }),
    );
    const tasks = await Promise.all(ids.map(final));
    await expect.poll(() => worker.runningCount()).toBe(0);
    const possible = {
      final: ['succeeded'],
      cancelled: ['cancelled'],
      requested: ['succeeded', 'cancelled'],
      unknown: [],
    };
    const outcomes = ['final' as const, ...told, 'cancelled' as const];
    for (const [index, { state, failure }] of tasks.entries())
      expect(possible[outcomes[index] ?? 'unknown'], outcomes[index]).toContain(failure?.type ?? state);
    expect(ends.toSorted()).toEqual(ids.toSorted());
  });
});
