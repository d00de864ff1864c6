// What every TaskStore must do, whatever database is behind it.

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createLocalChanges, type Change } from '../core/changes.ts';
import type { TaskFailure } from '../core/errors.ts';
import type { TaskResult } from '../core/task.ts';
import type { LeasedTask, NewTask, TaskEnd, TaskStore } from '../core/task-store.ts';
import { newTaskId } from '../lib/ids.ts';

const start = 1_800_000_000_000;
const view = { key: 'k', text: '{"shown":true}' };
const failure: TaskFailure = {
  type: 'no_image',
  message: 'Nothing came.',
  retryable: true,
  upstreamReason: 'NO_IMAGE',
};
const result: TaskResult = { pictures: [], description: 'done', warnings: [] };

const callAt = (at: number) => ({ upstream: 'u', upstreamModel: 'm', account: 'key_1', at });

export function newTask(change: Partial<NewTask> = {}): NewTask {
  return {
    id: newTaskId(),
    keyId: 'key_a',
    action: 'generate',
    model: 'nano-banana',
    request: { prompt: 'a “banana” \ud800', inputs: [], aspectRatio: 'auto', imageSize: '1K' },
    createdAt: start,
    deadlineAt: start + 60_000,
    ...change,
  };
}

/** `open` makes an empty store; `cleanUp` removes what it left. */
export function testTaskStore(
  name: string,
  open: (changes: ReturnType<typeof createLocalChanges>) => { store: TaskStore; cleanUp: () => void },
) {
  describe(`the task store on ${name}`, () => {
    let store: TaskStore;
    let cleanUp: () => void;
    let told: Change[];

    beforeEach(() => {
      const changes = createLocalChanges();
      told = [];
      changes.listen((change) => told.push(change));
      ({ store, cleanUp } = open(changes));
    });
    afterEach(async () => {
      await store.close();
      cleanUp();
    });

    const take = async (now = start, limit = 10): Promise<LeasedTask[]> =>
      store.takeDue({ needs: [{ model: 'nano-banana', inputs: 0, limit }], now, leaseMs: 10_000 });
    async function takenTask(change: Partial<NewTask> = {}): Promise<LeasedTask> {
      await store.insert(newTask(change));
      const [leased] = await take();
      if (leased === undefined) throw new Error('nothing was taken');
      return leased;
    }
    const late = (by: number, model?: string) =>
      store
        .pendingPastDeadline({
          by,
          limit: 10,
          ...(model === undefined ? {} : { need: { model, inputs: 0 } }),
        })
        .map(({ id }) => id);
    const succeeded = (at: number): TaskEnd => ({ at, outcome: { state: 'succeeded', result }, view });
    const failed = (at: number): TaskEnd => ({ at, outcome: { state: 'error', failure }, view });

    test('gives back a task as it was inserted', async () => {
      const task = newTask();
      await store.insert(task);
      expect(store.find(task.id)).toEqual({
        ...task,
        state: 'pending',
        updatedAt: start,
        dueAt: start,
        finishedAt: null,
        progress: 0,
        triesUsed: 0,
        result: null,
        failure: null,
        attempts: [],
      });
      expect(store.findView(task.id)).toEqual({ keyId: 'key_a', view: null });
      expect(store.countPending()).toBe(1);
      expect(told).toEqual([{ taskId: task.id, state: 'pending' }]);
    });

    test('what was read before a write does not hide it afterwards', async () => {
      const task = newTask();
      const write = store.insert(task);
      store.findView(task.id);
      await write;
      expect(store.findView(task.id)).toEqual({ keyId: 'key_a', view: null });
      const ended = store.finishIfPending(task.id, failed(start + 1));
      while (store.findView(task.id)?.view === null) await new Promise((resolve) => setImmediate(resolve));
      await ended;
      expect(store.find(task.id)?.state).toBe('error');
    });

    test('knows nothing of an id that never was', () => {
      expect(store.find(newTaskId())).toBeNull();
      expect(store.findView(newTaskId())).toBeNull();
    });

    test('refuses a second task with the same id, and the writes that arrive with it are kept', async () => {
      const task = newTask();
      const other = newTask();
      await store.insert(task);
      const writes = await Promise.allSettled([store.insert(task), store.insert(other)]);
      expect(writes.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
      expect(store.find(other.id)?.state).toBe('pending');
    });

    test('takes what is due, oldest first, no more than asked, each task once', async () => {
      const tasks = [
        newTask({ createdAt: start + 2 }),
        newTask({ createdAt: start + 1 }),
        newTask({ createdAt: start + 3 }),
      ];
      await Promise.all(tasks.map((task) => store.insert(task)));
      const [first, second] = await Promise.all([take(start + 10, 2), take(start + 10, 2)]);
      expect(first.map(({ task }) => task.createdAt)).toEqual([start + 1, start + 2]);
      expect(second.map(({ task }) => task.createdAt)).toEqual([start + 3]);
      expect(first[0]?.task).toMatchObject({ state: 'running', triesUsed: 1, updatedAt: start + 10 });
    });

    const edit = (inputs: number, change: Partial<NewTask> = {}) => {
      const task = newTask({ action: 'edit', ...change });
      const links = Array.from({ length: inputs }, () => ({
        kind: 'url' as const,
        url: 'https://a.example/b',
      }));
      return { ...task, request: { ...task.request, inputs: links } };
    };

    test('says for each need when the first of its pending tasks becomes due', async () => {
      expect(store.pendingNeeds(start)).toEqual([]);
      const leased = await takenTask();
      await store.putBackIfLeased(leased.lease, { at: start + 1, dueAt: start + 5_000, usesTry: true });
      await store.insert(newTask({ model: 'another', createdAt: start + 7 }));
      await store.insert(newTask({ model: 'another', createdAt: start + 8 }));
      await store.insert(edit(2, { model: 'another', createdAt: start + 3 }));
      await store.insert(newTask({ model: 'late', deadlineAt: start + 10 }));
      expect(store.pendingNeeds(start + 10)).toEqual([
        { model: 'another', inputs: 0, dueAt: start + 7 },
        { model: 'another', inputs: 2, dueAt: start + 3 },
        { model: 'nano-banana', inputs: 0, dueAt: start + 5_000 },
      ]);
      expect(await take(start + 4_999)).toEqual([]);
      expect(await take(start + 5_000)).toHaveLength(1);
      expect(store.pendingNeeds(start + 10)).toHaveLength(2);
    });

    test('takes of each need no more than asked, and of others nothing', async () => {
      const tasks = [newTask(), newTask(), edit(1), edit(1), edit(2), newTask({ model: 'b' })];
      await Promise.all(tasks.map((task, index) => store.insert({ ...task, createdAt: start + index })));
      const needs = [
        { model: 'nano-banana', inputs: 1, limit: 5 },
        { model: 'nano-banana', inputs: 0, limit: 1 },
      ];
      const taken = await store.takeDue({ needs, now: start + 10, leaseMs: 1 });
      expect(taken.map(({ task }) => task.createdAt - start)).toEqual([0, 2, 3]);
    });

    test('takes tasks whose jobs are to be followed, whatever they need', async () => {
      const [plain, withJob] = [await takenTask(), await takenTask()];
      await store.openAttemptIfLeased(withJob.lease, callAt(start + 1));
      await store.saveOperationIfLeased(withJob.lease, { operation: { id: 'job' }, warnings: [] });
      expect(store.countPendingJobs(start + 9)).toBe(0);
      for (const { lease } of [plain, withJob])
        await store.putBackIfLeased(lease, { at: start + 2, dueAt: start + 2, usesTry: false });
      expect(store.countPendingJobs(start + 1)).toBe(0);
      expect(store.countPendingJobs(start + 2)).toBe(1);
      const taken = await store.takeJobs({ limit: 5, now: start + 2, leaseMs: 1 });
      expect(taken.map(({ task }) => task.id)).toEqual([withJob.task.id]);
      expect(store.countPendingJobs(start + 2)).toBe(0);
    });

    test('does not take a task whose deadline has passed; it is found for its end', async () => {
      const task = newTask();
      await store.insert(task);
      expect(await take(task.deadlineAt)).toEqual([]);
      expect(store.pendingPastDeadline({ by: task.deadlineAt - 1, limit: 10 })).toEqual([]);
      expect(late(task.deadlineAt)).toEqual([task.id]);
      expect(late(task.deadlineAt, 'nano-banana')).toEqual([task.id]);
      expect(late(task.deadlineAt, 'another')).toEqual([]);
      expect(await store.finishIfPending(task.id, failed(task.deadlineAt))).toBe(true);
      expect(await store.finishIfPending(task.id, failed(task.deadlineAt))).toBe(false);
      expect(store.find(task.id)).toMatchObject({ state: 'error', failure, finishedAt: task.deadlineAt });
    });

    test('finishes a task for the holder of its lease, with its attempt and its view', async () => {
      const { task, lease } = await takenTask();
      const attempt = await store.openAttemptIfLeased(lease, callAt(start + 1));
      expect(attempt).toMatchObject({
        number: 1,
        upstream: 'u',
        upstreamModel: 'm',
        startedAt: start + 1,
        outcome: null,
      });
      const end = {
        ...succeeded(start + 5),
        attempt: {
          outcome: 'succeeded',
          failure: null,
          maybeBilled: false,
          usage: { output_tokens: 1120 },
          costMicroUsd: 33_600,
        },
      } as const;
      expect(await store.finishIfLeased(lease, end)).toBe(true);
      expect(store.find(task.id)).toMatchObject({
        state: 'succeeded',
        progress: 1,
        result,
        finishedAt: start + 5,
        updatedAt: start + 5,
        attempts: [
          {
            number: 1,
            outcome: 'succeeded',
            finishedAt: start + 5,
            account: 'key_1',
            usage: { output_tokens: 1120 },
            costMicroUsd: 33_600,
          },
        ],
      });
      expect(store.findView(task.id)).toEqual({ keyId: 'key_a', view });
      expect(told.map(({ state }) => state)).toEqual(['pending', 'running', 'running', 'succeeded']);
    });

    test('refuses every write of a lease that is lost', async () => {
      const { task, lease } = await takenTask();
      await store.putBackIfLeased(lease, { at: start + 1, dueAt: start + 1, usesTry: true });
      const [again] = await take(start + 1);
      expect(again?.lease.token).not.toBe(lease.token);
      const before = store.find(task.id);
      expect(await store.openAttemptIfLeased(lease, callAt(start + 2))).toBeNull();
      expect(await store.renewLeases([{ lease, progress: 0.5 }], { now: start + 2, leaseMs: 1 })).toEqual([
        task.id,
      ]);
      expect(await store.finishIfLeased(lease, succeeded(start + 2))).toBe(false);
      expect(await store.putBackIfLeased(lease, { at: start + 2, dueAt: start + 2, usesTry: true })).toBe(
        false,
      );
      expect(store.find(task.id)).toEqual(before);
    });

    test('a final task never changes again', async () => {
      const { task, lease } = await takenTask();
      await store.finishIfLeased(lease, failed(start + 5));
      const before = store.find(task.id);
      expect(await store.finishIfLeased(lease, succeeded(start + 6))).toBe(false);
      expect(await store.finishIfPending(task.id, failed(start + 6))).toBe(false);
      expect(await take(start + 7)).toEqual([]);
      expect(store.find(task.id)).toEqual(before);
    });

    test('renews leases and records progress', async () => {
      const { task, lease } = await takenTask();
      expect(
        await store.renewLeases([{ lease, progress: 0.25 }], { now: start + 9_000, leaseMs: 10_000 }),
      ).toEqual([]);
      expect(store.find(task.id)).toMatchObject({ progress: 0.25, updatedAt: start + 9_000 });
      expect(store.expiredLeases(start + 18_999, 10)).toEqual([]);
      expect(store.expiredLeases(start + 19_000, 10).map(({ task: { id } }) => id)).toEqual([task.id]);
    });

    test('a rescuer takes an expired lease, but not one that was renewed meanwhile', async () => {
      const { task, lease } = await takenTask();
      const by = start + 10_000;
      const [expired] = store.expiredLeases(by, 10);
      expect(expired?.lease).toEqual(lease);
      const rescue = { ...lease, expiredBy: by };
      await store.renewLeases([{ lease, progress: 0 }], { now: by, leaseMs: 10_000 });
      expect(await store.putBackIfLeased(rescue, { at: by, dueAt: by, usesTry: true })).toBe(false);
      expect(
        await store.putBackIfLeased(
          { ...lease, expiredBy: by + 10_000 },
          { at: by, dueAt: by, usesTry: true },
        ),
      ).toBe(true);
      expect(store.find(task.id)).toMatchObject({ state: 'pending', triesUsed: 1 });
    });

    test('gives a try back that the task did not deserve to lose, and keeps the story of its attempts', async () => {
      const { task, lease } = await takenTask();
      await store.openAttemptIfLeased(lease, callAt(start));
      const attempt = {
        outcome: 'failed',
        failure,
        maybeBilled: true,
        usage: null,
        costMicroUsd: null,
      } as const;
      await store.putBackIfLeased(lease, { at: start + 3, dueAt: start + 3, usesTry: false, attempt });
      const [again] = await take(start + 3);
      expect(again?.task).toMatchObject({ triesUsed: 1, progress: 0 });
      expect(again?.task.attempts).toEqual([
        {
          number: 1,
          upstream: 'u',
          upstreamModel: 'm',
          startedAt: start,
          finishedAt: start + 3,
          outcome: 'failed',
          failure,
          maybeBilled: true,
          account: 'key_1',
          operation: null,
          usage: null,
          costMicroUsd: null,
        },
      ]);
      const second = await store.openAttemptIfLeased(again?.lease ?? lease, callAt(start + 4));
      expect(second?.number).toBe(2);
      expect(store.find(task.id)?.attempts).toHaveLength(2);
    });

    test('closes one attempt and opens the next while the task runs on', async () => {
      const { task, lease } = await takenTask();
      await store.openAttemptIfLeased(lease, callAt(start + 1));
      const end = { outcome: 'failed', failure, maybeBilled: false, usage: null, costMicroUsd: 0 } as const;
      expect(await store.closeAttemptIfLeased(lease, start + 2, end)).toBe(true);
      const second = await store.openAttemptIfLeased(lease, { ...callAt(start + 3), account: 'key_2' });
      expect(second).toMatchObject({ number: 2, account: 'key_2', outcome: null });
      expect(store.find(task.id)?.attempts).toMatchObject([
        { number: 1, ...end, finishedAt: start + 2 },
        { number: 2, finishedAt: null },
      ]);
    });

    test('an operation stays with its open attempt when the task goes back, and with nobody who lost the lease', async () => {
      const { task, lease } = await takenTask();
      await store.openAttemptIfLeased(lease, callAt(start + 1));
      const operation = { operation: { id: 'job “1”' }, warnings: ['as far as possible'] };
      expect(await store.saveOperationIfLeased(lease, operation)).toBe(true);
      await store.putBackIfLeased(lease, { at: start + 2, dueAt: start + 2, usesTry: false });
      expect(await store.saveOperationIfLeased(lease, { operation: {}, warnings: [] })).toBe(false);
      const end = { outcome: 'failed', failure, maybeBilled: false, usage: null, costMicroUsd: 0 } as const;
      expect(await store.closeAttemptIfLeased(lease, start + 2, end)).toBe(false);
      const [again] = await take(start + 2);
      expect(again?.task.attempts).toMatchObject([{ number: 1, outcome: null, operation }]);
      expect(again?.task.id).toBe(task.id);
    });

    test('the end of a pending task closes the attempt that was left open', async () => {
      const { task, lease } = await takenTask();
      await store.openAttemptIfLeased(lease, callAt(start + 1));
      await store.putBackIfLeased(lease, { at: start + 2, dueAt: start + 2, usesTry: false });
      const attempt = {
        outcome: 'unknown',
        failure,
        maybeBilled: true,
        usage: null,
        costMicroUsd: null,
      } as const;
      expect(await store.finishIfPending(task.id, { ...failed(start + 3), attempt })).toBe(true);
      expect(store.find(task.id)?.attempts).toMatchObject([{ ...attempt, finishedAt: start + 3 }]);
    });

    async function succeededTask(finishedAt: number, change: Partial<NewTask> = {}): Promise<string> {
      const { task, lease } = await takenTask({ createdAt: start, ...change });
      await store.finishIfLeased(lease, succeeded(finishedAt));
      return task.id;
    }

    test('finds the pictures that have had their time: the server’s, or that of their request', async () => {
      const plain = newTask();
      const short = { ...plain.request, expiresInSeconds: 10 };
      const long = { ...plain.request, expiresInSeconds: 100 };
      const ids = [
        await succeededTask(start + 1_000),
        await succeededTask(start + 1_000, { request: short }),
        await succeededTask(start + 1_000, { request: long }),
      ];
      const expired = (now: number) =>
        store.tasksWithExpiredPictures({ now: start + now, keptMs: 50_000, limit: 10 }).map(({ id }) => id);
      expect(expired(10_999)).toEqual([]);
      expect(expired(11_000)).toEqual([ids[1]]);
      expect(new Set(expired(51_000))).toEqual(new Set([ids[0], ids[1]]));
      await store.markPicturesDeleted([ids[0] ?? '', ids[1] ?? ''], start + 51_000);
      expect(expired(51_000)).toEqual([]);
      expect(expired(101_000)).toEqual([ids[2]]);
    });

    test('deletes final tasks that have had their time, with their attempts, but not while their pictures are there', async () => {
      const kept = await succeededTask(start + 1_000);
      const gone = await succeededTask(start + 1_000);
      const young = await succeededTask(start + 3_000);
      const { task: live } = await takenTask();
      await store.markPicturesDeleted([gone, young], start + 1_500);
      expect(await store.deleteFinished({ finishedBy: start + 2_000, limit: 10 })).toBe(1);
      expect([kept, gone, young, live.id].map((id) => store.find(id) !== null)).toEqual([
        true,
        false,
        true,
        true,
      ]);
      expect(await store.deleteFinished({ finishedBy: start + 2_000, limit: 10 })).toBe(0);
    });

    test('counts the attempts that each account has begun since a time', async () => {
      const { lease } = await takenTask();
      const end = { outcome: 'failed', failure, maybeBilled: false, usage: null, costMicroUsd: 0 } as const;
      for (const [at, account] of [
        [0, 'key_1'],
        [1, 'key_1'],
        [2, 'key_2'],
        [3, 'key_1'],
      ] as const) {
        await store.openAttemptIfLeased(lease, { ...callAt(start + at), account });
        await store.closeAttemptIfLeased(lease, start + at, end);
      }
      expect(store.countAttempts(start + 1)).toEqual([
        { upstream: 'u', account: 'key_1', count: 2 },
        { upstream: 'u', account: 'key_2', count: 1 },
      ]);
    });

    test('keeps what hundreds of writers hand in at once', async () => {
      const tasks = Array.from({ length: 500 }, () => newTask());
      await Promise.all(tasks.map((task) => store.insert(task)));
      expect(store.countPending()).toBe(500);
      expect(tasks.every(({ id }) => store.find(id)?.state === 'pending')).toBe(true);
    });

    test('answers a ping, and refuses work after it is closed', async () => {
      await store.ping();
      await store.close();
      await expect(store.insert(newTask())).rejects.toThrow('closed');
    });
  });
}
