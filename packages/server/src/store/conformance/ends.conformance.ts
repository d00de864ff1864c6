// Ends of tasks, with the view that is shown of them.

import { describe, expect } from 'vitest';
import { endTask } from '../../core/tasks/task-moves.ts';
import {
  callAt,
  failed,
  type OpenStore,
  result,
  start,
  storeTest,
  succeeded,
  view,
  viewKey,
} from './store.fixture.ts';

export function testEnds(name: string, open: OpenStore): void {
  const test = storeTest(open);
  describe(`ends of tasks on ${name}`, () => {
    test('finishes a task for the holder of its lease, with its attempt and its view', async ({
      store,
      told,
      takenTask,
    }) => {
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
      expect(await store.find(task.id)).toMatchObject({
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
            credential: 'key_1',
            usage: { output_tokens: 1120 },
            costMicroUsd: 33_600,
          },
        ],
      });
      expect(await store.findStatus(task.id, viewKey, 'key_a')).toEqual({ keyId: 'key_a', view: view.text });
      expect(await store.findStatus(task.id, 'another', 'key_a')).toMatchObject({
        task: { state: 'succeeded' },
      });
      expect(told.map(({ state }) => state)).toEqual(['pending', 'running', 'running', 'succeeded']);
    });

    test('a final task never changes again', async ({ store, take, takenTask }) => {
      const { task, lease } = await takenTask();
      await store.finishIfLeased(lease, failed(start + 5));
      const before = await store.find(task.id);
      expect(await store.finishIfLeased(lease, succeeded(start + 6))).toBe(false);
      expect(await store.finishIfPending(task.id, failed(start + 6))).toBe(false);
      expect(await take(start + 7)).toEqual([]);
      expect(await store.find(task.id)).toEqual(before);
    });

    test.for(['succeeded', 'failed'] as const)(
      'stores a task that %s as its view was made, however far it had come',
      async (state, { store, takenTask }) => {
        const { task, lease } = await takenTask();
        await store.renewLeases([{ lease, progress: 0.25 }], { now: start + 1, leaseMs: 10_000 });
        const end = (state === 'failed' ? failed : succeeded)(start + 5);
        await store.finishIfLeased(lease, end);
        const { changed, ...stored } = (await store.find(task.id))!;
        expect(changed).toBeGreaterThan(task.changed);
        expect({ ...stored, changed: task.changed }).toEqual(endTask(task, end));
      },
    );
  });
}
