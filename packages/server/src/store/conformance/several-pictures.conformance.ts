// Tasks for several pictures: their open attempts beside each other, what these brought, and what is counted of them.

import { describe, expect } from 'vitest';
import type { Gate } from '../../core/limits/judge-submit.ts';
import type { BroughtPictures } from '../../core/tasks/task.ts';
import type { NewTask } from '../../core/tasks/task-store.ts';
import {
  callAt,
  failed,
  failedAttempt,
  newTask,
  type OpenStore,
  start,
  storeTest,
  succeeded,
  target,
} from './store.fixture.ts';
import { setLimited } from '../limits.fixture.ts';

const forSeveral = (count: number, change: Partial<NewTask> = {}): NewTask => {
  const task = newTask(change);
  return { ...task, request: { ...task.request, count } };
};
const request = forSeveral(3).request;
const operation = { operation: { id: 'job-1' }, warnings: [] };
const brought: BroughtPictures = {
  pictures: [
    {
      index: 1,
      picture: {
        key: 'results/a.png',
        fileName: 'output.png',
        content_type: 'image/png',
        width: 4,
        height: 3,
        bytes: 5,
        sha256: 'a',
      },
    },
  ],
  description: 'a “banana” \ud800',
  warnings: [],
};
const made = { ...failedAttempt, outcome: 'succeeded', failure: null, costMicroUsd: 7, brought } as const;
const gate: Gate = { unpriced: 'allow' };

export function testSeveralPictures(name: string, open: OpenStore): void {
  const test = storeTest(open);
  describe(`tasks for several pictures on ${name}`, () => {
    test('have an open attempt for each picture, and each ends for itself', async ({ store, takenTask }) => {
      const { task, lease } = await takenTask({ request });
      const openFor = (index: number) =>
        store.openAttemptIfLeased(lease, { ...callAt(start + 1), indices: [index] });
      expect(await openFor(1)).toMatchObject({ number: 1, indices: [1] });
      await openFor(2);
      await openFor(3);
      expect(await store.saveOperationIfLeased(lease, operation, 2)).toBe(true);
      expect(await store.closeAttemptIfLeased(lease, start + 2, made, 1)).toBe(true);
      const again = { kind: 'again', at: start + 9, usesTry: true } as const;
      expect(await store.closeAttemptIfLeased(lease, start + 3, { ...failedAttempt, next: again }, 3)).toBe(
        true,
      );
      const found = (await store.find(task.id))?.attempts;
      expect(found).toMatchObject([
        { number: 1, outcome: 'succeeded', brought, finishedAt: start + 2 },
        { number: 2, outcome: null, operation, indices: [2] },
        { number: 3, outcome: 'failed', next: again },
      ]);
      expect(found?.[0]).not.toHaveProperty('next');
      expect(found?.[1]?.operation).toEqual(operation);
    });

    test('open none with the take, and wait for operations that go on', async ({ store, take }) => {
      const [several, one] = [forSeveral(2), newTask({ createdAt: start + 1 })];
      await store.insert([several]);
      await store.insert([one]);
      const calls = [target, { ...target, credential: 'key_2' }];
      const needs = [{ model: 'nano-banana', inputs: 0, limit: 2, calls }];
      const taken = await store.takeDue({ needs, now: start + 1, leaseMs: 10_000 });
      const [first, second] = [several, one].map(({ id }) => taken.find(({ task }) => task.id === id));
      expect(first).toMatchObject({ opened: false, task: { attempts: [] } });
      expect(second).toMatchObject({ opened: true, task: { attempts: [{ credential: 'key_1' }] } });
      const lease = first?.lease ?? { taskId: '', token: '' };
      for (const index of [1, 2]) {
        await store.openAttemptIfLeased(lease, { ...callAt(start + 2), indices: [index] });
        await store.saveOperationIfLeased(lease, operation, index);
      }
      const back = { at: start + 3, dueAt: start + 3, usesTry: false };
      expect(await store.putBackIfLeased(lease, back)).toBe(true);
      expect(await take(start + 4)).toEqual([]);
      const [resumed] = await store.takeOperations({ limit: 2, now: start + 4, leaseMs: 10_000 });
      expect(resumed?.task.attempts).toMatchObject([{ outcome: null }, { outcome: null }]);
    });

    test('close every open attempt as they end while they wait', async ({ store, takenTask }) => {
      const { task, lease } = await takenTask({ request });
      for (const index of [1, 2])
        await store.openAttemptIfLeased(lease, { ...callAt(start + 1), indices: [index] });
      await store.putBackIfLeased(lease, { at: start + 2, dueAt: start + 2, usesTry: false });
      const attempt = { ...failedAttempt, outcome: 'unknown', maybeBilled: true } as const;
      expect(await store.finishIfPending(task.id, { ...failed(start + 3), attempt })).toBe(true);
      expect((await store.find(task.id))?.attempts).toMatchObject([attempt, attempt]);
    });

    test('run once for the estimates, however many calls are open', async ({ store, takenTask }) => {
      const { lease } = await takenTask({ request });
      for (const index of [1, 2])
        await store.openAttemptIfLeased(lease, { ...callAt(start + index), indices: [index] });
      expect(await store.running()).toEqual([{ model: 'nano-banana', since: start + 1 }]);
      await store.closeAttemptIfLeased(lease, start + 4, made, 1);
      await store.closeAttemptIfLeased(lease, start + 9, made, 2);
      await store.finishIfLeased(lease, succeeded(start + 10));
      const runs = (await store.recentRuns(9)).map(({ durationMs }) => durationMs);
      expect(runs.toSorted((a, b) => a - b)).toEqual([3, 7]);
    });

    test('count all their pictures for the day, and give those back that did not come', async ({ store }) => {
      await setLimited(store, 'key_a', { budget: null, limits: { picturesPerDay: 5 } });
      const task = forSeveral(4, { price: { estimatedMicroUsd: 40, unitMicroUsd: 10 } });
      expect(await store.judge([forSeveral(6)], gate)).toMatchObject({ limit: 'pictures_per_day', fits: 0 });
      expect(await store.insert([task], null, gate)).toEqual({ kind: 'inserted' });
      expect(await store.insert([newTask(), newTask()], null, gate)).toMatchObject({
        kind: 'refused',
        refusal: { limit: 'pictures_per_day', used: 4, fits: 1, asked: 2 },
      });
      const needs = [{ model: 'nano-banana', inputs: 0, limit: 1 }];
      const [leased] = await store.takeDue({ needs, now: start, leaseMs: 10_000 });
      const charge = { kind: 'settle', chargedMicroUsd: 30, reason: 'price', missing: 1 } as const;
      await store.finishIfLeased(leased?.lease ?? { taskId: '', token: '' }, {
        ...succeeded(start + 1),
        charge,
      });
      const entries = await store.listEntries({ taskId: task.id, limit: 9 });
      expect(
        entries.map((each) => [each.kind, each.reservedDelta, each.spentDelta, each.picturesDelta]),
      ).toEqual([
        ['reserve', 40, 0, 4],
        ['settle', -40, 30, -1],
      ]);
      const [standing] = await store.standingsOf([{ kind: 'key', id: 'key_a' }], start);
      expect(standing).toMatchObject({ picturesToday: 3 });
      expect(await store.findLedgerFaults(9)).toEqual([]);
    });

    test('that failed all the same have the pictures deleted with them that had come', async ({
      store,
      takenTask,
    }) => {
      const { task, lease } = await takenTask({ request });
      await store.openAttemptIfLeased(lease, { ...callAt(start + 1), indices: [1] });
      await store.closeAttemptIfLeased(lease, start + 2, made, 1);
      await store.finishIfLeased(lease, failed(start + 3, 'cancelled'));
      expect(await store.deleteIfFinal(task.id, 'key_a', start + 4)).toEqual(['results/a.png']);
      const noted = { notedBy: start + 4, now: start + 9, limit: 10 };
      expect(await store.claimPicturesToDelete(noted)).toEqual(['results/a.png']);
    });

    test('and of one have a picture that was set aside with its attempt, and deleted with them', async ({
      store,
      takenTask,
    }) => {
      const { task, lease } = await takenTask();
      await store.openAttemptIfLeased(lease, callAt(start + 1));
      const aside = { off: 1.5, warnings: ['too “small” \ud800'] };
      const pictures = brought.pictures.map((each) => ({ ...each, aside }));
      const end = { ...failedAttempt, brought: { ...brought, pictures } };
      await store.closeAttemptIfLeased(lease, start + 2, end);
      expect((await store.find(task.id))?.attempts).toMatchObject([
        { outcome: 'failed', brought: end.brought },
      ]);
      await store.finishIfLeased(lease, succeeded(start + 3));
      expect(await store.deleteIfFinal(task.id, 'key_a', start + 4)).toContain('results/a.png');
    });

    test('give all their pictures back when they cost nothing', async ({ store }) => {
      const task = forSeveral(4, { price: { estimatedMicroUsd: 40, unitMicroUsd: 10 } });
      await store.insert([task], null, gate);
      await store.finishIfPending(task.id, failed(start + 1));
      const entries = await store.listEntries({ taskId: task.id, limit: 9 });
      expect(entries.map(({ picturesDelta }) => picturesDelta)).toEqual([4, -4]);
      expect(await store.findLedgerFaults(9)).toEqual([]);
    });
  });
}
