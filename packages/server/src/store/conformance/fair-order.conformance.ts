// Fair order of owners: whose task is taken next, and what is predicted of it.

import { describe, expect } from 'vitest';
import type { LeasedTask, PutBack } from '../../core/tasks/task-queue.ts';
import type { NewTask } from '../../core/tasks/task-store.ts';
import { owner } from '../../core/owners/owner.fixture.ts';
import type { Store } from '../store.ts';
import { callAt, failed, newEdit, newTask, type OpenStore, start, storeTest } from './store.fixture.ts';

export const model = 'nano-banana';

/** Inserts tasks of an owner, who is a key by itself, one after another. */
export async function submit(store: Store, ownerId: string, count: number, change: Partial<NewTask> = {}) {
  const tasks = Array.from({ length: count }, () => newTask({ keyId: ownerId, ownerId, ...change }));
  for (const task of tasks) await store.insert([task]);
  return tasks;
}

const takeNeeds = (store: Store, limits: readonly number[]) =>
  store.takeDue({
    needs: limits.flatMap((limit, inputs) => (limit === 0 ? [] : [{ model, inputs, limit }])),
    now: start + 10,
    leaseMs: 10_000,
  });

export const ownersOf = (taken: readonly LeasedTask[]) => taken.map(({ task }) => task.ownerId).join(' ');

/** Takes all that waits, so many at once. */
async function takeAll(store: Store, limit: number): Promise<LeasedTask[]> {
  const all: LeasedTask[] = [];
  for (;;) {
    const taken = await takeNeeds(store, [limit]);
    if (taken.length === 0) return all;
    all.push(...taken);
  }
}

const putBack: PutBack = { at: start + 20, dueAt: start + 20, usesTry: true };
const ids = (tasks: readonly { id: string }[]) => tasks.map(({ id }) => id);
const takenIds = (taken: readonly LeasedTask[]) => ids(taken.map(({ task }) => task));

export function testFairOrder(name: string, open: OpenStore): void {
  const test = storeTest(open);
  describe(`the fair order of tasks on ${name}`, () => {
    test.for([1, 3, 20])(
      'gives owners their turns one after another, however many tasks and keys they have, taken %i at once',
      async (limit, { store }) => {
        await submit(store, 'own_a', 3, { keyId: 'key_1' });
        await submit(store, 'own_a', 3, { keyId: 'key_2' });
        await submit(store, 'own_c', 1);
        await submit(store, 'own_b', 2);
        expect(ownersOf(await takeAll(store, limit))).toBe(
          'own_a own_b own_c own_a own_b own_a own_a own_a own_a',
        );
      },
    );

    test('takes by the weight that an owner has then', async ({ store }) => {
      await store.insertOwner(owner({ id: 'own_b', weight: 3 }));
      await submit(store, 'own_a', 20);
      await submit(store, 'own_b', 20);
      const counts = async (limit: number) => {
        const taken = await takeNeeds(store, [limit]);
        return taken.filter(({ task }) => task.ownerId === 'own_b').length;
      };
      expect(await counts(8)).toBe(6);
      await store.changeOwner('own_b', { weight: 1 });
      expect(Math.abs((await counts(8)) - 4)).toBeLessThanOrEqual(1);
    });

    test('gives who comes anew neither credit for the time without tasks nor debt for what it used alone', async ({
      store,
    }) => {
      await submit(store, 'own_a', 30);
      expect(await takeNeeds(store, [20])).toHaveLength(20);
      await submit(store, 'own_b', 5);
      expect(ownersOf(await takeNeeds(store, [4]))).toBe('own_b own_a own_b own_a');
      expect(await takeAll(store, 4)).toHaveLength(11);
      await submit(store, 'own_b', 2);
      await submit(store, 'own_a', 2);
      const last = ownersOf(await takeAll(store, 1));
      expect(['own_a own_b own_a own_b', 'own_b own_a own_b own_a']).toContain(last);
    });

    test('counts what an owner was served for one need against its turn for another', async ({ store }) => {
      const inputs = newEdit(1).request;
      await submit(store, 'own_a', 3, { request: inputs });
      await submit(store, 'own_a', 3);
      await submit(store, 'own_b', 5);
      const taken = await takeNeeds(store, [0, 3]).then(async (first) => [
        ...first,
        ...(await takeNeeds(store, [6])),
      ]);
      expect(ownersOf(taken.slice(0, 3))).toBe('own_a own_a own_a');
      // Turns that own_b could not have are no credit: it is served first, and then in turn.
      expect(ownersOf(taken.slice(3))).toBe('own_b own_a own_b own_a own_b own_a');
    });

    test('carries turns from need to need within one take', async ({ store }) => {
      await submit(store, 'own_a', 3);
      await submit(store, 'own_a', 3, { request: newEdit(1).request });
      await submit(store, 'own_b', 5, { request: newEdit(1).request });
      const taken = await takeNeeds(store, [3, 4]);
      expect(ownersOf(taken)).toBe('own_a own_a own_a own_b own_b own_b own_a');
    });

    test('takes a task that is due again in its owner’s turn, however many of others were due before', async ({
      store,
    }) => {
      await submit(store, 'own_a', 30);
      await submit(store, 'own_b', 1);
      for (const { lease, task } of await takeAll(store, 31)) {
        const dueAt = task.ownerId === 'own_a' ? start + 21 : start + 22;
        await store.putBackIfLeased(lease, { ...putBack, dueAt });
      }
      const needs = [{ model, inputs: 0, limit: 1 }];
      const first = await store.takeDue({ needs, now: start + 30, leaseMs: 10_000 });
      expect(ownersOf(first)).toBe('own_b');
    });

    test('takes an owner’s tasks by priority, then by id, and no other owner’s for it', async ({ store }) => {
      const [a1, a2] = await submit(store, 'own_a', 2);
      const [a3, a4] = await submit(store, 'own_a', 2, { priority: 5 });
      const [b1] = await submit(store, 'own_b', 1);
      expect(takenIds(await takeAll(store, 10))).toEqual([a3, b1, a4, a1, a2].map((task) => task?.id));
    });

    test('keeps a task that waits for its own retry out of the order until it is due, then in its old place', async ({
      store,
    }) => {
      const [first, second, third] = await submit(store, 'own_a', 3);
      const [taken] = await takeNeeds(store, [1]);
      if (taken === undefined || first === undefined) throw new Error('nothing was taken');
      await store.putBackIfLeased(taken.lease, { ...putBack, dueAt: start + 500 });
      const now = { needs: [{ model, inputs: 0, limit: 1 }], leaseMs: 10_000 };
      expect(takenIds(await store.takeDue({ ...now, now: start + 499 }))).toEqual([second?.id]);
      expect(takenIds(await store.takeDue({ ...now, now: start + 500 }))).toEqual([first.id]);
      expect(takenIds(await store.takeDue({ ...now, now: start + 500 }))).toEqual([third?.id]);
    });

    test('lets owners pay for nothing that was cancelled, or too late', async ({ store }) => {
      const cancelled = await submit(store, 'own_a', 5);
      await submit(store, 'own_a', 2, { deadlineAt: start + 5 });
      await submit(store, 'own_a', 2);
      await submit(store, 'own_b', 3);
      for (const { id } of cancelled) expect(await store.finishIfPending(id, failed(start + 1))).toBe(true);
      expect(ownersOf(await takeAll(store, 2))).toBe('own_a own_b own_a own_b own_b');
      expect((await store.pendingWork(start + 10)).needs).toEqual([]);
    });

    test('leaves tasks with an operation to resume to those who resume', async ({ store, take }) => {
      await submit(store, 'own_a', 1);
      const [leased] = await take();
      if (leased === undefined) throw new Error('nothing was taken');
      await store.openAttemptIfLeased(leased.lease, callAt(start + 1));
      await store.saveOperationIfLeased(leased.lease, { operation: { id: 'operation' }, warnings: [] });
      await store.putBackIfLeased(leased.lease, putBack);
      expect((await store.pendingWork(start + 30)).needs).toEqual([]);
      expect(await takeAll(store, 5)).toEqual([]);
      expect(await store.takeOperations({ limit: 5, now: start + 30, leaseMs: 1 })).toHaveLength(1);
    });

    test('names for each need the owner whose turn it is, with its weight and its turn, which is not before the virtual time', async ({
      store,
    }) => {
      await store.insertOwner(owner({ id: 'own_b', weight: 2 }));
      await submit(store, 'own_a', 3);
      await submit(store, 'own_b', 2, { request: newEdit(1).request });
      const needs = async () => (await store.pendingWork(start + 10)).needs;
      const before = await needs();
      expect(before).toMatchObject([
        { model, inputs: 0, ownerId: 'own_a', weight: 1, dueAt: start },
        { model, inputs: 1, ownerId: 'own_b', weight: 2, dueAt: start },
      ]);
      await takeNeeds(store, [2, 1]);
      const grown = (await needs()).map(({ turn }, index) => turn - (before[index]?.turn ?? 0));
      // The turn of the second is 0.5, and the virtual time 1.
      expect(grown).toEqual([2, 1]);
    });

    test('forgets turns that the virtual time has reached, and none that lies ahead', async ({ store }) => {
      for (const each of ['own_a', 'own_b', 'own_c']) await submit(store, each, 1);
      await takeAll(store, 9);
      expect(await store.deletePassedTurns(9)).toBe(0);
      await submit(store, 'own_a', 3);
      await takeAll(store, 9);
      expect(await store.deletePassedTurns(1)).toBe(1);
      expect(await store.deletePassedTurns(9)).toBe(1);
      expect(await store.deletePassedTurns(9)).toBe(0);
      await submit(store, 'own_a', 1);
      await submit(store, 'own_b', 1);
      const owners = (await takeAll(store, 9)).map(({ task }) => task.ownerId);
      expect(owners).toEqual(['own_b', 'own_a']);
    });

    test('predicts the order in which tasks are taken', async ({ store }) => {
      await store.insertOwner(owner({ id: 'own_b', weight: 2 }));
      await submit(store, 'own_a', 9);
      await submit(store, 'own_a', 1, { priority: 1 });
      await submit(store, 'own_b', 5);
      for (const each of ['own_c', 'own_d', 'own_e']) await submit(store, each, 1);
      await submit(store, 'own_a', 1, { model: 'another' });
      await takeNeeds(store, [3]);
      const part = await store.pendingQueue(model, 4);
      const whole = await store.pendingQueue(model, 100);
      expect(part).toMatchObject({ isWhole: false, heldOwners: [], heldKeys: [] });
      expect(whole).toMatchObject({ isWhole: true });
      expect(part.entries).toEqual(whole.entries.slice(0, 4));
      expect(ids(whole.entries)).toEqual(takenIds(await takeAll(store, 3)));
      expect(await store.pendingQueue('none', 2)).toMatchObject({ entries: [], isWhole: true });
    });
  });
}
