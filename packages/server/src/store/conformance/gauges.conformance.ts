// Gauges: sums over all that is stored, for whoever watches the server.

import { describe, expect } from 'vitest';
import type { NewTask } from '../../core/tasks/task-store.ts';
import { failed, newTask, type OpenStore, start } from './store.fixture.ts';
import { hooksTest } from './webhooks.fixture.ts';

const priced = (estimatedMicroUsd: number, change: Partial<NewTask> = {}) =>
  newTask({ price: { estimatedMicroUsd, unitMicroUsd: null }, ...change });

export function testGauges(name: string, open: OpenStore): void {
  const test = hooksTest(open);
  describe(`gauges on ${name}`, () => {
    test('nothing is told of a store that has nothing', async ({ store }) => {
      expect(await store.readGauges(start)).toEqual({
        openTasks: [],
        reservedMicroUsd: 0,
        deliveries: { pending: 0, dueAt: null },
      });
    });

    test('open tasks are counted by model, with what came first, what is reserved, and the deliveries to make', async ({
      store,
      hooks,
    }) => {
      await hooks.addEndpoint();
      const [first, second] = [priced(40), priced(2, { createdAt: start + 1 })];
      const other = newTask({ model: 'other', createdAt: start + 2 });
      for (const task of [first, second, other]) await store.insert([task]);
      await hooks.take();
      const gauges = await store.readGauges(start + 10);
      expect(gauges.openTasks.toSorted((a, b) => (a.model < b.model ? -1 : 1))).toEqual([
        { model: 'nano-banana', pending: 1, running: 1, oldestAt: start + 1 },
        { model: 'other', pending: 1, running: 0, oldestAt: start + 2 },
      ]);
      expect(gauges.reservedMicroUsd).toBe(42);
      await store.finishIfPending(second.id, failed(start + 5));
      const after = await store.readGauges(start + 10);
      expect(after.reservedMicroUsd).toBe(40);
      expect(after.openTasks).toContainEqual({
        model: 'nano-banana',
        pending: 0,
        running: 1,
        oldestAt: null,
      });
      expect(after.deliveries.pending).toBe(gauges.deliveries.pending + 1);
      expect(after.deliveries.dueAt).toBeGreaterThanOrEqual(start);
      expect(after.deliveries.dueAt).toBeLessThanOrEqual(start + 5);
    });
  });
}
