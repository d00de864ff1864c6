// Attempts of a task, and what is kept of the one that is under way.

import { describe, expect } from 'vitest';
import type { TaskInput } from '../../core/tasks/task.ts';
import type { LeasedTask } from '../../core/tasks/task-queue.ts';
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
  target,
} from './store.fixture.ts';

export function testAttempts(name: string, open: OpenStore): void {
  const test = storeTest(open);
  describe(`attempts of tasks on ${name}`, () => {
    test('gives a try back that the task did not deserve to lose, and keeps the story of its attempts', async ({
      store,
      take,
      takenTask,
    }) => {
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
          credential: 'key_1',
          operation: null,
          usage: null,
          costMicroUsd: null,
        },
      ]);
      const second = await store.openAttemptIfLeased(again?.lease ?? lease, callAt(start + 4));
      expect(second?.number).toBe(2);
      expect((await store.find(task.id))?.attempts).toHaveLength(2);
    });

    test('opens an attempt for each call of a need as it takes its tasks, and tells of both as one change', async ({
      store,
      told,
    }) => {
      const tasks = [0, 1, 2].map((later) => newTask({ createdAt: start + later }));
      await store.insert(tasks);
      told.length = 0;
      const calls = [target, { ...target, credential: 'key_2' }];
      const needs = [{ model: 'nano-banana', inputs: 0, limit: 3, calls }];
      const taken = await store.takeDue({ needs, now: start + 5, leaseMs: 10_000 });
      expect(told.map(({ taskId }) => taskId).toSorted()).toEqual(tasks.map(({ id }) => id).toSorted());
      const attempts = taken.filter(({ opened }) => opened).flatMap(({ task }) => task.attempts);
      expect(new Set(attempts.map(({ credential }) => credential))).toEqual(new Set(['key_1', 'key_2']));
      const unknown = { failure: null, maybeBilled: false, operation: null, usage: null, costMicroUsd: null };
      for (const attempt of attempts)
        expect(attempt).toEqual({
          number: 1,
          ...target,
          credential: attempt.credential,
          startedAt: start + 5,
          finishedAt: null,
          outcome: null,
          ...unknown,
        });
      expect(taken.filter((leased) => !leased.opened).map(({ task }) => task.attempts)).toEqual([[]]);
      for (const { task } of taken) expect(await store.find(task.id)).toEqual(task);
    });

    test('a take opens the next attempt after those that ended, and none beside one that is open', async ({
      store,
      takenTask,
    }) => {
      const [failedOnce, working] = [await takenTask(), await takenTask({ createdAt: start + 1 })];
      for (const { lease } of [failedOnce, working])
        await store.openAttemptIfLeased(lease, callAt(start + 1));
      await store.saveOperationIfLeased(working.lease, { operation: { id: 'operation' }, warnings: [] });
      const back = { at: start + 2, dueAt: start + 2, usesTry: true };
      await store.putBackIfLeased(failedOnce.lease, { ...back, attempt: failedAttempt });
      await store.putBackIfLeased(working.lease, back);
      const needs = [{ model: 'nano-banana', inputs: 0, limit: 2, calls: [target, target] }];
      const due = { now: start + 3, leaseMs: 10 };
      const resumed = await store.takeOperations({ ...due, limit: 2 });
      const taken = await store.takeDue({ ...due, needs });
      const found = (leases: LeasedTask[], { task }: LeasedTask) =>
        leases.find((leased) => leased.task.id === task.id);
      expect(found(taken, failedOnce)).toMatchObject({
        opened: true,
        task: { attempts: [failedAttempt, { number: 2, startedAt: start + 3, outcome: null }] },
      });
      expect(found(resumed, working)).toMatchObject({ opened: false, task: { attempts: [{ number: 1 }] } });
      const claim = { by: start + 13, now: start + 13, leaseMs: 10, limit: 9 };
      const rescued = await store.claimExpiredLeases(claim);
      expect(rescued.map(({ opened }) => opened)).toEqual([false, false]);
      expect(found(rescued, failedOnce)?.task.attempts).toHaveLength(2);
    });

    test('closes one attempt and opens the next while the task runs on', async ({ store, takenTask }) => {
      const { task, lease } = await takenTask();
      await store.openAttemptIfLeased(lease, callAt(start + 1));
      expect(await store.closeAttemptIfLeased(lease, start + 2, failedAttempt)).toBe(true);
      const second = await store.openAttemptIfLeased(lease, { ...callAt(start + 3), credential: 'key_2' });
      expect(second).toMatchObject({ number: 2, credential: 'key_2', outcome: null });
      expect((await store.find(task.id))?.attempts).toMatchObject([
        { number: 1, ...failedAttempt, finishedAt: start + 2 },
        { number: 2, finishedAt: null },
      ]);
    });

    test('an operation stays with its open attempt when the task goes back, and with nobody who lost the lease', async ({
      store,
      takenTask,
    }) => {
      const { task, lease } = await takenTask();
      await store.openAttemptIfLeased(lease, callAt(start + 1));
      const operation = { operation: { id: 'operation “1”' }, warnings: ['as far as possible'] };
      expect(await store.saveOperationIfLeased(lease, operation)).toBe(true);
      await store.putBackIfLeased(lease, { at: start + 2, dueAt: start + 2, usesTry: false });
      expect(await store.saveOperationIfLeased(lease, { operation: {}, warnings: [] })).toBe(false);
      expect(await store.closeAttemptIfLeased(lease, start + 2, failedAttempt)).toBe(false);
      const [again] = await store.takeOperations({ limit: 1, now: start + 2, leaseMs: 10_000 });
      expect(again?.task.attempts).toMatchObject([{ number: 1, outcome: null, operation }]);
      expect(again?.task.id).toBe(task.id);
    });

    test('inputs that were fetched take the place of their links, and nobody who lost the lease replaces them', async ({
      store,
      told,
    }) => {
      const task = newEdit(2);
      await store.insert([task]);
      const needs = [{ model: task.model, inputs: 2, limit: 1 }];
      const [leased] = await store.takeDue({ needs, now: start, leaseMs: 10_000 });
      const lease = leased?.lease ?? { taskId: '', token: '' };
      const before = await store.find(task.id);
      const changes = told.length;
      const [, link] = task.request.inputs as [TaskInput, TaskInput];
      const inputs = [{ kind: 'stored' as const, key: 'inputs/aa/aa' }, link];
      expect(await store.saveInputsIfLeased({ ...lease, token: 'x' }, [link, link])).toBe(false);
      expect(await store.saveInputsIfLeased(lease, inputs)).toBe(true);
      expect(await store.find(task.id)).toEqual({ ...before, request: { ...task.request, inputs } });
      expect(told).toHaveLength(changes);
      await store.putBackIfLeased(lease, { at: start + 2, dueAt: start + 2, usesTry: false });
      expect(await store.saveInputsIfLeased(lease, [link, link])).toBe(false);
      const [again] = await store.takeDue({ needs, now: start + 2, leaseMs: 10_000 });
      expect(again?.task.request.inputs).toEqual(inputs);
    });

    test('the end of a pending task closes the attempt that was left open', async ({ store, takenTask }) => {
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
      expect((await store.find(task.id))?.attempts).toMatchObject([{ ...attempt, finishedAt: start + 3 }]);
    });
  });
}
