// How tasks and their pictures go, by age and at their owners’ wish.

import { describe, expect } from 'vitest';
import type { LeasedTask } from '../../core/tasks/task-queue.ts';
import type { NewTask } from '../../core/tasks/task-store.ts';
import {
  callAt,
  failed,
  newEdit,
  newTask,
  type OpenStore,
  result,
  start,
  storeTest,
  succeeded,
  viewKey,
} from './store.fixture.ts';
import type { Store } from '../store.ts';

const measures = { width: 1, height: 1, content_type: 'image/png', bytes: 5, sha256: 'x' };

async function succeededTask(
  takenTask: (change?: Partial<NewTask>) => Promise<LeasedTask>,
  store: Store,
  finishedAt: number,
  change: Partial<NewTask> = {},
): Promise<string> {
  const { task, lease } = await takenTask(change);
  await store.finishIfLeased(lease, succeeded(finishedAt));
  return task.id;
}

export function testRetention(name: string, open: OpenStore): void {
  const test = storeTest(open);
  describe(`the retention of tasks on ${name}`, () => {
    test('finds the pictures that have had their time: the server’s, or that of their request', async ({
      store,
      takenTask,
    }) => {
      const plain = newTask();
      const short = { ...plain.request, expiresInSeconds: 10 };
      const long = { ...plain.request, expiresInSeconds: 100 };
      const ids = [
        await succeededTask(takenTask, store, start + 1_000),
        await succeededTask(takenTask, store, start + 1_000, { request: short }),
        await succeededTask(takenTask, store, start + 1_000, { request: long }),
      ];
      const expired = async (now: number) => {
        const claim = { now: start + now, claimMs: 1, limit: 10 };
        return (await store.claimExpiredPictures({ ...claim, retentionMs: 50_000 })).map(
          ({ taskId }) => taskId,
        );
      };
      expect(await expired(10_999)).toEqual([]);
      expect(await expired(11_000)).toEqual([ids[1]]);
      expect(new Set(await expired(51_000))).toEqual(new Set([ids[0], ids[1]]));
      expect(await expired(51_000)).toEqual([]);
      await store.markPicturesDeleted([ids[0] ?? '', ids[1] ?? ''], start + 51_000);
      expect(await expired(52_000)).toEqual([]);
      expect(await expired(101_000)).toEqual([ids[2]]);
    });

    test('knows the oldest open task with inputs, and that a new installation keeps inputs as long as results', async ({
      store,
    }) => {
      expect([await store.oldestOpenWithInputs(), await store.defaultInputLifetime()]).toEqual([
        null,
        'result',
      ]);
      await store.insert([newTask({ createdAt: start - 9 })]);
      const edits = [newEdit(1, { createdAt: start + 5 }), newEdit(2, { createdAt: start + 3 })];
      await store.insert(edits);
      const needs = [{ model: newTask().model, inputs: 2, limit: 1 }];
      const [taken] = await store.takeDue({ needs, now: start + 9, leaseMs: 1_000 });
      expect(taken?.task.id).toBe(edits[1]?.id);
      expect(await store.oldestOpenWithInputs()).toBe(start + 3);
      if (taken !== undefined) await store.finishIfLeased(taken.lease, failed(start + 10));
      expect(await store.oldestOpenWithInputs()).toBe(start + 5);
    });

    test('deletes the prompts of tasks that have had that time, the oldest first, and nothing else of them', async ({
      store,
      takenTask,
    }) => {
      const { request } = newTask();
      const asked = { ...request, prompt: 'a\0 “banana” \ud800', metadata: { 'a\0': '\ud800' } };
      const [first, second] = [
        await succeededTask(takenTask, store, start + 1_000, { request: asked }),
        await succeededTask(takenTask, store, start + 2_000),
      ];
      const { task: live } = await takenTask();
      const deletePrompts = async (finishedBy: number) => {
        const step = { after: start, finishedBy, at: start + 9_000, among: 9, limit: 1 };
        return (await store.deletePrompts(step)).deleted;
      };
      expect(await deletePrompts(start + 999)).toBe(0);
      expect(await deletePrompts(start + 3_000)).toBe(1);
      const requestOf = async (id: string) => (await store.find(id))?.request;
      expect(await requestOf(first)).toEqual({ ...asked, prompt: '', promptDeleted: true });
      expect(await requestOf(second)).toEqual(request);
      expect([await deletePrompts(start + 3_000), await deletePrompts(start + 3_000)]).toEqual([1, 0]);
      expect(await requestOf(live.id)).toEqual(request);
      const listed = await store.findListed('key_a', [second, live.id], { viewKey, promptLength: 3 });
      expect(listed.map(({ promptStart }) => promptStart)).toEqual(['', 'a “']);
    });

    test('looks for prompts among so many tasks at once, and those that finished with the last of them', async ({
      store,
      takenTask,
    }) => {
      for (const at of [1, 1, 1, 2, 3]) await succeededTask(takenTask, store, start + at);
      const deletePrompts = async (after: number, among: number, limit = 9) => {
        const step = { after: start + after, finishedBy: start + 8, at: start + 9, among, limit };
        const { deleted, upTo } = await store.deletePrompts(step);
        return [deleted, upTo - start];
      };
      // Of the three that finished at once one is left.
      expect(await deletePrompts(0, 2, 2)).toEqual([2, 0]);
      expect(await deletePrompts(0, 2)).toEqual([1, 1]);
      expect(await deletePrompts(0, 4)).toEqual([1, 2]);
      expect(await deletePrompts(0, 4)).toEqual([0, 2]);
      expect(await deletePrompts(2, 4)).toEqual([1, 8]);
      expect(await deletePrompts(0, 9)).toEqual([0, 8]);
    });

    test('deletes final tasks that have had their time, with their attempts, but not while their pictures are there', async ({
      store,
      told,
      takenTask,
    }) => {
      const kept = await succeededTask(takenTask, store, start + 1_000);
      const gone = await succeededTask(takenTask, store, start + 1_000);
      const young = await succeededTask(takenTask, store, start + 3_000);
      const { task: live } = await takenTask();
      await store.markPicturesDeleted([gone, young], start + 1_500);
      told.length = 0;
      expect(await store.deleteFinished({ finishedBy: start + 2_000, at: start + 2_000, limit: 10 })).toBe(1);
      expect(told).toEqual([{ taskId: gone, keyId: 'key_a', state: 'succeeded' }]);
      const found = await Promise.all([kept, gone, young, live.id].map((id) => store.find(id)));
      expect(found.map((task) => task !== null)).toEqual([true, false, true, true]);
      expect(await store.deleteFinished({ finishedBy: start + 2_000, at: start + 2_000, limit: 10 })).toBe(0);
    });

    test('deletes a final task at its owner’s wish, and notes its pictures until they are gone', async ({
      store,
      told,
      takenTask,
    }) => {
      const { task, lease } = await takenTask();
      const keys = ['results/aa/first.png', 'results/aa/second.png'];
      const pictures = keys.map((key) => ({ ...measures, key, fileName: 'output.png' }));
      await store.openAttemptIfLeased(lease, callAt(start));
      expect(await store.deleteIfFinal(task.id, 'key_a', start)).toBeNull();
      await store.finishIfLeased(lease, {
        ...succeeded(start + 1),
        outcome: { state: 'succeeded', result: { ...result, pictures } },
      });
      expect(await store.deleteIfFinal(task.id, 'key_b', start + 2)).toBeNull();
      expect(await store.find(task.id)).not.toBeNull();
      told.length = 0;
      expect((await store.deleteIfFinal(task.id, 'key_a', start + 2))?.toSorted()).toEqual(keys);
      expect([await store.find(task.id), await store.findStatus(task.id, viewKey, 'key_a')]).toEqual([
        null,
        null,
      ]);
      expect(told).toEqual([{ taskId: task.id, keyId: 'key_a', state: 'succeeded' }]);
      expect(await store.deleteIfFinal(task.id, 'key_a', start + 3)).toBeNull();
      const noted = async (notedBy: number, now: number) =>
        (await store.claimPicturesToDelete({ notedBy, now, limit: 10 })).toSorted();
      expect(await noted(start + 1, start + 9)).toEqual([]);
      expect(await noted(start + 2, start + 9)).toEqual(keys);
      // Claimed, they count as noted then, and are somebody else's to delete when that is long enough ago.
      expect(await noted(start + 8, start + 10)).toEqual([]);
      expect(await noted(start + 9, start + 10)).toEqual(keys);
      await store.forgetPictures(keys);
      expect(await noted(start + 10, start + 11)).toEqual([]);
    });

    test('a failed task is deleted too, and one whose pictures are gone leaves nothing to delete', async ({
      store,
      takenTask,
    }) => {
      const { task: lost, lease } = await takenTask();
      await store.finishIfLeased(lease, failed(start + 1));
      expect(await store.deleteIfFinal(lost.id, 'key_a', start + 2)).toEqual([]);
      const { task: expired, lease: held } = await takenTask();
      const pictures = [{ ...measures, key: 'results/aa/old.png', fileName: 'output.png' }];
      const outcome = { state: 'succeeded', result: { ...result, pictures } } as const;
      await store.finishIfLeased(held, { ...succeeded(start + 1), outcome });
      await store.markPicturesDeleted([expired.id], start + 2);
      expect(await store.deleteIfFinal(expired.id, 'key_a', start + 3)).toEqual([]);
    });

    test('gives each task’s pictures to one claim, so many tasks at once', async ({ store, takenTask }) => {
      const pictures = [{ ...measures, key: 'results/aa/one.png', fileName: 'output.png' }];
      for (let count = 0; count < 3; count += 1) {
        const { lease } = await takenTask();
        const outcome = { state: 'succeeded', result: { ...result, pictures } } as const;
        await store.finishIfLeased(lease, { ...succeeded(start + 1), outcome });
      }
      const claim = { now: start + 100, claimMs: 50, limit: 2, retentionMs: 0 };
      const claims = await Promise.all([
        store.claimExpiredPictures(claim),
        store.claimExpiredPictures(claim),
      ]);
      expect(claims.map((each) => each.length)).toEqual([2, 1]);
      expect(new Set(claims.flat().map(({ taskId }) => taskId)).size).toBe(3);
      expect(claims.flat()[0]?.pictures).toEqual(['results/aa/one.png']);
    });
  });
}
