// How long tasks take, and what runs.

import { describe, expect } from 'vitest';
import { callAt, failed, failure, type OpenStore, start, storeTest, succeeded } from './store.fixture.ts';

export function testLoad(name: string, open: OpenStore): void {
  const test = storeTest(open);
  describe(`the load of tasks on ${name}`, () => {
    test('tells how long the latest runs took that succeeded, and since when others run', async ({
      store,
      takenTask,
    }) => {
      const end = {
        outcome: 'succeeded',
        failure: null,
        maybeBilled: false,
        usage: null,
        costMicroUsd: null,
      } as const;
      for (const took of [1_000, 2_000, 3_000]) {
        const { lease } = await takenTask();
        await store.openAttemptIfLeased(lease, callAt(start + 100));
        const at = start + 100 + took;
        await store.finishIfLeased(lease, { ...succeeded(at), attempt: end });
      }
      const lost = await takenTask();
      await store.openAttemptIfLeased(lost.lease, callAt(start));
      await store.finishIfLeased(lost.lease, {
        ...failed(start + 9_000),
        attempt: { ...end, outcome: 'failed', failure },
      });
      const model = 'nano-banana';
      expect(await store.recentRuns(10)).toEqual(
        [3_000, 2_000, 1_000].map((durationMs) => ({ model, durationMs })),
      );
      expect(await store.recentRuns(2)).toEqual([{ model, durationMs: 3_000 }]);

      const calling = await takenTask();
      await store.openAttemptIfLeased(calling.lease, callAt(start + 7));
      await takenTask();
      const running = (await store.running()).toSorted((a, b) => (b.since ?? 0) - (a.since ?? 0));
      expect(running).toEqual([
        { model, since: start + 7 },
        { model, since: null },
      ]);
    });
  });
}
