// Lists of a key’s tasks, batches, and the order of changes.

import { describe, expect } from 'vitest';
import type { TaskErrorType } from '../../core/errors.ts';
import type { TaskState } from '../../core/tasks/task.ts';
import type { TaskQuery } from '../../core/tasks/task-reads.ts';
import type { NewTask } from '../../core/tasks/task-store.ts';
import { newTaskId } from '../../lib/ids.ts';
import {
  callAt,
  failed,
  failedAttempt,
  failure,
  newTask,
  type OpenStore,
  start,
  storeTest,
  succeeded,
  view,
  viewKey,
} from './store.fixture.ts';
import type { Store } from '../store.ts';

const madeAt = (at: number, change: Partial<NewTask> = {}) =>
  newTask({ id: newTaskId(start + at), createdAt: start + at, ...change });

async function list(store: Store, query: TaskQuery): Promise<{ ids: string[]; next: string | null }> {
  const { tasks, next } = await store.list(query, { viewKey });
  return { ids: tasks.map(({ id }) => id), next };
}

export function testLists(name: string, open: OpenStore): void {
  const test = storeTest(open);
  describe(`lists of tasks on ${name}`, () => {
    test('finds tasks by the start of their id and by what is in their prompt and metadata', async ({
      store,
    }) => {
      const of = (prompt: string, metadata?: Record<string, string>) =>
        newTask({
          request: {
            prompt,
            inputs: [],
            aspectRatio: 'auto',
            imageSize: '1K',
            ...(metadata === undefined ? {} : { metadata }),
          },
        });
      const [banana, kiwi, plain] = [of('Ein gelber BÄR'), of('x', { order: 'Kiwi-17' }), of('y')];
      for (const task of [banana, kiwi, plain]) await store.insert([task]);
      const found = async (search: string, more = {}) =>
        (await list(store, { keyId: 'key_a', search, limit: 10, ...more })).ids;
      expect(await found('bär')).toEqual([banana.id]);
      expect(await found('ORDER=kiwi')).toEqual([kiwi.id]);
      expect(await found('kiwi-1', { metadata: { order: 'Kiwi-17' } })).toEqual([kiwi.id]);
      expect(await found('kiwi-1', { metadata: { order: 'Kiwi-18' } })).toEqual([]);
      expect(await found(plain.id.toUpperCase())).toEqual([plain.id]);
      expect(await found(plain.id.slice(1))).toEqual([]);
      expect(await found('17 ')).toEqual([]);
      const shown = await store.findListed('key_a', [banana.id, plain.id], { viewKey, promptLength: 5 });
      expect(shown.map(({ promptStart }) => promptStart)).toEqual(['Ein g', 'y']);
    });

    test('finds failed tasks by the reason', async ({ store, takenTask }) => {
      const { task, lease } = await takenTask();
      await takenTask();
      await store.finishIfLeased(lease, failed(start + 1));
      const found = async (failureType: TaskErrorType, state?: TaskState) =>
        (
          await list(store, {
            keyId: task.keyId,
            failureType,
            limit: 10,
            ...(state === undefined ? {} : { state }),
          })
        ).ids;
      expect(await found(failure.type)).toEqual([task.id]);
      expect(await found(failure.type, 'error')).toEqual([task.id]);
      expect(await found(failure.type, 'running')).toEqual([]);
      expect(await found('internal')).toEqual([]);
    });

    test('lists a key’s tasks, newest first, page by page, while others come', async ({ store }) => {
      const tasks = [madeAt(1), madeAt(2), madeAt(3), madeAt(4)];
      await store.insert([...tasks, madeAt(5, { keyId: 'key_b' })]);
      const ids = tasks.map(({ id }) => id).toReversed();
      const first = await list(store, { keyId: 'key_a', limit: 3 });
      expect(first.ids).toEqual(ids.slice(0, 3));
      await store.insert([madeAt(6)]);
      const second = await list(store, { keyId: 'key_a', limit: 3, beforeId: first.next ?? '' });
      expect(second).toEqual({ ids: ids.slice(3), next: null });
      expect(
        (await list(store, { keyId: 'key_a', createdFrom: start + 2, createdBefore: start + 4, limit: 9 }))
          .ids,
      ).toEqual([tasks[2]?.id, tasks[1]?.id]);
      expect(await list(store, { keyId: 'key_c', limit: 3 })).toEqual({ ids: [], next: null });
    });

    test('lists what the filters leave, and goes over no more than it may at once', async ({ store }) => {
      const { request } = newTask();
      const odd = Array.from({ length: 2_100 }, (_, at) => madeAt(at + 10));
      const wanted = madeAt(1, {
        action: 'edit',
        model: 'pro',
        request: { ...request, metadata: { order: '17', shop: 'a' } },
      });
      await store.insert([wanted, ...odd]);
      const filters = [
        { action: 'edit' },
        { model: 'pro' },
        { metadata: { order: '17' } },
        { metadata: { shop: 'a', order: '17' }, state: 'pending' },
      ] as const;
      for (const filter of filters) {
        const first = await list(store, { keyId: 'key_a', ...filter, limit: 5 });
        expect(first.ids).toEqual([]);
        const beforeId = first.next ?? 'there is more';
        expect((await list(store, { keyId: 'key_a', ...filter, beforeId, limit: 5 })).ids).toEqual([
          wanted.id,
        ]);
      }
      for (const filter of [
        { metadata: { order: '18' } },
        { metadata: { toString: 'x' } },
        { state: 'error' },
      ] as const)
        expect(
          (await list(store, { keyId: 'key_a', ...filter, createdBefore: start + 9, limit: 5 })).ids,
        ).toEqual([]);
    });

    test('finds the ids of tasks of all keys by owner, key, state and model, newest first', async ({
      store,
    }) => {
      const tasks = [
        newTask({ keyId: 'key_a', ownerId: 'own_1' }),
        newTask({ keyId: 'key_b', ownerId: 'own_1', model: 'other' }),
        newTask({ keyId: 'key_b' }),
        newTask({ keyId: 'key_c', model: 'other' }),
      ];
      await store.insert(tasks);
      await store.finishIfPending(tasks[3]?.id ?? '', failed(start + 1));
      const find = async (query: object) => {
        const { ids, next } = await store.findIdsOfAll({ limit: 9, ...query });
        return [...ids.map((id) => tasks.findIndex((task) => task.id === id)), next];
      };
      expect(await find({})).toEqual([3, 2, 1, 0, null]);
      expect(await find({ limit: 2 })).toEqual([3, 2, tasks[2]?.id]);
      expect(await find({ beforeId: tasks[2]?.id })).toEqual([1, 0, null]);
      expect(await find({ ownerId: 'own_1' })).toEqual([1, 0, null]);
      expect(await find({ ownerId: 'key_b' })).toEqual([2, null]);
      expect(await find({ keyId: 'key_b' })).toEqual([2, 1, null]);
      expect(await find({ keyId: 'key_b', ownerId: 'own_1', model: 'other' })).toEqual([1, null]);
      expect(await find({ state: 'error' })).toEqual([3, null]);
      expect(await find({ state: 'error', model: 'nano-banana' })).toEqual([null]);
      expect(await find({ keyId: '\0', model: '\0' })).toEqual([null]);
    });

    test('goes over 2,000 tasks of all keys at once, and goes on behind them', async ({ store }) => {
      const rare = newTask({ keyId: 'key_b' });
      const many = Array.from({ length: 2_000 }, () => newTask());
      await store.insert([rare]);
      await store.insert(many);
      const first = await store.findIdsOfAll({ ownerId: 'key_b', limit: 5 });
      expect(first).toEqual({ ids: [], next: many[0]?.id });
      const query = { ownerId: 'key_b', limit: 5, beforeId: first.next ?? '' };
      expect(await store.findIdsOfAll(query)).toEqual({ ids: [rare.id], next: null });
      expect(await store.findIdsOfAll({ keyId: 'key_b', limit: 5 })).toEqual({ ids: [rare.id], next: null });
    });

    test('knows a batch by its id, in the order of its submit, and only for its key', async ({ store }) => {
      const tasks = Array.from({ length: 20 }, () => newTask({ batchId: 'batch' }));
      await store.insert(tasks);
      await store.insert([newTask()]);
      const found = await store.batch('batch', 'key_a');
      expect(found.map(({ id }) => id)).toEqual(tasks.map(({ id }) => id));
      expect(found[0]).toEqual({ id: tasks[0]?.id, state: 'pending', createdAt: start, progress: 0 });
      expect(await store.batch('batch', 'key_b')).toEqual([]);
      expect(await store.keyOfBatch('batch', 'key_a')).toBe('key_a');
      expect(await store.keyOfBatch('batch', 'key_b')).toBeNull();
      expect((await store.find(tasks[3]?.id ?? ''))?.batchId).toBe('batch');
    });

    test('looks at fewer tasks for a filter by metadata where their requests are long', async ({ store }) => {
      const { request } = newTask();
      const long = { ...request, prompt: 'é'.repeat(30_000), metadata: { a: '1' } };
      await store.insert(Array.from({ length: 100 }, () => newTask({ request: long })));
      const wanted = { keyId: 'key_a', metadata: { a: '2' }, limit: 5 };
      let pages = 0;
      for (let next: string | null | undefined; next !== null; pages += 1) {
        const page = await list(store, { ...wanted, ...(next === undefined ? {} : { beforeId: next }) });
        expect(page.ids).toEqual([]);
        ({ next } = page);
      }
      expect(pages).toBeGreaterThan(2);
      expect(await list(store, { keyId: 'key_a', state: 'error', limit: 5 })).toEqual({
        ids: [],
        next: null,
      });
    });

    test('numbers the changes of a key’s tasks in their order', async ({ store, take }) => {
      const [first, second] = [newTask(), newTask({ createdAt: start + 1 })];
      await store.insert([first]);
      await store.insert([second, newTask({ keyId: 'key_b' })]);
      const before = (await store.find(second.id))?.changed ?? 0;
      expect(before).toBeGreaterThan((await store.find(first.id))?.changed ?? 0);
      expect((await store.changedSince('key_a', 0, 9)).map(({ id }) => id)).toEqual([first.id, second.id]);
      const [leased] = await take(start + 1, 1);
      expect((await store.changedSince('key_a', before, 9)).map(({ id }) => id)).toEqual([first.id]);
      const running = (await store.find(first.id))?.changed ?? 0;
      const lease = leased?.lease ?? { taskId: '', token: '' };
      await store.renewLeases([{ lease, progress: 0 }], { now: start + 2, leaseMs: 1_000 });
      expect(await store.changedSince('key_a', running, 9)).toEqual([]);
      await store.renewLeases([{ lease, progress: 0.5 }], { now: start + 2, leaseMs: 1_000 });
      expect((await store.changedSince('key_a', running, 9)).map(({ progress }) => progress)).toEqual([0.5]);
      const calling = (await store.find(first.id))?.changed ?? 0;
      await store.openAttemptIfLeased(lease, callAt(start + 2));
      expect((await store.changedSince('key_a', calling, 9)).map(({ attempts }) => attempts.length)).toEqual([
        1,
      ]);
      const called = (await store.find(first.id))?.changed ?? 0;
      await store.closeAttemptIfLeased(lease, start + 2, failedAttempt);
      expect((await store.changedSince('key_a', called, 9)).map(({ id }) => id)).toEqual([first.id]);
      await store.finishIfLeased(lease, failed(start + 3));
      expect((await store.changedSince('key_a', before, 9)).map(({ state }) => state)).toEqual(['error']);
      expect((await store.changedSince('key_a', 0, 1)).map(({ id }) => id)).toEqual([second.id]);
    });

    test('tells a key’s latest change', async ({ store, takenTask }) => {
      expect(await store.latestChange('key_a')).toBe(0);
      const { task } = await takenTask();
      const other = newTask({ keyId: 'key_b' });
      await store.insert([other]);
      expect(await store.latestChange('key_a')).toBe((await store.find(task.id))?.changed);
      expect(await store.latestChange('key_b')).toBe((await store.find(other.id))?.changed);
    });

    test('gives tasks by their ids in that order, each with what is shown of it, and none of another key', async ({
      store,
      takenTask,
    }) => {
      const { task: ended, lease } = await takenTask();
      await store.finishIfLeased(lease, succeeded(start + 1));
      const [waiting, other] = [newTask(), newTask({ keyId: 'key_b' })];
      await store.insert([waiting, other]);
      const ids = [waiting.id, other.id, newTaskId(), ended.id];
      const wanted = [
        { id: waiting.id, source: { keyId: 'key_a', task: await store.find(waiting.id) }, promptStart: '' },
        { id: ended.id, source: { keyId: 'key_a', view: view.text }, promptStart: '' },
      ];
      expect(await store.findListed('key_a', ids, { viewKey })).toEqual(wanted);
      const { tasks } = await store.list({ keyId: 'key_a', limit: 9 }, { viewKey });
      expect(tasks).toEqual(wanted.toSorted((a, b) => (a.id < b.id ? 1 : -1)));
    });
  });
}
