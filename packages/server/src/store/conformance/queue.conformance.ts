// Tasks as they are taken, by what they need and when they are due, and what sweeps find to end.

import { describe, expect } from 'vitest';
import { needOf, readNeed } from '../../core/upstreams/needs.ts';
import { newTaskId } from '../../lib/ids.ts';
import {
  callAt,
  failed,
  failedAttempt,
  failure,
  newEdit,
  newTask,
  type OpenStore,
  start,
  storeTest,
} from './store.fixture.ts';

export function testQueue(name: string, open: OpenStore): void {
  const test = storeTest(open);
  describe(`the queue of tasks on ${name}`, () => {
    test('takes what is due, oldest first, no more than asked, each task once', async ({ store, take }) => {
      const tasks = [
        newTask({ createdAt: start + 1 }),
        newTask({ createdAt: start + 2 }),
        newTask({ createdAt: start + 3 }),
      ];
      await Promise.all(tasks.toReversed().map((task) => store.insert([task])));
      const [first, second] = await Promise.all([take(start + 10, 2), take(start + 10, 2)]);
      expect(first.map(({ task }) => task.createdAt)).toEqual([start + 1, start + 2]);
      expect(second.map(({ task }) => task.createdAt)).toEqual([start + 3]);
      expect(first[0]?.task).toMatchObject({ state: 'running', triesUsed: 1, updatedAt: start + 10 });
    });

    test('says for each need when the first of its pending tasks becomes due', async ({
      store,
      take,
      takenTask,
    }) => {
      const needs = async (now: number) => (await store.pendingWork(now)).needs;
      expect(await needs(start)).toEqual([]);
      const leased = await takenTask();
      await store.putBackIfLeased(leased.lease, { at: start + 1, dueAt: start + 5_000, usesTry: true });
      await store.insert([newTask({ model: 'another', createdAt: start + 7 })]);
      await store.insert([newTask({ model: 'another', createdAt: start + 8 })]);
      await store.insert([newEdit(2, { model: 'another', createdAt: start + 3 })]);
      await store.insert([newTask({ model: 'late', deadlineAt: start + 10 })]);
      expect(await needs(start + 10)).toMatchObject([
        { model: 'another', inputs: 0, dueAt: start + 7 },
        { model: 'another', inputs: 2, dueAt: start + 3 },
        { model: 'nano-banana', inputs: 0, dueAt: start + 5_000 },
      ]);
      expect(await take(start + 4_999)).toEqual([]);
      expect(await take(start + 5_000)).toHaveLength(1);
      expect(await needs(start + 10)).toHaveLength(2);
    });

    test('has tasks with a mask wait apart, and takes them whole', async ({ store }) => {
      const edit = newEdit(2, { createdAt: start + 1 });
      const [input, last] = edit.request.inputs;
      const mask = { ...last!, role: 'mask' as const };
      const request = { ...edit.request, inputs: [input!, mask], quality: 'high' as const };
      const masked = { ...edit, request };
      await store.insert([masked, newEdit(1, { createdAt: start + 2 })]);
      const need = needOf(masked);
      expect((await store.pendingWork(start + 10)).needs).toMatchObject([
        { model: masked.model, inputs: 1 },
        { model: masked.model, inputs: need.inputs },
      ]);
      const needs = [{ ...need, limit: 2 }];
      const taken = await store.takeDue({ needs, now: start + 10, leaseMs: 10_000 });
      expect(taken).toMatchObject([{ task: { id: masked.id, request } }]);
      const copy = { kind: 'stored', key: 'inputs/a', role: 'mask' } as const;
      expect(await store.saveInputsIfLeased(taken[0]!.lease, [input!, copy])).toBe(true);
      expect((await store.find(masked.id))?.request.inputs).toEqual([input, copy]);
      expect(readNeed(need)).toEqual({ pictures: 1, hasMask: true });
    });

    test('takes of each need no more than asked, and of others nothing', async ({ store }) => {
      const tasks = [newTask(), newTask(), newEdit(1), newEdit(1), newEdit(2), newTask({ model: 'b' })];
      await Promise.all(tasks.map((task, index) => store.insert([{ ...task, createdAt: start + index }])));
      const needs = [
        { model: 'nano-banana', inputs: 1, limit: 5 },
        { model: 'nano-banana', inputs: 0, limit: 1 },
      ];
      const taken = await store.takeDue({ needs, now: start + 10, leaseMs: 1 });
      expect(taken.map(({ task }) => task.createdAt - start)).toEqual(expect.arrayContaining([0, 2, 3]));
      expect(taken).toHaveLength(3);
      expect(taken.every(({ opened, task }) => !opened && task.attempts.length === 0)).toBe(true);
    });

    test('takes tasks whose operations are to be followed, whatever they need', async ({
      store,
      takenTask,
    }) => {
      const [plain, withOperation] = [await takenTask(), await takenTask()];
      await store.openAttemptIfLeased(withOperation.lease, callAt(start + 1));
      await store.saveOperationIfLeased(withOperation.lease, {
        operation: { id: 'operation' },
        warnings: [],
      });
      const isFound = async (now: number) => (await store.pendingWork(now)).hasOperations;
      expect(await isFound(start + 9)).toBe(false);
      for (const { lease } of [plain, withOperation])
        await store.putBackIfLeased(lease, { at: start + 2, dueAt: start + 2, usesTry: false });
      expect(await isFound(start + 1)).toBe(false);
      expect(await isFound(start + 2)).toBe(true);
      const taken = await store.takeOperations({ limit: 5, now: start + 2, leaseMs: 1 });
      expect(taken.map(({ task }) => task.id)).toEqual([withOperation.task.id]);
      expect(await isFound(start + 2)).toBe(false);
    });

    test('does not take a task whose deadline has passed; it is found for its end', async ({
      store,
      take,
    }) => {
      const task = newTask();
      await store.insert([task]);
      expect(await take(task.deadlineAt)).toEqual([]);
      // Each at a time when no claim before it holds any more.
      const late = async (by: number, claimedAt: number, model?: string) => {
        const need = model === undefined ? {} : { need: { model, inputs: 0 } };
        const claim = { by, now: task.deadlineAt + claimedAt, claimMs: 1, limit: 10 };
        return (await store.claimPastDeadline({ ...claim, ...need })).map(({ id }) => id);
      };
      expect(await late(task.deadlineAt - 1, 0)).toEqual([]);
      expect(await late(task.deadlineAt, 0)).toEqual([task.id]);
      expect(await late(task.deadlineAt, 1, 'nano-banana')).toEqual([task.id]);
      expect(await late(task.deadlineAt, 2, 'another')).toEqual([]);
      expect(await store.finishIfPending(task.id, failed(task.deadlineAt))).toBe(true);
      expect(await store.finishIfPending(task.id, failed(task.deadlineAt))).toBe(false);
      expect(await store.find(task.id)).toMatchObject({
        state: 'error',
        failure,
        finishedAt: task.deadlineAt,
      });
    });

    test('counts the attempts that each credential has begun since a time', async ({ store, takenTask }) => {
      const { lease } = await takenTask();
      for (const [at, credential] of [
        [0, 'key_1'],
        [1, 'key_1'],
        [2, 'key_2'],
        [3, 'key_1'],
      ] as const) {
        await store.openAttemptIfLeased(lease, { ...callAt(start + at), credential });
        await store.closeAttemptIfLeased(lease, start + at, failedAttempt);
      }
      expect(await store.countAttempts(start + 1)).toEqual([
        { upstream: 'u', credential: 'key_1', count: 2 },
        { upstream: 'u', credential: 'key_2', count: 1 },
      ]);
    });

    test('takes what waits out of a future that the clock was in, and leaves what has ended as it is', async ({
      store,
      told,
      take,
    }) => {
      const tenYears = 10 * 365 * 24 * 3_600_000;
      const ahead = start + tenYears;
      const made = (at: number) => newTask({ createdAt: at, deadlineAt: at + 60_000 });
      const [before, touched] = [made(start), made(start)];
      const [ended, waiting, running] = [made(ahead), made(ahead + 1), made(ahead + 2)];
      await store.insert([touched, before]);
      const [taken] = await store.takeDue({
        needs: [{ model: 'nano-banana', inputs: 0, limit: 1 }],
        now: start,
        leaseMs: 9,
      });
      const later = { at: ahead, dueAt: ahead + 5_000, usesTry: true };
      await store.putBackIfLeased(taken?.lease ?? { taskId: '', token: '' }, later);
      await store.insert([ended, running, waiting]);
      await store.finishIfPending(ended.id, failed(ahead + 3));
      const finished = await store.find(ended.id);
      told.length = 0;

      const now = start + 1_000;
      expect(await store.pullBack(now)).toBe(3);
      expect(told.map(({ taskId }) => taskId).toSorted()).toEqual(
        [taken?.task.id ?? '', waiting.id, running.id].toSorted(),
      );
      const soon = { createdAt: now, updatedAt: now, dueAt: now, deadlineAt: now + 60_000 };
      expect(await store.find(waiting.id)).toMatchObject(soon);
      expect(await store.find(taken?.task.id ?? '')).toMatchObject({
        ...soon,
        createdAt: start,
        deadlineAt: start + 60_000,
      });
      expect(await store.find(ended.id)).toEqual(finished);
      expect(await take(now, 10)).toHaveLength(4);
      expect(await store.pullBack(now)).toBe(0);
      expect(await store.latestTime()).toBe(now);
    });

    test('counts attempts that were begun while the clock was ahead in no other day', async ({
      store,
      takenTask,
    }) => {
      const { lease } = await takenTask();
      await store.openAttemptIfLeased(lease, callAt(start + 10 * 24 * 3_600_000));
      expect(await store.countAttempts(start)).toEqual([]);
      expect(await store.countAttempts(start + 9 * 24 * 3_600_000)).toHaveLength(1);
    });

    test('notes that a running task is to be cancelled: its worker hears of it, and nobody takes it again', async ({
      store,
      told,
      take,
      takenTask,
    }) => {
      const { task, lease } = await takenTask();
      expect(await store.requestCancelIfRunning(newTaskId(), start + 1)).toBe(false);
      expect(await store.requestCancelIfRunning(task.id, start + 1)).toBe(true);
      expect(told.at(-1)).toEqual({
        taskId: task.id,
        keyId: 'key_a',
        state: 'running',
        cancelRequested: true,
      });
      expect(await store.requestCancelIfRunning(task.id, start + 2)).toBe(true);
      expect(await store.find(task.id)).toMatchObject({ state: 'running', cancelRequestedAt: start + 1 });
      expect(await store.renewLeases([{ lease, progress: 0 }], { now: start + 2, leaseMs: 1_000 })).toEqual({
        lost: [],
        cancelled: [task.id],
      });
      const toCancel = (at: number) => store.claimCancelled({ now: at, claimMs: 1, limit: 9 });
      expect(await toCancel(start)).toEqual([]);
      await store.putBackIfLeased(lease, { at: start + 3, dueAt: start + 3, usesTry: true });
      expect(await take(start + 3)).toEqual([]);
      expect((await toCancel(start)).map(({ id }) => id)).toEqual([task.id]);
      expect(await store.requestCancelIfRunning(task.id, start + 4)).toBe(false);
      expect(await store.finishIfPending(task.id, failed(start + 5))).toBe(true);
      expect(await toCancel(start + 9)).toEqual([]);
    });

    test('gives what a sweep is to end to one claim at a time, so many at once, and again when the claim is over', async ({
      store,
      take,
    }) => {
      const tasks = Array.from({ length: 5 }, (_, index) => newTask({ deadlineAt: start + 10 + index }));
      await store.insert(tasks);
      const claim = (now: number, limit: number) =>
        store.claimPastDeadline({ by: start + 100, now, claimMs: 50, limit });
      const claims = await Promise.all([claim(start, 2), claim(start, 2), claim(start, 2), claim(start, 2)]);
      expect(claims.map((each) => each.length)).toEqual([2, 2, 1, 0]);
      expect(claims.flat().map(({ id }) => id)).toEqual(tasks.map(({ id }) => id));
      expect(await claim(start + 49, 9)).toEqual([]);
      expect(await claim(start + 50, 9)).toHaveLength(5);
      // A claim is no lease: a task may still be taken, and the end that was meant for it finds it moved on.
      const [taken] = await take(start + 5, 1);
      expect(await store.finishIfPending(taken?.task.id ?? '', failed(start + 51))).toBe(false);
    });

    test('leaves a task of a need to others while an attempt of it is under way', async ({
      store,
      takenTask,
    }) => {
      const { task, lease } = await takenTask();
      await store.openAttemptIfLeased(lease, callAt(start + 1));
      await store.putBackIfLeased(lease, { at: start + 2, dueAt: start + 2, usesTry: false });
      const claim = { by: task.deadlineAt, now: start + 3, claimMs: 5, limit: 9 };
      const need = { model: task.model, inputs: 0 };
      expect(await store.claimPastDeadline({ ...claim, need })).toEqual([]);
      expect(await store.claimPastDeadline(claim)).toHaveLength(1);
    });
  });
}
