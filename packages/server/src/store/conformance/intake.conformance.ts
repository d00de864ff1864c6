// Tasks that come in: all of a batch or none, durable when the promise resolves, and once for each idempotency key.

import { describe, expect } from 'vitest';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { noMoney } from '../../core/ledger/money.ts';
import { newTaskId } from '../../lib/ids.ts';
import { failed, newTask, type OpenStore, start, storeTest, viewKey } from './store.fixture.ts';

const repeatable = (change = {}) => ({
  keyId: 'key_a',
  idempotencyKey: 'order-17',
  requestHash: 'h1',
  answer: '{"task_id":"first"}',
  expiresAt: start + 1_000,
  ...change,
});

export function testIntake(name: string, open: OpenStore): void {
  const test = storeTest(open);
  describe(`the intake of tasks on ${name}`, () => {
    test('gives back a task as it was inserted', async ({ store, told }) => {
      const task = newTask();
      await store.insert([task]);
      expect(await store.find(task.id)).toEqual({
        ...task,
        ownerId: task.keyId,
        priority: 0,
        batchId: null,
        state: 'pending',
        updatedAt: start,
        changed: expect.any(Number),
        cancelRequestedAt: null,
        dueAt: start,
        finishedAt: null,
        progress: 0,
        triesUsed: 0,
        result: null,
        failure: null,
        attempts: [],
        money: noMoney,
      });
      expect(await store.findStatus(task.id, viewKey, 'key_a')).toEqual({
        keyId: 'key_a',
        task: await store.find(task.id),
      });
      expect(await store.countPending()).toBe(1);
      expect(told).toEqual([{ taskId: task.id, keyId: 'key_a', state: 'pending' }]);
    });

    test('what was read before a write does not hide it afterwards', async ({ store }) => {
      const task = newTask();
      const write = store.insert([task]);
      await store.findStatus(task.id, viewKey, 'key_a');
      await write;
      expect(await store.findStatus(task.id, viewKey, 'key_a')).toMatchObject({ task: { state: 'pending' } });
      const ended = store.finishIfPending(task.id, failed(start + 1));
      while ('task' in ((await store.findStatus(task.id, viewKey, 'key_a')) ?? {})) await nextTurn();
      await ended;
      expect((await store.find(task.id))?.state).toBe('error');
    });

    test('knows nothing of an id that never was', async ({ store }) => {
      expect(await store.find(newTaskId())).toBeNull();
      expect(await store.findStatus(newTaskId(), viewKey, 'key_a')).toBeNull();
      expect(await store.findListed('key_a', [newTaskId()], { viewKey })).toEqual([]);
    });

    test('refuses a second task with the same id, and the writes that arrive with it are kept', async ({
      store,
    }) => {
      const task = newTask();
      const other = newTask();
      await store.insert([task]);
      const writes = await Promise.allSettled([store.insert([task]), store.insert([other])]);
      expect(writes.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
      expect((await store.find(other.id))?.state).toBe('pending');
    });

    test('inserts a batch of any size as one: all of it or nothing', async ({ store }) => {
      const large = () => {
        const { request } = newTask();
        return newTask({ request: { ...request, prompt: '"🍌'.repeat(20_000) } });
      };
      const batch = Array.from({ length: 20 }, large);
      const other = Array.from({ length: 20 }, large);
      const [, , refused] = await Promise.allSettled([
        store.insert(batch),
        store.insert(other),
        store.insert([large(), ...batch, large()]),
      ]);
      expect(refused.status).toBe('rejected');
      expect(await store.countPending()).toBe(40);
      for (const task of [...batch, ...other])
        expect((await store.find(task.id))?.request).toEqual(task.request);
      const once = {
        keyId: 'key_a',
        idempotencyKey: 'k',
        requestHash: 'h',
        answer: 'first',
        expiresAt: start + 9,
      };
      const again = Array.from({ length: 20 }, large);
      expect(await store.insert(again, once)).toEqual({ kind: 'inserted' });
      expect(await store.insert(Array.from({ length: 20 }, large), once)).toMatchObject({
        kind: 'repeated',
        answer: { answer: 'first' },
      });
      expect(await store.countPending()).toBe(60);
    });

    test('stores several tasks or none of them', async ({ store }) => {
      const [first, second] = [newTask(), newTask()];
      await store.insert([first]);
      await expect(store.insert([second, first])).rejects.toThrow(/unique/i);
      expect(await store.find(second.id)).toBeNull();
      await store.insert([second, newTask()]);
      expect(await store.countPending()).toBe(3);
    });

    test('an answer that is kept is given again, and nothing is stored, however many ask at once', async ({
      store,
    }) => {
      const answers = await Promise.all(
        Array.from({ length: 50 }, (_, number) =>
          store.insert([newTask()], repeatable({ answer: `"${number}"` })),
        ),
      );
      expect(answers[0]).toEqual({ kind: 'inserted' });
      for (const answer of answers.slice(1))
        expect(answer).toMatchObject({ kind: 'repeated', answer: { answer: '"0"' } });
      expect(await store.countPending()).toBe(1);
      expect(await store.insert([newTask()], repeatable({ requestHash: 'h2' }))).toMatchObject({
        answer: { requestHash: 'h1' },
      });
      expect(await store.insert([newTask()], repeatable({ keyId: 'key_b' }))).toEqual({ kind: 'inserted' });
      expect(await store.findAnswer('key_a', 'order-17', start)).toEqual(repeatable({ answer: '"0"' }));
      expect(await store.findAnswer('key_a', 'order-17', start + 1_000)).toBeNull();
    });

    test('an answer that has expired is forgotten', async ({ store }) => {
      await store.insert([newTask()], repeatable());
      expect(
        await store.insert([newTask({ createdAt: start + 1_000 })], repeatable({ requestHash: 'h2' })),
      ).toEqual({ kind: 'inserted' });
      expect(await store.findAnswer('key_a', 'order-17', start)).toMatchObject({ requestHash: 'h2' });
      expect(await store.deleteExpiredAnswers(start + 999)).toBe(0);
      expect(await store.deleteExpiredAnswers(start + 1_000)).toBe(1);
      expect(await store.findAnswer('key_a', 'order-17', start)).toBeNull();
    });

    test('keeps what hundreds of writers hand in at once', async ({ store }) => {
      const tasks = Array.from({ length: 500 }, () => newTask());
      await Promise.all(tasks.map((task) => store.insert([task])));
      expect(await store.countPending()).toBe(500);
      const found = await Promise.all(tasks.map(({ id }) => store.find(id)));
      expect(found.every((task) => task?.state === 'pending')).toBe(true);
    });
  });
}
