// Limits on how many tasks of an owner or a key run at once, as they are kept by the take.

import { describe, expect } from 'vitest';
import type { Limited } from '../../core/limits/limits.ts';
import { nothingLimited } from '../../core/limits/subjects.ts';
import type { LeasedTask } from '../../core/tasks/task-queue.ts';
import type { Store } from '../store.ts';
import { model, ownersOf, submit } from './fair-order.conformance.ts';
import { type OpenStore, start, storeTest, succeeded } from './store.fixture.ts';
import { setLimited } from '../limits.fixture.ts';

const upTo = (running: number): Limited => ({ limits: { running }, budget: null });

const takeDue = (store: Store, limit: number, defaults?: Parameters<Store['takeDue']>[0]['defaults']) =>
  store.takeDue({ needs: [{ model, inputs: 0, limit }], now: start + 10, leaseMs: 10_000, defaults });

const keysOf = (taken: readonly LeasedTask[]) => taken.map(({ task }) => task.keyId).join(' ');

async function end(store: Store, taken: readonly LeasedTask[]): Promise<void> {
  for (const { lease } of taken) expect(await store.finishIfLeased(lease, succeeded(start + 20))).toBe(true);
}

const waits = async (store: Store) => (await store.pendingWork(start + 30)).needs.length > 0;

export function testRunningLimits(name: string, open: OpenStore): void {
  const test = storeTest(open);
  describe(`a limit on running tasks on ${name}`, () => {
    test('is never passed, and others are served meanwhile', async ({ store }) => {
      await setLimited(store, 'own_a', upTo(2));
      await submit(store, 'own_a', 6);
      await submit(store, 'own_b', 3);
      const taken = (await Promise.all(Array.from({ length: 6 }, () => takeDue(store, 3)))).flat();
      expect(ownersOf(taken).split(' ').toSorted().join(' ')).toBe('own_a own_a own_b own_b own_b');
      expect(await waits(store)).toBe(false);
    });

    test('gives the place of a task that ends, or goes back, to the next', async ({ store }) => {
      await setLimited(store, 'own_a', upTo(1));
      const [first, second] = await submit(store, 'own_a', 3);
      const taken = await takeDue(store, 3);
      expect(taken.map(({ task }) => task.id)).toEqual([first?.id]);
      await end(store, taken);
      expect(await waits(store)).toBe(true);
      const [next, ...none] = await takeDue(store, 3);
      expect([next?.task.id, none]).toEqual([second?.id, []]);
      expect(await waits(store)).toBe(false);
      const back = { at: start + 20, dueAt: start + 900_000, usesTry: true };
      await store.putBackIfLeased(next?.lease ?? { taskId: '', token: '' }, back);
      expect(await waits(store)).toBe(true);
      expect(await takeDue(store, 3)).toHaveLength(1);
    });

    test('gives no credit for the time in which it held its owner', async ({ store }) => {
      await setLimited(store, 'own_a', upTo(1));
      await submit(store, 'own_a', 20);
      await submit(store, 'own_b', 20);
      const [held] = await takeDue(store, 11);
      await setLimited(store, 'own_a', nothingLimited);
      await store.releaseHeld();
      expect(held?.task.ownerId).toBe('own_a');
      const served = ownersOf(await takeDue(store, 10)).match(/own_a/g) ?? [];
      expect(Math.abs(served.length - 5)).toBeLessThanOrEqual(1);
    });

    test('of a key leaves the other keys of its owner their turns', async ({ store }) => {
      await setLimited(store, 'key_1', upTo(1));
      await submit(store, 'own_a', 8, { keyId: 'key_1' });
      await submit(store, 'own_a', 2, { keyId: 'key_2' });
      await submit(store, 'own_b', 4);
      const taken = await takeDue(store, 20);
      expect(keysOf(taken)).toBe('key_1 own_b key_2 own_b key_2 own_b own_b');
      const counted = (await store.countRunning()).map(
        (each) => `${each.ownerId} ${each.keyId} ${each.count}`,
      );
      expect(counted.toSorted()).toEqual(['own_a key_1 1', 'own_a key_2 2', 'own_b own_b 4']);
      expect(await waits(store)).toBe(false);
      await end(store, taken.slice(0, 1));
      expect(await waits(store)).toBe(true);
      expect(keysOf(await takeDue(store, 20))).toBe('key_1');
      expect(await waits(store)).toBe(false);
    });

    test('holds for needs together', async ({ store }) => {
      await setLimited(store, 'own_a', upTo(2));
      await submit(store, 'own_a', 2);
      await submit(store, 'own_a', 2, { model: 'another' });
      const needs = [
        { model, inputs: 0, limit: 1 },
        { model: 'another', inputs: 0, limit: 5 },
      ];
      const taken = await store.takeDue({ needs, now: start + 10, leaseMs: 10_000 });
      expect(taken.map(({ task }) => task.model)).toEqual([model, 'another']);
      await end(store, taken);
      expect((await store.pendingWork(start + 30)).needs).toHaveLength(2);
    });

    test('that is raised, or removed, lets as many more be taken', async ({ store }) => {
      await setLimited(store, 'own_a', upTo(1));
      await setLimited(store, 'key_1', upTo(1));
      await submit(store, 'own_a', 5);
      await submit(store, 'own_b', 5, { keyId: 'key_1' });
      expect(await takeDue(store, 20)).toHaveLength(2);
      await setLimited(store, 'own_a', upTo(2));
      await setLimited(store, 'key_1', upTo(3));
      await store.releaseHeld();
      expect(
        ownersOf(await takeDue(store, 20))
          .split(' ')
          .toSorted(),
      ).toEqual(['own_a', 'own_b', 'own_b']);
      await setLimited(store, 'own_a', nothingLimited);
      await setLimited(store, 'key_1', nothingLimited);
      await store.releaseHeld();
      expect(await takeDue(store, 20)).toHaveLength(5);
    });

    test('is the default where none is set, and none may be set', async ({ store }) => {
      const defaults = { key: upTo(2), owner: upTo(1) };
      await setLimited(store, 'own_b', upTo(9));
      await submit(store, 'own_a', 3);
      await submit(store, 'own_b', 3, { keyId: 'key_1' });
      await submit(store, 'own_c', 3, { keyId: 'key_2' });
      const taken = await takeDue(store, 20, defaults);
      expect(ownersOf(taken).split(' ').toSorted().join(' ')).toBe('own_a own_a own_b own_b own_c');
      await store.releaseHeld(defaults);
      expect(await takeDue(store, 20, defaults)).toEqual([]);
      await store.releaseHeld();
      expect(await takeDue(store, 20)).toHaveLength(4);
    });

    test('of nothing takes nothing, and what waits can be cancelled', async ({ store }) => {
      await setLimited(store, 'own_a', upTo(0));
      const [task] = await submit(store, 'own_a', 1);
      expect(await takeDue(store, 5)).toEqual([]);
      expect(await waits(store)).toBe(false);
      expect(await store.finishIfPending(task?.id ?? '', succeeded(start + 5))).toBe(true);
    });

    test('is told of those that it holds', async ({ store }) => {
      await setLimited(store, 'own_a', upTo(1));
      await setLimited(store, 'key_1', upTo(1));
      await submit(store, 'own_a', 2);
      await submit(store, 'own_b', 2, { keyId: 'key_1' });
      await submit(store, 'own_c', 4);
      await takeDue(store, 5);
      const queue = await store.pendingQueue(model, 10);
      expect(queue).toMatchObject({ heldOwners: ['own_a'], heldKeys: ['key_1'], isWhole: true });
      expect(queue.entries.map(({ ownerId }) => ownerId)).toEqual(['own_c']);
    });
  });
}
