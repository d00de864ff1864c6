// Leases: the fence of every write to a running task.

import { describe, expect } from 'vitest';
import { callAt, type OpenStore, start, storeTest, succeeded } from './store.fixture.ts';

export function testLeases(name: string, open: OpenStore): void {
  const test = storeTest(open);
  describe(`leases of tasks on ${name}`, () => {
    test('refuses every write of a lease that is lost', async ({ store, take, takenTask }) => {
      const { task, lease } = await takenTask();
      await store.putBackIfLeased(lease, { at: start + 1, dueAt: start + 1, usesTry: true });
      const [again] = await take(start + 1);
      expect(again?.lease.token).not.toBe(lease.token);
      const before = await store.find(task.id);
      expect(await store.openAttemptIfLeased(lease, callAt(start + 2))).toBeNull();
      expect(await store.renewLeases([{ lease, progress: 0.5 }], { now: start + 2, leaseMs: 1 })).toEqual({
        lost: [task.id],
        cancelled: [],
      });
      expect(await store.finishIfLeased(lease, succeeded(start + 2))).toBe(false);
      expect(await store.putBackIfLeased(lease, { at: start + 2, dueAt: start + 2, usesTry: true })).toBe(
        false,
      );
      expect(await store.find(task.id)).toEqual(before);
    });

    test('renews leases and records progress', async ({ store, takenTask }) => {
      const { task, lease } = await takenTask();
      expect(
        await store.renewLeases([{ lease, progress: 0.25 }], { now: start + 9_000, leaseMs: 10_000 }),
      ).toEqual({ lost: [], cancelled: [] });
      expect(await store.find(task.id)).toMatchObject({ progress: 0.25, updatedAt: start + 9_000 });
      const claim = { now: start + 19_000, leaseMs: 1, limit: 10 };
      expect(await store.claimExpiredLeases({ ...claim, by: start + 18_999 })).toEqual([]);
      const expired = await store.claimExpiredLeases({ ...claim, by: start + 19_000 });
      expect(expired.map(({ task: { id } }) => id)).toEqual([task.id]);
    });

    test('a rescuer takes an expired lease over, but not one that was renewed meanwhile', async ({
      store,
      takenTask,
    }) => {
      const { task, lease } = await takenTask();
      const by = start + 10_000;
      const claim = { by, now: by, leaseMs: 10_000, limit: 10 };
      await store.renewLeases([{ lease, progress: 0 }], { now: by, leaseMs: 10_000 });
      expect(await store.claimExpiredLeases(claim)).toEqual([]);
      const later = { ...claim, by: by + 10_000, now: by + 10_000 };
      const claims = await Promise.all([store.claimExpiredLeases(later), store.claimExpiredLeases(later)]);
      expect(claims.map((each) => each.length)).toEqual([1, 0]);
      const back = { at: later.now, dueAt: later.now, usesTry: true };
      expect(await store.putBackIfLeased(lease, back)).toBe(false);
      const [rescued] = claims.flat();
      expect(rescued?.task.attempts).toEqual([]);
      expect(await store.putBackIfLeased(rescued?.lease ?? lease, back)).toBe(true);
      expect(await store.find(task.id)).toMatchObject({ state: 'pending', triesUsed: 1 });
    });
  });
}
