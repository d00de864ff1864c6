// Limits of a key that has moved from one owner to another: its tasks stay those of the owners under whom they were accepted.

import { describe, expect } from 'vitest';
import { apiKey } from '../../core/keys/api-key.fixture.ts';
import type { LeasedTask } from '../../core/tasks/task-queue.ts';
import type { Limits } from '../../core/limits/limits.ts';
import type { NewTask } from '../../core/tasks/task-store.ts';
import type { Store } from '../store.ts';
import { model } from './fair-order.conformance.ts';
import { newTask, type OpenStore, start, storeTest, succeeded } from './store.fixture.ts';

const keyId = 'key_m';

async function insertKey(store: Store, ownerId: string | null, limits: Limits): Promise<void> {
  const key = apiKey({ id: keyId, ownerId });
  await store.insertKey(key, Buffer.alloc(32, 1), undefined, { limits, budget: null });
}

const move = async (store: Store, ownerId: string | null) =>
  expect(await store.changeKey(keyId, { ownerId }, start)).toBe('changed');

async function submit(store: Store, ownerId: string, count = 1): Promise<NewTask[]> {
  const tasks = Array.from({ length: count }, () => newTask({ keyId, ownerId }));
  for (const task of tasks) await store.insert([task]);
  return tasks;
}

const takeDue = (store: Store, limit: number) =>
  store.takeDue({ needs: [{ model, inputs: 0, limit }], now: start + 10, leaseMs: 10_000 });

const ownersOf = (taken: readonly LeasedTask[]) => taken.map(({ task }) => task.ownerId);

async function end(store: Store, [taken]: readonly LeasedTask[]): Promise<void> {
  const { lease } = taken!;
  expect(await store.finishIfLeased(lease, succeeded(start + 20))).toBe(true);
}

export function testMovedKeys(name: string, open: OpenStore): void {
  const test = storeTest(open);
  describe(`limits of a key that moves between owners on ${name}`, () => {
    test('count what waits under every owner that it had', async ({ store }) => {
      await insertKey(store, null, { waiting: 9 });
      await submit(store, keyId);
      for (const ownerId of ['own_a', 'own_b', 'own_a', 'own_c']) {
        await move(store, ownerId);
        await submit(store, ownerId);
      }
      const waiting = async () => (await store.standingsOf([{ kind: 'key', id: keyId }], start))[0]?.waiting;
      expect(await waiting()).toBe(5);
      await move(store, null);
      expect(await waiting()).toBe(5);
      const tasks = Array.from({ length: 5 }, () => newTask({ keyId, ownerId: keyId }));
      expect(await store.insert(tasks, null, { unpriced: 'refuse' })).toMatchObject({
        refusal: { limit: 'waiting', used: 5, fits: 4 },
      });
    });

    test('count what runs under an earlier owner, also while it has none', async ({ store }) => {
      await insertKey(store, 'own_a', { running: 1 });
      await submit(store, 'own_a');
      const first = await takeDue(store, 5);
      expect(ownersOf(first)).toEqual(['own_a']);
      await move(store, null);
      await submit(store, keyId);
      expect(await takeDue(store, 5)).toEqual([]);
      await end(store, first);
      expect(ownersOf(await takeDue(store, 5))).toEqual([keyId]);
    });

    test('give the place of a task on to those that the key has under another owner', async ({ store }) => {
      await insertKey(store, null, { running: 1 });
      await submit(store, keyId);
      const first = await takeDue(store, 5);
      await move(store, 'own_a');
      await submit(store, 'own_a');
      expect(await takeDue(store, 5)).toEqual([]);
      await end(store, first);
      expect(ownersOf(await takeDue(store, 5))).toEqual(['own_a']);
    });

    test('hold back none of its owner’s other keys', async ({ store }) => {
      await insertKey(store, null, { running: 1 });
      await submit(store, keyId, 2);
      await move(store, 'own_a');
      await submit(store, 'own_a', 2);
      const other = newTask({ keyId: 'key_other', ownerId: 'own_a' });
      await store.insert([other]);
      const taken = await takeDue(store, 9);
      expect(taken.map(({ task }) => task.keyId).toSorted()).toEqual([keyId, 'key_other']);
    });
  });
}
