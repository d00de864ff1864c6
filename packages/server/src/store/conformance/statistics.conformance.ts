// Counts of tasks, which are part of the transaction of what they count.

import { describe, expect } from 'vitest';
import type { CountedBucket, TaskCounts } from '../../core/tasks/statistics.ts';
import {
  coarseMs,
  countedSince,
  durationClass,
  fineMs,
  fineSince,
  noCounts,
} from '../../core/tasks/task-counts.ts';
import type { AttemptEnd, LeasedTask, TaskEnd } from '../../core/tasks/task-queue.ts';
import {
  callAt,
  failed,
  failedAttempt,
  newTask,
  type OpenStore,
  storeTest,
  succeeded,
} from './store.fixture.ts';
import type { Store } from '../store.ts';

/** At the beginning of a coarse bucket. */
const start = Math.ceil(1_800_000_000_000 / coarseMs) * coarseMs;
const spent = (costMicroUsd: number | null): AttemptEnd => ({
  ...failedAttempt,
  failure: null,
  costMicroUsd,
});
const ended = (at: number): TaskEnd => ({
  ...succeeded(at),
  attempt: { ...spent(30_000), outcome: 'succeeded' },
});

async function taken(store: Store, createdAt: number): Promise<LeasedTask> {
  await store.insert([newTask({ createdAt, deadlineAt: createdAt + coarseMs })]);
  const needs = [{ model: 'nano-banana', inputs: 0, limit: 1 }];
  const [leased] = await store.takeDue({ needs, now: createdAt + 1_000, leaseMs: 10_000 });
  if (leased === undefined) throw new Error('nothing was taken');
  return leased;
}

const all = (store: Store): Promise<CountedBucket[]> => store.countsBetween(0, Number.MAX_SAFE_INTEGER);

export function testStatistics(name: string, open: OpenStore): void {
  const test = storeTest(open);
  describe(`statistics on ${name}`, () => {
    test('a task is counted when it comes and when it ends, with what all its attempts cost', async ({
      store,
    }) => {
      const { lease } = await taken(store, start);
      await store.openAttemptIfLeased(lease, callAt(start + 2_000));
      await store.closeAttemptIfLeased(lease, start + 3_000, spent(7));
      await store.openAttemptIfLeased(lease, callAt(start + 4_000));
      const end = ended(start + fineMs + 8_000);
      expect(await store.finishIfLeased(lease, end)).toBe(true);
      expect(await store.finishIfLeased(lease, end)).toBe(false);
      const model = 'nano-banana';
      expect(await all(store)).toEqual([
        {
          bucketAt: start,
          model,
          counts: { ...noCounts(), submitted: 1 },
        },
        {
          bucketAt: start + fineMs,
          model,
          counts: {
            submitted: 0,
            ended: { succeeded: 1 },
            costMicroUsd: 30_007,
            durations: { [durationClass(fineMs + 8_000)]: 1 },
            dwells: { [durationClass(2_000)]: 1 },
            runs: { [durationClass(fineMs + 6_000)]: 1 },
          },
        },
      ]);
      expect(await store.countsBetween(start + 1, start + fineMs)).toEqual([]);
    });

    test('failures are counted by type and without a duration, also those of tasks that never ran', async ({
      store,
    }) => {
      const { lease } = await taken(store, start);
      await store.finishIfLeased(lease, failed(start + 9));
      for (const type of ['cancelled', 'deadline_exceeded', 'cancelled'] as const) {
        const task = newTask({ createdAt: start, deadlineAt: start + coarseMs });
        await store.insert([task]);
        await store.finishIfPending(task.id, failed(start + 10, type));
      }
      expect((await all(store)).map(({ counts }) => counts)).toEqual([
        {
          submitted: 4,
          ended: { no_image: 1, cancelled: 2, deadline_exceeded: 1 },
          costMicroUsd: 0,
          durations: {},
          dwells: {},
          runs: {},
        },
      ]);
    });

    test('a batch is counted by its models, and neither what is refused nor what is answered again', async ({
      store,
    }) => {
      const tasks = [newTask(), newTask(), newTask({ model: 'other' })];
      const once = { keyId: 'k', idempotencyKey: 'i', requestHash: '', answer: '{}', expiresAt: start * 2 };
      await store.insert(tasks, once);
      expect(await store.insert([newTask()], once)).toMatchObject({ kind: 'repeated' });
      await expect(store.insert([newTask(), ...tasks])).rejects.toThrow(/unique/i);
      expect((await all(store)).map(({ model, counts }) => [model, counts.submitted])).toEqual([
        ['nano-banana', 2],
        ['other', 1],
      ]);
    });

    test('fine buckets are joined into coarse ones after two days, and deleted after ninety, without a count lost before', async ({
      store,
    }) => {
      const now = start + 100 * 24 * 3_600_000;
      const times = [
        countedSince(now) - fineMs,
        countedSince(now),
        start + 50 * 24 * 3_600_000 + fineMs,
        start + 50 * 24 * 3_600_000 + 2 * fineMs,
        fineSince(now) - fineMs,
        fineSince(now) + fineMs,
        now - 1,
      ];
      for (const createdAt of times) await store.insert([newTask({ createdAt, deadlineAt: createdAt + 1 })]);
      const kept = (await all(store)).filter(({ bucketAt }) => bucketAt >= countedSince(now));
      await store.foldStatistics(now);
      const folded = await all(store);
      await store.foldStatistics(now);
      expect(await all(store)).toEqual(folded);
      expect(folded.map(({ bucketAt, counts }) => [bucketAt, counts.submitted])).toEqual([
        [countedSince(now), 1],
        [start + 50 * 24 * 3_600_000, 2],
        [fineSince(now) - coarseMs, 1],
        [fineSince(now) + fineMs, 1],
        [now - fineMs, 1],
      ]);
      const total = (counts: { counts: TaskCounts }[]) =>
        counts.reduce((sum, each) => sum + each.counts.submitted, 0);
      expect(total(folded)).toBe(total(kept));
    });

    test('what waits is counted by model, beside the event loop', async ({ store }) => {
      await store.insert([newTask(), newTask({ model: 'other' }), newTask({ model: 'other' })]);
      await taken(store, 1_000);
      let isThere = false;
      const counted = store.countPendingByModel().finally(() => (isThere = true));
      // Reads on the loop would be there before its next turn.
      for (let step = 0; step < 20; step += 1) await Promise.resolve();
      expect(isThere).toBe(false);
      expect(await counted).toEqual([
        { model: 'nano-banana', count: 1 },
        { model: 'other', count: 2 },
      ]);
    });
  });
}
