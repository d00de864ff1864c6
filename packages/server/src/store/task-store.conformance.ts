// What every TaskStore must do, whatever database is behind it.

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createLocalChanges, type Change } from '../core/tasks/changes.ts';
import type { TaskErrorType, TaskFailure } from '../core/errors.ts';
import type { TaskInput, TaskResult, TaskState } from '../core/tasks/task.ts';
import { endTask } from '../core/tasks/task-moves.ts';
import type { LeasedTask, NewTask, TaskEnd, TaskStore } from '../core/tasks/task-store.ts';
import { newTaskId } from '../lib/ids.ts';

const start = 1_800_000_000_000;
const view = { key: 'k', text: '{"shown":true}' };
const failure: TaskFailure = {
  type: 'no_image',
  message: 'Nothing came.',
  retryable: true,
  upstreamReason: 'NO_IMAGE',
};
const result: TaskResult = { pictures: [], description: 'done', warnings: [] };

const measures = { width: 1, height: 1, content_type: 'image/png', bytes: 5, sha256: 'x' };

const callAt = (at: number) => ({ upstream: 'u', upstreamModel: 'm', credential: 'key_1', at });

export function newTask(change: Partial<NewTask> = {}): NewTask {
  return {
    id: newTaskId(),
    keyId: 'key_a',
    action: 'generate',
    model: 'nano-banana',
    request: { prompt: 'a “banana” \ud800', inputs: [], aspectRatio: 'auto', imageSize: '1K' },
    createdAt: start,
    deadlineAt: start + 60_000,
    ...change,
  };
}

/** `open` makes an empty store; `cleanUp` removes what it left. */
export function testTaskStore(
  name: string,
  open: (changes: ReturnType<typeof createLocalChanges>) => { store: TaskStore; cleanUp: () => void },
) {
  describe(`the task store on ${name}`, () => {
    let store: TaskStore;
    let cleanUp: () => void;
    let told: Change[];

    beforeEach(() => {
      const changes = createLocalChanges();
      told = [];
      changes.listen((change) => told.push(change));
      ({ store, cleanUp } = open(changes));
    });
    afterEach(async () => {
      await store.close();
      cleanUp();
    });

    const take = async (now = start, limit = 10): Promise<LeasedTask[]> =>
      store.takeDue({ needs: [{ model: 'nano-banana', inputs: 0, limit }], now, leaseMs: 10_000 });
    async function takenTask(change: Partial<NewTask> = {}): Promise<LeasedTask> {
      await store.insert([newTask(change)]);
      const [leased] = await take();
      if (leased === undefined) throw new Error('nothing was taken');
      return leased;
    }
    const late = (by: number, model?: string) =>
      store
        .pendingPastDeadline({
          by,
          limit: 10,
          ...(model === undefined ? {} : { need: { model, inputs: 0 } }),
        })
        .map(({ id }) => id);
    const succeeded = (at: number): TaskEnd => ({ at, outcome: { state: 'succeeded', result }, view });
    const failed = (at: number): TaskEnd => ({ at, outcome: { state: 'error', failure }, view });

    test('gives back a task as it was inserted', async () => {
      const task = newTask();
      await store.insert([task]);
      expect(store.find(task.id)).toEqual({
        ...task,
        batchId: null,
        state: 'pending',
        updatedAt: start,
        changed: expect.any(Number),
        cancelRequestedAt: null,
        dueAt: start,
        finishedAt: null,
        progress: 0,
        triesUsed: 0,
        result: null,
        failure: null,
        attempts: [],
      });
      expect(store.findView(task.id)).toEqual({ keyId: 'key_a', view: null });
      expect(store.countPending()).toBe(1);
      expect(told).toEqual([{ taskId: task.id, state: 'pending' }]);
    });

    test('what was read before a write does not hide it afterwards', async () => {
      const task = newTask();
      const write = store.insert([task]);
      store.findView(task.id);
      await write;
      expect(store.findView(task.id)).toEqual({ keyId: 'key_a', view: null });
      const ended = store.finishIfPending(task.id, failed(start + 1));
      while (store.findView(task.id)?.view === null) await new Promise((resolve) => setImmediate(resolve));
      await ended;
      expect(store.find(task.id)?.state).toBe('error');
    });

    test('knows nothing of an id that never was', () => {
      expect(store.find(newTaskId())).toBeNull();
      expect(store.findView(newTaskId())).toBeNull();
    });

    test('refuses a second task with the same id, and the writes that arrive with it are kept', async () => {
      const task = newTask();
      const other = newTask();
      await store.insert([task]);
      const writes = await Promise.allSettled([store.insert([task]), store.insert([other])]);
      expect(writes.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
      expect(store.find(other.id)?.state).toBe('pending');
    });

    test('inserts a batch of any size as one: all of it or nothing', async () => {
      const large = () => {
        const { request } = newTask();
        return newTask({ request: { ...request, prompt: '"🍌'.repeat(20_000) } });
      };
      const batch = Array.from({ length: 20 }, large);
      const other = Array.from({ length: 20 }, large);
      const [, , refused] = await Promise.allSettled([
        store.insert(batch),
        store.insert(other),
        store.insert([large(), ...batch, large()]),
      ]);
      expect(refused.status).toBe('rejected');
      expect(store.countPending()).toBe(40);
      for (const task of [...batch, ...other]) expect(store.find(task.id)?.request).toEqual(task.request);
      const once = {
        keyId: 'key_a',
        idempotencyKey: 'k',
        requestHash: 'h',
        answer: 'first',
        expiresAt: start + 9,
      };
      const again = Array.from({ length: 20 }, large);
      expect(await store.insert(again, once)).toBeNull();
      expect(await store.insert(Array.from({ length: 20 }, large), once)).toMatchObject({ answer: 'first' });
      expect(store.countPending()).toBe(60);
    });

    test('takes what is due, oldest first, no more than asked, each task once', async () => {
      const tasks = [
        newTask({ createdAt: start + 2 }),
        newTask({ createdAt: start + 1 }),
        newTask({ createdAt: start + 3 }),
      ];
      await Promise.all(tasks.map((task) => store.insert([task])));
      const [first, second] = await Promise.all([take(start + 10, 2), take(start + 10, 2)]);
      expect(first.map(({ task }) => task.createdAt)).toEqual([start + 1, start + 2]);
      expect(second.map(({ task }) => task.createdAt)).toEqual([start + 3]);
      expect(first[0]?.task).toMatchObject({ state: 'running', triesUsed: 1, updatedAt: start + 10 });
    });

    const edit = (inputs: number, change: Partial<NewTask> = {}) => {
      const task = newTask({ action: 'edit', ...change });
      const links = Array.from({ length: inputs }, () => ({
        kind: 'url' as const,
        url: 'https://a.example/b',
      }));
      return { ...task, request: { ...task.request, inputs: links } };
    };

    test('says for each need when the first of its pending tasks becomes due', async () => {
      expect(store.pendingNeeds(start)).toEqual([]);
      const leased = await takenTask();
      await store.putBackIfLeased(leased.lease, { at: start + 1, dueAt: start + 5_000, usesTry: true });
      await store.insert([newTask({ model: 'another', createdAt: start + 7 })]);
      await store.insert([newTask({ model: 'another', createdAt: start + 8 })]);
      await store.insert([edit(2, { model: 'another', createdAt: start + 3 })]);
      await store.insert([newTask({ model: 'late', deadlineAt: start + 10 })]);
      expect(store.pendingNeeds(start + 10)).toEqual([
        { model: 'another', inputs: 0, dueAt: start + 7 },
        { model: 'another', inputs: 2, dueAt: start + 3 },
        { model: 'nano-banana', inputs: 0, dueAt: start + 5_000 },
      ]);
      expect(await take(start + 4_999)).toEqual([]);
      expect(await take(start + 5_000)).toHaveLength(1);
      expect(store.pendingNeeds(start + 10)).toHaveLength(2);
    });

    test('takes of each need no more than asked, and of others nothing', async () => {
      const tasks = [newTask(), newTask(), edit(1), edit(1), edit(2), newTask({ model: 'b' })];
      await Promise.all(tasks.map((task, index) => store.insert([{ ...task, createdAt: start + index }])));
      const needs = [
        { model: 'nano-banana', inputs: 1, limit: 5 },
        { model: 'nano-banana', inputs: 0, limit: 1 },
      ];
      const taken = await store.takeDue({ needs, now: start + 10, leaseMs: 1 });
      expect(taken.map(({ task }) => task.createdAt - start)).toEqual([0, 2, 3]);
    });

    test('takes tasks whose operations are to be followed, whatever they need', async () => {
      const [plain, withOperation] = [await takenTask(), await takenTask()];
      await store.openAttemptIfLeased(withOperation.lease, callAt(start + 1));
      await store.saveOperationIfLeased(withOperation.lease, { operation: { id: 'job' }, warnings: [] });
      expect(store.countPendingOperations(start + 9)).toBe(0);
      for (const { lease } of [plain, withOperation])
        await store.putBackIfLeased(lease, { at: start + 2, dueAt: start + 2, usesTry: false });
      expect(store.countPendingOperations(start + 1)).toBe(0);
      expect(store.countPendingOperations(start + 2)).toBe(1);
      const taken = await store.takeOperations({ limit: 5, now: start + 2, leaseMs: 1 });
      expect(taken.map(({ task }) => task.id)).toEqual([withOperation.task.id]);
      expect(store.countPendingOperations(start + 2)).toBe(0);
    });

    test('does not take a task whose deadline has passed; it is found for its end', async () => {
      const task = newTask();
      await store.insert([task]);
      expect(await take(task.deadlineAt)).toEqual([]);
      expect(store.pendingPastDeadline({ by: task.deadlineAt - 1, limit: 10 })).toEqual([]);
      expect(late(task.deadlineAt)).toEqual([task.id]);
      expect(late(task.deadlineAt, 'nano-banana')).toEqual([task.id]);
      expect(late(task.deadlineAt, 'another')).toEqual([]);
      expect(await store.finishIfPending(task.id, failed(task.deadlineAt))).toBe(true);
      expect(await store.finishIfPending(task.id, failed(task.deadlineAt))).toBe(false);
      expect(store.find(task.id)).toMatchObject({ state: 'error', failure, finishedAt: task.deadlineAt });
    });

    test('finishes a task for the holder of its lease, with its attempt and its view', async () => {
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
      expect(store.find(task.id)).toMatchObject({
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
      expect(store.findView(task.id)).toEqual({ keyId: 'key_a', view });
      expect(told.map(({ state }) => state)).toEqual(['pending', 'running', 'running', 'succeeded']);
    });

    test('refuses every write of a lease that is lost', async () => {
      const { task, lease } = await takenTask();
      await store.putBackIfLeased(lease, { at: start + 1, dueAt: start + 1, usesTry: true });
      const [again] = await take(start + 1);
      expect(again?.lease.token).not.toBe(lease.token);
      const before = store.find(task.id);
      expect(await store.openAttemptIfLeased(lease, callAt(start + 2))).toBeNull();
      expect(await store.renewLeases([{ lease, progress: 0.5 }], { now: start + 2, leaseMs: 1 })).toEqual({
        lost: [task.id],
        cancelled: [],
      });
      expect(await store.finishIfLeased(lease, succeeded(start + 2))).toBe(false);
      expect(await store.putBackIfLeased(lease, { at: start + 2, dueAt: start + 2, usesTry: true })).toBe(
        false,
      );
      expect(store.find(task.id)).toEqual(before);
    });

    test('a final task never changes again', async () => {
      const { task, lease } = await takenTask();
      await store.finishIfLeased(lease, failed(start + 5));
      const before = store.find(task.id);
      expect(await store.finishIfLeased(lease, succeeded(start + 6))).toBe(false);
      expect(await store.finishIfPending(task.id, failed(start + 6))).toBe(false);
      expect(await take(start + 7)).toEqual([]);
      expect(store.find(task.id)).toEqual(before);
    });

    test.each(['succeeded', 'failed'] as const)(
      'stores a task that %s as its view was made, however far it had come',
      async (state) => {
        const { task, lease } = await takenTask();
        await store.renewLeases([{ lease, progress: 0.25 }], { now: start + 1, leaseMs: 10_000 });
        const end = (state === 'failed' ? failed : succeeded)(start + 5);
        await store.finishIfLeased(lease, end);
        const { changed, ...stored } = store.find(task.id)!;
        expect(changed).toBeGreaterThan(task.changed);
        expect({ ...stored, changed: task.changed }).toEqual(endTask(task, end));
      },
    );

    test('renews leases and records progress', async () => {
      const { task, lease } = await takenTask();
      expect(
        await store.renewLeases([{ lease, progress: 0.25 }], { now: start + 9_000, leaseMs: 10_000 }),
      ).toEqual({ lost: [], cancelled: [] });
      expect(store.find(task.id)).toMatchObject({ progress: 0.25, updatedAt: start + 9_000 });
      expect(store.expiredLeases(start + 18_999, 10)).toEqual([]);
      expect(store.expiredLeases(start + 19_000, 10).map(({ task: { id } }) => id)).toEqual([task.id]);
    });

    test('a rescuer takes an expired lease, but not one that was renewed meanwhile', async () => {
      const { task, lease } = await takenTask();
      const by = start + 10_000;
      const [expired] = store.expiredLeases(by, 10);
      expect(expired?.lease).toEqual(lease);
      const rescue = { ...lease, expiredBy: by };
      await store.renewLeases([{ lease, progress: 0 }], { now: by, leaseMs: 10_000 });
      expect(await store.putBackIfLeased(rescue, { at: by, dueAt: by, usesTry: true })).toBe(false);
      expect(
        await store.putBackIfLeased(
          { ...lease, expiredBy: by + 10_000 },
          { at: by, dueAt: by, usesTry: true },
        ),
      ).toBe(true);
      expect(store.find(task.id)).toMatchObject({ state: 'pending', triesUsed: 1 });
    });

    test('gives a try back that the task did not deserve to lose, and keeps the story of its attempts', async () => {
      const { task, lease } = await takenTask();
      await store.openAttemptIfLeased(lease, callAt(start));
      const attempt = {
        outcome: 'failed',
        failure,
        maybeBilled: true,
        usage: null,
        costMicroUsd: null,
      } as const;
      await store.putBackIfLeased(lease, { at: start + 3, dueAt: start + 3, usesTry: false, attempt });
      const [again] = await take(start + 3);
      expect(again?.task).toMatchObject({ triesUsed: 1, progress: 0 });
      expect(again?.task.attempts).toEqual([
        {
          number: 1,
          upstream: 'u',
          upstreamModel: 'm',
          startedAt: start,
          finishedAt: start + 3,
          outcome: 'failed',
          failure,
          maybeBilled: true,
          credential: 'key_1',
          operation: null,
          usage: null,
          costMicroUsd: null,
        },
      ]);
      const second = await store.openAttemptIfLeased(again?.lease ?? lease, callAt(start + 4));
      expect(second?.number).toBe(2);
      expect(store.find(task.id)?.attempts).toHaveLength(2);
    });

    test('closes one attempt and opens the next while the task runs on', async () => {
      const { task, lease } = await takenTask();
      await store.openAttemptIfLeased(lease, callAt(start + 1));
      const end = { outcome: 'failed', failure, maybeBilled: false, usage: null, costMicroUsd: 0 } as const;
      expect(await store.closeAttemptIfLeased(lease, start + 2, end)).toBe(true);
      const second = await store.openAttemptIfLeased(lease, { ...callAt(start + 3), credential: 'key_2' });
      expect(second).toMatchObject({ number: 2, credential: 'key_2', outcome: null });
      expect(store.find(task.id)?.attempts).toMatchObject([
        { number: 1, ...end, finishedAt: start + 2 },
        { number: 2, finishedAt: null },
      ]);
    });

    test('an operation stays with its open attempt when the task goes back, and with nobody who lost the lease', async () => {
      const { task, lease } = await takenTask();
      await store.openAttemptIfLeased(lease, callAt(start + 1));
      const operation = { operation: { id: 'operation “1”' }, warnings: ['as far as possible'] };
      expect(await store.saveOperationIfLeased(lease, operation)).toBe(true);
      await store.putBackIfLeased(lease, { at: start + 2, dueAt: start + 2, usesTry: false });
      expect(await store.saveOperationIfLeased(lease, { operation: {}, warnings: [] })).toBe(false);
      const end = { outcome: 'failed', failure, maybeBilled: false, usage: null, costMicroUsd: 0 } as const;
      expect(await store.closeAttemptIfLeased(lease, start + 2, end)).toBe(false);
      const [again] = await take(start + 2);
      expect(again?.task.attempts).toMatchObject([{ number: 1, outcome: null, operation }]);
      expect(again?.task.id).toBe(task.id);
    });

    test('inputs that were fetched take the place of their links, and nobody who lost the lease replaces them', async () => {
      const task = edit(2);
      await store.insert([task]);
      const needs = [{ model: task.model, inputs: 2, limit: 1 }];
      const [leased] = await store.takeDue({ needs, now: start, leaseMs: 10_000 });
      const lease = leased?.lease ?? { taskId: '', token: '' };
      const before = store.find(task.id);
      const changes = told.length;
      const [, link] = task.request.inputs as [TaskInput, TaskInput];
      const inputs = [{ kind: 'stored' as const, key: 'inputs/aa/aa' }, link];
      expect(await store.saveInputsIfLeased({ ...lease, token: 'x' }, [link, link])).toBe(false);
      expect(await store.saveInputsIfLeased(lease, inputs)).toBe(true);
      expect(store.find(task.id)).toEqual({ ...before, request: { ...task.request, inputs } });
      expect(told).toHaveLength(changes);
      await store.putBackIfLeased(lease, { at: start + 2, dueAt: start + 2, usesTry: false });
      expect(await store.saveInputsIfLeased(lease, [link, link])).toBe(false);
      const [again] = await store.takeDue({ needs, now: start + 2, leaseMs: 10_000 });
      expect(again?.task.request.inputs).toEqual(inputs);
    });

    test('the end of a pending task closes the attempt that was left open', async () => {
      const { task, lease } = await takenTask();
      await store.openAttemptIfLeased(lease, callAt(start + 1));
      await store.putBackIfLeased(lease, { at: start + 2, dueAt: start + 2, usesTry: false });
      const attempt = {
        outcome: 'unknown',
        failure,
        maybeBilled: true,
        usage: null,
        costMicroUsd: null,
      } as const;
      expect(await store.finishIfPending(task.id, { ...failed(start + 3), attempt })).toBe(true);
      expect(store.find(task.id)?.attempts).toMatchObject([{ ...attempt, finishedAt: start + 3 }]);
    });

    async function succeededTask(finishedAt: number, change: Partial<NewTask> = {}): Promise<string> {
      const { task, lease } = await takenTask({ createdAt: start, ...change });
      await store.finishIfLeased(lease, succeeded(finishedAt));
      return task.id;
    }

    test('finds the pictures that have had their time: the server’s, or that of their request', async () => {
      const plain = newTask();
      const short = { ...plain.request, expiresInSeconds: 10 };
      const long = { ...plain.request, expiresInSeconds: 100 };
      const ids = [
        await succeededTask(start + 1_000),
        await succeededTask(start + 1_000, { request: short }),
        await succeededTask(start + 1_000, { request: long }),
      ];
      const expired = (now: number) =>
        store
          .tasksWithExpiredPictures({ now: start + now, retentionMs: 50_000, limit: 10 })
          .map(({ id }) => id);
      expect(expired(10_999)).toEqual([]);
      expect(expired(11_000)).toEqual([ids[1]]);
      expect(new Set(expired(51_000))).toEqual(new Set([ids[0], ids[1]]));
      await store.markPicturesDeleted([ids[0] ?? '', ids[1] ?? ''], start + 51_000);
      expect(expired(51_000)).toEqual([]);
      expect(expired(101_000)).toEqual([ids[2]]);
    });

    test('deletes final tasks that have had their time, with their attempts, but not while their pictures are there', async () => {
      const kept = await succeededTask(start + 1_000);
      const gone = await succeededTask(start + 1_000);
      const young = await succeededTask(start + 3_000);
      const { task: live } = await takenTask();
      await store.markPicturesDeleted([gone, young], start + 1_500);
      told.length = 0;
      expect(await store.deleteFinished({ finishedBy: start + 2_000, limit: 10 })).toBe(1);
      expect(told).toEqual([{ taskId: gone, state: 'succeeded' }]);
      expect([kept, gone, young, live.id].map((id) => store.find(id) !== null)).toEqual([
        true,
        false,
        true,
        true,
      ]);
      expect(await store.deleteFinished({ finishedBy: start + 2_000, limit: 10 })).toBe(0);
    });

    test('deletes a final task at its owner’s wish, and notes its pictures until they are gone', async () => {
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
      expect(store.find(task.id)).not.toBeNull();
      told.length = 0;
      expect((await store.deleteIfFinal(task.id, 'key_a', start + 2))?.toSorted()).toEqual(keys);
      expect([store.find(task.id), store.findView(task.id)]).toEqual([null, null]);
      expect(told).toEqual([{ taskId: task.id, state: 'succeeded' }]);
      expect(await store.deleteIfFinal(task.id, 'key_a', start + 3)).toBeNull();
      expect(store.picturesToDelete({ notedBy: start + 1, limit: 10 })).toEqual([]);
      expect(store.picturesToDelete({ notedBy: start + 2, limit: 10 }).toSorted()).toEqual(keys);
      await store.forgetPictures(keys);
      expect(store.picturesToDelete({ notedBy: start + 2, limit: 10 })).toEqual([]);
    });

    test('a failed task is deleted too, and one whose pictures are gone leaves nothing to delete', async () => {
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

    test('finds tasks by the start of their id and by what is in their prompt and metadata', async () => {
      const of = (prompt: string, metadata?: Record<string, string>) =>
        newTask({
          request: {
            prompt,
            inputs: [],
            aspectRatio: 'auto',
            imageSize: '1K',
            ...(metadata === undefined ? {} : { metadata }),
          },
        });
      const [banana, kiwi, plain] = [of('Ein gelber BÄR'), of('x', { order: 'Kiwi-17' }), of('y')];
      for (const task of [banana, kiwi, plain]) await store.insert([task]);
      const found = (search: string, more = {}) =>
        store.list({ keyId: 'key_a', search, limit: 10, ...more }).ids;
      expect(found('bär')).toEqual([banana.id]);
      expect(found('ORDER=kiwi')).toEqual([kiwi.id]);
      expect(found('kiwi-1', { metadata: { order: 'Kiwi-17' } })).toEqual([kiwi.id]);
      expect(found('kiwi-1', { metadata: { order: 'Kiwi-18' } })).toEqual([]);
      expect(found(plain.id.toUpperCase())).toEqual([plain.id]);
      expect(found(plain.id.slice(1))).toEqual([]);
      expect(found('17 ')).toEqual([]);
      expect(store.promptStart(banana.id, 5)).toBe('Ein g');
      expect(store.promptStart(newTaskId(), 5)).toBeNull();
    });

    test('finds failed tasks by the reason', async () => {
      const { task, lease } = await takenTask();
      await takenTask();
      await store.finishIfLeased(lease, failed(start + 1));
      const found = (failureType: TaskErrorType, state?: TaskState) =>
        store.list({ keyId: task.keyId, failureType, limit: 10, ...(state === undefined ? {} : { state }) })
          .ids;
      expect(found(failure.type)).toEqual([task.id]);
      expect(found(failure.type, 'error')).toEqual([task.id]);
      expect(found(failure.type, 'running')).toEqual([]);
      expect(found('internal')).toEqual([]);
    });

    test('counts the attempts that each credential has begun since a time', async () => {
      const { lease } = await takenTask();
      const end = { outcome: 'failed', failure, maybeBilled: false, usage: null, costMicroUsd: 0 } as const;
      for (const [at, credential] of [
        [0, 'key_1'],
        [1, 'key_1'],
        [2, 'key_2'],
        [3, 'key_1'],
      ] as const) {
        await store.openAttemptIfLeased(lease, { ...callAt(start + at), credential });
        await store.closeAttemptIfLeased(lease, start + at, end);
      }
      expect(store.countAttempts(start + 1)).toEqual([
        { upstream: 'u', credential: 'key_1', count: 2 },
        { upstream: 'u', credential: 'key_2', count: 1 },
      ]);
    });

    test('takes what waits out of a future that the clock was in, and leaves what has ended as it is', async () => {
      const tenYears = 10 * 365 * 24 * 3_600_000;
      const ahead = start + tenYears;
      const made = (at: number) => newTask({ createdAt: at, deadlineAt: at + 60_000 });
      const [before, touched] = [made(start), made(start)];
      const [ended, waiting, running] = [made(ahead), made(ahead + 1), made(ahead + 2)];
      await store.insert([touched, before]);
      const [taken] = await store.takeDue({
        needs: [{ model: 'nano-banana', inputs: 0, limit: 1 }],
        now: start,
        leaseMs: 9,
      });
      const later = { at: ahead, dueAt: ahead + 5_000, usesTry: true };
      await store.putBackIfLeased(taken?.lease ?? { taskId: '', token: '' }, later);
      await store.insert([ended, running, waiting]);
      await store.finishIfPending(ended.id, failed(ahead + 3));
      const finished = store.find(ended.id);
      told.length = 0;

      const now = start + 1_000;
      expect(await store.pullBack(now)).toBe(3);
      expect(told.map(({ taskId }) => taskId).toSorted()).toEqual(
        [taken?.task.id ?? '', waiting.id, running.id].toSorted(),
      );
      const soon = { createdAt: now, updatedAt: now, dueAt: now, deadlineAt: now + 60_000 };
      expect(store.find(waiting.id)).toMatchObject(soon);
      expect(store.find(taken?.task.id ?? '')).toMatchObject({
        ...soon,
        createdAt: start,
        deadlineAt: start + 60_000,
      });
      expect(store.find(ended.id)).toEqual(finished);
      expect(await take(now, 10)).toHaveLength(4);
      expect(await store.pullBack(now)).toBe(0);
      expect(store.latestTime()).toBe(now);
    });

    test('counts attempts that were begun while the clock was ahead in no other day', async () => {
      const { lease } = await takenTask();
      await store.openAttemptIfLeased(lease, callAt(start + 10 * 24 * 3_600_000));
      expect(store.countAttempts(start)).toEqual([]);
      expect(store.countAttempts(start + 9 * 24 * 3_600_000)).toHaveLength(1);
    });

    test('stores several tasks or none of them', async () => {
      const [first, second] = [newTask(), newTask()];
      await store.insert([first]);
      await expect(store.insert([second, first])).rejects.toThrow('UNIQUE');
      expect(store.find(second.id)).toBeNull();
      await store.insert([second, newTask()]);
      expect(store.countPending()).toBe(3);
    });

    const once = (change = {}) => ({
      keyId: 'key_a',
      idempotencyKey: 'order-17',
      requestHash: 'h1',
      answer: '{"task_id":"first"}',
      expiresAt: start + 1_000,
      ...change,
    });

    test('an answer that is kept is given again, and nothing is stored, however many ask at once', async () => {
      const answers = await Promise.all(
        Array.from({ length: 50 }, (_, number) => store.insert([newTask()], once({ answer: `"${number}"` }))),
      );
      expect(answers.filter((answer) => answer === null)).toHaveLength(1);
      expect(answers[0]).toBeNull();
      expect(new Set(answers.slice(1).map((answer) => answer?.answer))).toEqual(new Set(['"0"']));
      expect(store.countPending()).toBe(1);
      expect(await store.insert([newTask()], once({ requestHash: 'h2' }))).toMatchObject({
        requestHash: 'h1',
      });
      expect(await store.insert([newTask()], once({ keyId: 'key_b' }))).toBeNull();
      expect(store.findAnswer('key_a', 'order-17', start)).toEqual(once({ answer: '"0"' }));
      expect(store.findAnswer('key_a', 'order-17', start + 1_000)).toBeNull();
    });

    test('an answer that has expired is forgotten', async () => {
      await store.insert([newTask()], once());
      expect(
        await store.insert([newTask({ createdAt: start + 1_000 })], once({ requestHash: 'h2' })),
      ).toBeNull();
      expect(store.findAnswer('key_a', 'order-17', start)).toMatchObject({ requestHash: 'h2' });
      expect(await store.deleteExpiredAnswers(start + 999)).toBe(0);
      expect(await store.deleteExpiredAnswers(start + 1_000)).toBe(1);
      expect(store.findAnswer('key_a', 'order-17', start)).toBeNull();
    });

    const madeAt = (at: number, change: Partial<NewTask> = {}) =>
      newTask({ id: newTaskId(start + at), createdAt: start + at, ...change });

    test('lists a key’s tasks, newest first, page by page, while others come', async () => {
      const tasks = [madeAt(1), madeAt(2), madeAt(3), madeAt(4)];
      await store.insert([...tasks, madeAt(5, { keyId: 'key_b' })]);
      const ids = tasks.map(({ id }) => id).toReversed();
      const first = store.list({ keyId: 'key_a', limit: 3 });
      expect(first.ids).toEqual(ids.slice(0, 3));
      await store.insert([madeAt(6)]);
      const second = store.list({ keyId: 'key_a', limit: 3, beforeId: first.next ?? '' });
      expect(second).toEqual({ ids: ids.slice(3), next: null });
      expect(
        store.list({ keyId: 'key_a', createdFrom: start + 2, createdBefore: start + 4, limit: 9 }).ids,
      ).toEqual([tasks[2]?.id, tasks[1]?.id]);
      expect(store.list({ keyId: 'key_c', limit: 3 })).toEqual({ ids: [], next: null });
    });

    test('lists what the filters leave, and goes over no more than it may at once', async () => {
      const { request } = newTask();
      const odd = Array.from({ length: 2_100 }, (_, at) => madeAt(at + 10));
      const wanted = madeAt(1, {
        action: 'edit',
        model: 'pro',
        request: { ...request, metadata: { order: '17', shop: 'a' } },
      });
      await store.insert([wanted, ...odd]);
      const filters = [
        { action: 'edit' },
        { model: 'pro' },
        { metadata: { order: '17' } },
        { metadata: { shop: 'a', order: '17' }, state: 'pending' },
      ] as const;
      for (const filter of filters) {
        const first = store.list({ keyId: 'key_a', ...filter, limit: 5 });
        expect(first.ids).toEqual([]);
        const beforeId = first.next ?? 'there is more';
        expect(store.list({ keyId: 'key_a', ...filter, beforeId, limit: 5 }).ids).toEqual([wanted.id]);
      }
      for (const filter of [
        { metadata: { order: '18' } },
        { metadata: { toString: 'x' } },
        { state: 'error' },
      ] as const)
        expect(store.list({ keyId: 'key_a', ...filter, createdBefore: start + 9, limit: 5 }).ids).toEqual([]);
    });

    test('knows a batch by its id, in the order of its submit, and only for its key', async () => {
      const tasks = Array.from({ length: 20 }, () => newTask({ batchId: 'batch' }));
      await store.insert(tasks);
      await store.insert([newTask()]);
      const found = store.batch('batch', 'key_a');
      expect(found.map(({ id }) => id)).toEqual(tasks.map(({ id }) => id));
      expect(found[0]).toEqual({ id: tasks[0]?.id, state: 'pending', createdAt: start, progress: 0 });
      expect(store.batch('batch', 'key_b')).toEqual([]);
      expect(store.find(tasks[3]?.id ?? '')?.batchId).toBe('batch');
    });

    test('looks at fewer tasks for a filter by metadata where their requests are long', async () => {
      const { request } = newTask();
      const long = { ...request, prompt: 'é'.repeat(30_000), metadata: { a: '1' } };
      await store.insert(Array.from({ length: 100 }, () => newTask({ request: long })));
      const wanted = { keyId: 'key_a', metadata: { a: '2' }, limit: 5 };
      let pages = 0;
      for (let next: string | null | undefined; next !== null; pages += 1) {
        const page = store.list({ ...wanted, ...(next === undefined ? {} : { beforeId: next }) });
        expect(page.ids).toEqual([]);
        ({ next } = page);
      }
      expect(pages).toBeGreaterThan(2);
      expect(store.list({ keyId: 'key_a', state: 'error', limit: 5 })).toEqual({ ids: [], next: null });
    });

    test('numbers the changes of a key’s tasks in their order', async () => {
      const [first, second] = [newTask(), newTask({ createdAt: start + 1 })];
      await store.insert([first]);
      await store.insert([second, newTask({ keyId: 'key_b' })]);
      const before = store.find(second.id)?.changed ?? 0;
      expect(before).toBeGreaterThan(store.find(first.id)?.changed ?? 0);
      expect(store.changedSince('key_a', 0, 9).map(({ id }) => id)).toEqual([first.id, second.id]);
      const [leased] = await take(start + 1, 1);
      expect(store.changedSince('key_a', before, 9).map(({ id }) => id)).toEqual([first.id]);
      const running = store.find(first.id)?.changed ?? 0;
      const lease = leased?.lease ?? { taskId: '', token: '' };
      await store.renewLeases([{ lease, progress: 0 }], { now: start + 2, leaseMs: 1_000 });
      expect(store.changedSince('key_a', running, 9)).toEqual([]);
      await store.renewLeases([{ lease, progress: 0.5 }], { now: start + 2, leaseMs: 1_000 });
      expect(store.changedSince('key_a', running, 9).map(({ progress }) => progress)).toEqual([0.5]);
      const calling = store.find(first.id)?.changed ?? 0;
      await store.openAttemptIfLeased(lease, callAt(start + 2));
      expect(store.changedSince('key_a', calling, 9).map(({ attempts }) => attempts.length)).toEqual([1]);
      const called = store.find(first.id)?.changed ?? 0;
      const end = { outcome: 'failed', failure, maybeBilled: false, usage: null, costMicroUsd: 0 } as const;
      await store.closeAttemptIfLeased(lease, start + 2, end);
      expect(store.changedSince('key_a', called, 9).map(({ id }) => id)).toEqual([first.id]);
      await store.finishIfLeased(lease, failed(start + 3));
      expect(store.changedSince('key_a', before, 9).map(({ state }) => state)).toEqual(['error']);
      expect(store.changedSince('key_a', 0, 1).map(({ id }) => id)).toEqual([second.id]);
    });

    test('notes that a running task is to be cancelled: its worker hears of it, and nobody takes it again', async () => {
      const { task, lease } = await takenTask();
      expect(await store.requestCancelIfRunning(newTaskId(), start + 1)).toBe(false);
      expect(await store.requestCancelIfRunning(task.id, start + 1)).toBe(true);
      expect(told.at(-1)).toEqual({ taskId: task.id, state: 'running', cancelRequested: true });
      expect(await store.requestCancelIfRunning(task.id, start + 2)).toBe(true);
      expect(store.find(task.id)).toMatchObject({ state: 'running', cancelRequestedAt: start + 1 });
      expect(await store.renewLeases([{ lease, progress: 0 }], { now: start + 2, leaseMs: 1_000 })).toEqual({
        lost: [],
        cancelled: [task.id],
      });
      expect(store.pendingCancelled(9)).toEqual([]);
      await store.putBackIfLeased(lease, { at: start + 3, dueAt: start + 3, usesTry: true });
      expect(await take(start + 3)).toEqual([]);
      expect(store.pendingCancelled(9).map(({ id }) => id)).toEqual([task.id]);
      expect(await store.requestCancelIfRunning(task.id, start + 4)).toBe(false);
      expect(await store.finishIfPending(task.id, failed(start + 5))).toBe(true);
      expect(store.pendingCancelled(9)).toEqual([]);
    });

    test('tells how long the latest runs took that succeeded, and since when others run', async () => {
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
      expect(store.recentRuns(10)).toEqual(
        [3_000, 2_000, 1_000].map((durationMs) => ({ model, durationMs })),
      );
      expect(store.recentRuns(2)).toEqual([{ model, durationMs: 3_000 }]);

      const calling = await takenTask();
      await store.openAttemptIfLeased(calling.lease, callAt(start + 7));
      await takenTask();
      const running = store.running().toSorted((a, b) => (b.since ?? 0) - (a.since ?? 0));
      expect(running).toEqual([
        { model, since: start + 7 },
        { model, since: null },
      ]);
    });

    test('lists a model’s queue by due time and id, whatever the tasks need, up to where it knows it all', async () => {
      const input: TaskInput = { kind: 'stored', key: 'k' };
      const request = newTask().request;
      const tasks = Array.from({ length: 6 }, (_, index) =>
        newTask({
          createdAt: start + Math.floor(index / 2),
          request: { ...request, inputs: index % 2 === 0 ? [] : [input, input] },
        }),
      );
      await store.insert([...tasks.toReversed(), newTask({ model: 'another' })]);
      const entries = tasks.map(({ id, createdAt }) => ({ id, dueAt: createdAt }));
      entries.sort((a, b) => a.dueAt - b.dueAt || (a.id < b.id ? -1 : 1));
      expect(store.pendingQueue('nano-banana', 4)).toEqual({ entries, isWhole: true });
      expect(store.pendingQueue('nano-banana', 2)).toEqual({ entries: entries.slice(0, 2), isWhole: false });
      expect(store.pendingQueue('none', 2)).toEqual({ entries: [], isWhole: true });
    });

    test('tells a key’s latest change', async () => {
      expect(store.latestChange('key_a')).toBe(0);
      const { task } = await takenTask();
      const other = newTask({ keyId: 'key_b' });
      await store.insert([other]);
      expect(store.latestChange('key_a')).toBe(store.find(task.id)?.changed);
      expect(store.latestChange('key_b')).toBe(store.find(other.id)?.changed);
    });

    test('keeps what hundreds of writers hand in at once', async () => {
      const tasks = Array.from({ length: 500 }, () => newTask());
      await Promise.all(tasks.map((task) => store.insert([task])));
      expect(store.countPending()).toBe(500);
      expect(tasks.every(({ id }) => store.find(id)?.state === 'pending')).toBe(true);
    });

    test('answers a ping, and refuses work after it is closed', async () => {
      await store.ping();
      await store.close();
      await expect(store.insert([newTask()])).rejects.toThrow('closed');
    });
  });
}
