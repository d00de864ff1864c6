// Money: what a submit reserves, what the end of its task charges or gives back, and that nothing exceeds a budget.

import { describe, expect } from 'vitest';
import { maxAdjustedMicroUsd } from '../../core/ledger/ledger.ts';
import type { AgreedPrice, Charge } from '../../core/ledger/money.ts';
import type { Gate } from '../../core/limits/judge-submit.ts';
import type { Budget, Limits } from '../../core/limits/limits.ts';
import type { NewTask } from '../../core/tasks/task-store.ts';
import { newTaskId } from '../../lib/ids.ts';
import type { Store } from '../store.ts';
import { failed, newTask, type OpenStore, start, storeTest, succeeded, view } from './store.fixture.ts';
import { setLimited } from '../limits.fixture.ts';

const gate: Gate = { unpriced: 'refuse' };
const own = { kind: 'key', id: 'key_a' } as const;
const priceOf = (estimatedMicroUsd: number): AgreedPrice => ({ estimatedMicroUsd, unitMicroUsd: null });
const priced = (estimate: number, change: Partial<NewTask> = {}) =>
  newTask({ price: priceOf(estimate), ...change });
const settle = (chargedMicroUsd: number): Charge => ({ kind: 'settle', chargedMicroUsd, reason: 'cost' });

async function limit(
  store: Store,
  {
    subject = 'key_a',
    budget = {},
    limits = {},
  }: { subject?: string; budget?: Partial<Budget> | null; limits?: Limits },
): Promise<void> {
  const whole: Budget = { period: 'total', amountMicroUsd: 100, timeZone: 'UTC', ...budget };
  await setLimited(store, subject, { budget: budget === null ? null : whole, limits });
}

const standing = async (
  store: Store,
  at = start,
  subject: typeof own | { kind: 'owner'; id: string } = own,
) => (await store.standingsOf([subject], at))[0];

const entriesOf = async (store: Store, taskId: string) =>
  (await store.listEntries({ taskId, limit: 10 })).map(
    ({ kind, reservedDelta, spentDelta, picturesDelta, reason }) => [
      kind,
      reservedDelta,
      spentDelta,
      picturesDelta,
      reason,
    ],
  );

const insertOne = async (store: Store, task: NewTask) => (await store.insert([task], null, gate)).kind;

export function testLedger(name: string, open: OpenStore): void {
  const test = storeTest(open);
  describe(`the ledger on ${name}`, () => {
    test('the reservation is a part of the transaction that accepts the task', async ({ store }) => {
      await limit(store, {});
      const task = priced(40);
      expect(await store.insert([task], null, gate)).toEqual({ kind: 'inserted' });
      expect(await store.listEntries({ limit: 9 })).toEqual([
        {
          number: expect.any(Number),
          taskId: task.id,
          kind: 'reserve',
          attempt: 0,
          keyId: 'key_a',
          ownerId: 'key_a',
          at: start,
          reservedAt: start,
          reservedDelta: 40,
          spentDelta: 0,
          picturesDelta: 1,
          reason: null,
        },
      ]);
      expect((await store.find(task.id))?.money).toEqual({
        ...priceOf(40),
        reservedMicroUsd: 40,
        chargedMicroUsd: null,
        holdUntil: null,
      });
      expect(await standing(store)).toMatchObject({ spent: 0, reserved: 40 });
      await expect(store.insert([priced(1), task], null, gate)).rejects.toThrow(/unique/i);
      expect(await standing(store)).toMatchObject({ reserved: 40 });
    });

    test('accepts as much as the budget has and no more, however many submits come at once', async ({
      store,
    }) => {
      await limit(store, { budget: { amountMicroUsd: 300 } });
      const outcomes = await Promise.all(Array.from({ length: 200 }, () => insertOne(store, priced(10))));
      expect(outcomes.filter((kind) => kind === 'inserted')).toHaveLength(30);
      expect(await store.countPending()).toBe(30);
      expect(await standing(store)).toMatchObject({ reserved: 300 });
    });

    test('a batch is refused whole, with how many of it would fit', async ({ store }) => {
      await limit(store, {});
      const tasks = Array.from({ length: 4 }, () => priced(30));
      expect(await store.insert(tasks, null, gate)).toMatchObject({
        kind: 'refused',
        refusal: { of: own, limit: 'budget', asked: 4, fits: 3, costMicroUsd: 120, resetsAt: null },
      });
      expect(await store.countPending()).toBe(0);
      expect(await store.listEntries({ limit: 9 })).toEqual([]);
      expect(await store.judge(tasks.slice(1), gate)).toBeNull();
      expect(await store.insert(tasks.slice(1), null, gate)).toEqual({ kind: 'inserted' });
      expect(await store.judge(tasks.slice(3), gate)).toMatchObject({ limit: 'budget', fits: 0 });
    });

    test('the owner’s budget holds for all of its keys', async ({ store }) => {
      await limit(store, { subject: 'own_a' });
      const of = (keyId: string) => priced(60, { keyId, ownerId: 'own_a' });
      expect(await insertOne(store, of('key_a'))).toBe('inserted');
      expect(await store.insert([of('key_b')], null, gate)).toMatchObject({
        refusal: { of: { kind: 'owner', id: 'own_a' }, reservedMicroUsd: 60 },
      });
    });

    test('a repeated submit gets its answer although nothing is left', async ({ store }) => {
      await limit(store, {});
      const once = {
        keyId: 'key_a',
        idempotencyKey: 'i',
        requestHash: 'h',
        answer: '1',
        expiresAt: start + 9,
      };
      await store.insert([priced(100)], once, gate);
      expect(await store.insert([priced(100)], once, gate)).toEqual({ kind: 'repeated', answer: once });
      expect(await store.listEntries({ limit: 9 })).toHaveLength(1);
    });

    test('free tasks of whom nothing limits are not entered', async ({ store, takenTask }) => {
      const { task, lease } = await takenTask({ price: priceOf(0) });
      await store.finishIfLeased(lease, succeeded(start + 1));
      expect(await store.listEntries({ limit: 9 })).toEqual([]);
      expect((await store.find(task.id))?.money).toMatchObject({
        reservedMicroUsd: null,
        chargedMicroUsd: 0,
      });
    });

    test('a task that succeeds is settled, at a cost above the balance too', async ({ store, takenTask }) => {
      await limit(store, { budget: { amountMicroUsd: 50 } });
      const { task, lease } = await takenTask({ price: priceOf(40) });
      const end = { ...succeeded(start + 1), charge: settle(70) };
      expect(await store.finishIfLeased(lease, end)).toBe(true);
      expect(await store.finishIfLeased(lease, end)).toBe(false);
      expect(await entriesOf(store, task.id)).toEqual([
        ['reserve', 40, 0, 1, null],
        ['settle', -40, 70, 0, 'cost'],
      ]);
      expect((await store.find(task.id))?.money).toMatchObject({ reservedMicroUsd: 0, chargedMicroUsd: 70 });
      expect(await standing(store)).toMatchObject({ spent: 70, reserved: 0 });
      expect(await store.insert([priced(1)], null, gate)).toMatchObject({ kind: 'refused' });
      expect(await insertOne(store, priced(0))).toBe('inserted');
    });

    test('what failed is released, with its picture', async ({ store }) => {
      await limit(store, { limits: { picturesPerDay: 1 } });
      const task = priced(40);
      await insertOne(store, task);
      expect(await store.insert([priced(1)], null, gate)).toMatchObject({
        refusal: { limit: 'pictures_per_day', max: 1, used: 1 },
      });
      await store.finishIfPending(task.id, failed(start + 1));
      expect(await entriesOf(store, task.id)).toEqual([
        ['reserve', 40, 0, 1, null],
        ['release', -40, 0, -1, 'not_billed'],
      ]);
      expect(await standing(store)).toMatchObject({ spent: 0, reserved: 0, picturesToday: 0 });
      expect(await insertOne(store, priced(1))).toBe('inserted');
    });

    test('an unknown outcome keeps its hold until its time is over', async ({ store, told }) => {
      await limit(store, {});
      const task = priced(40);
      await insertOne(store, task);
      await store.finishIfPending(task.id, {
        ...failed(start + 1),
        charge: { kind: 'hold', until: start + 9 },
      });
      expect((await store.find(task.id))?.money).toMatchObject({
        reservedMicroUsd: 40,
        holdUntil: start + 9,
      });
      expect(await standing(store)).toMatchObject({ spent: 0, reserved: 40 });
      expect(await store.deleteIfFinal(task.id, 'key_a', start + 2)).toBeNull();
      expect(await store.deleteFinished({ finishedBy: start + 2, at: start + 2, limit: 9 })).toBe(0);
      expect(await store.findExpiredHolds(start + 8, 9)).toEqual([]);
      expect((await store.findExpiredHolds(start + 9, 9)).map(({ id }) => id)).toEqual([task.id]);
      const end = { at: start + 9, charge: settle(40) as never, view: { ...view, text: '{"anew":true}' } };
      told.length = 0;
      expect(await store.endHold(task.id, end)).toBe(true);
      expect(await store.endHold(task.id, end)).toBe(false);
      expect(told).toEqual([{ taskId: task.id, keyId: 'key_a', state: 'error' }]);
      expect(await store.findStatus(task.id, view.key, 'key_a')).toMatchObject({ view: '{"anew":true}' });
      expect((await store.find(task.id))?.money).toMatchObject({
        reservedMicroUsd: 0,
        chargedMicroUsd: 40,
        holdUntil: null,
      });
      expect(await standing(store)).toMatchObject({ spent: 40, reserved: 0 });
    });

    test('a task that is deleted leaves its entries', async ({ store, takenTask }) => {
      await limit(store, {});
      const { task, lease } = await takenTask({ price: priceOf(40) });
      await store.finishIfLeased(lease, { ...succeeded(start + 1), charge: settle(30) });
      await store.deleteIfFinal(task.id, 'key_a', start + 2);
      expect(await entriesOf(store, task.id)).toHaveLength(2);
      expect(await standing(store)).toMatchObject({ spent: 30 });
      expect(await store.findLedgerFaults(9)).toEqual([]);
    });

    test('an entry belongs to the period of its reservation', async ({ store, takenTask }) => {
      const day = 86_400_000;
      const midnight = Math.ceil(start / day) * day;
      await limit(store, { budget: { period: 'day' } });
      const { lease } = await takenTask({
        price: priceOf(90),
        createdAt: midnight - 1,
        deadlineAt: midnight + day,
      });
      const tomorrow = { createdAt: midnight, deadlineAt: midnight + day };
      expect(
        await store.insert([priced(20, { ...tomorrow, createdAt: midnight - 1 })], null, gate),
      ).toMatchObject({
        refusal: { resetsAt: midnight },
      });
      expect(await insertOne(store, priced(20, tomorrow))).toBe('inserted');
      await store.finishIfLeased(lease, { ...succeeded(midnight + 5), charge: settle(80) });
      expect(await standing(store, midnight - 1)).toMatchObject({ spent: 80, reserved: 0 });
      expect(await standing(store, midnight)).toMatchObject({ spent: 0, reserved: 20 });
      // An edit holds at the next submit.
      await limit(store, { budget: { period: 'month' } });
      expect(await store.insert([priced(1, tomorrow)], null, gate)).toMatchObject({
        refusal: { spentMicroUsd: 80, reservedMicroUsd: 20 },
      });
      expect(await store.findLedgerFaults(9)).toEqual([]);
    });

    test('sums up what was before there was a budget', async ({ store, takenTask }) => {
      const { lease } = await takenTask({ price: priceOf(40) });
      await store.finishIfLeased(lease, { ...succeeded(start + 1), charge: settle(70) });
      await insertOne(store, priced(20));
      await limit(store, {});
      expect(await standing(store)).toMatchObject({ spent: 70, reserved: 20 });
      expect(await store.insert([priced(20)], null, gate)).toMatchObject({
        refusal: { spentMicroUsd: 70, reservedMicroUsd: 20, fits: 0 },
      });
      expect(await insertOne(store, priced(10))).toBe('inserted');
    });

    test('limits what waits, and the sum that is reserved, of a key and of its owner', async ({
      store,
      take,
    }) => {
      await limit(store, { budget: null, limits: { waiting: 2, reservedMicroUsd: 50 } });
      expect(await insertOne(store, priced(20))).toBe('inserted');
      expect(await store.insert([priced(20), priced(20)], null, gate)).toMatchObject({
        refusal: { limit: 'reserved_micro_usd', max: 50, reservedMicroUsd: 20, costMicroUsd: 40, fits: 1 },
      });
      expect(await insertOne(store, priced(20))).toBe('inserted');
      expect(await store.insert([priced(0)], null, gate)).toMatchObject({
        refusal: { limit: 'waiting', max: 2, used: 2, fits: 0 },
      });
      await take(start, 1);
      expect(await insertOne(store, priced(0))).toBe('inserted');
    });

    test('a budget refuses what has no price, unless that is permitted', async ({ store }) => {
      await limit(store, {});
      expect(await store.insert([priced(1), newTask()], null, gate)).toMatchObject({
        refusal: { limit: 'unpriced', model: 'nano-banana', fits: 1 },
      });
      expect(await store.insert([newTask()], null, { unpriced: 'allow' })).toEqual({ kind: 'inserted' });
    });

    test('judges by the defaults where a subject has no limits of its own', async ({ store }) => {
      const budget: Budget = { period: 'total', amountMicroUsd: 50, timeZone: 'UTC' };
      const usual: Gate = { ...gate, defaults: { key: { budget, limits: { waiting: 3 } } } };
      expect(await store.insert([priced(60)], null, usual)).toMatchObject({ refusal: { limit: 'budget' } });
      await limit(store, { budget: { amountMicroUsd: 70 } });
      expect(await store.insert([priced(60)], null, usual)).toEqual({ kind: 'inserted' });
      const more = Array.from({ length: 3 }, () => priced(0));
      expect(await store.insert(more, null, usual)).toMatchObject({ refusal: { limit: 'waiting', fits: 2 } });
    });

    test('a key that is its own owner has the defaults of owners, where keys have none', async ({
      store,
    }) => {
      const nothing = { limits: {}, budget: null };
      const usual: Gate = {
        ...gate,
        defaults: { key: nothing, owner: { ...nothing, limits: { waiting: 1 } } },
      };
      const both = (ownerId = 'key_a') => [priced(0, { ownerId }), priced(0, { ownerId })];
      expect(await store.insert(both(), null, usual)).toMatchObject({
        refusal: { of: own, limit: 'waiting' },
      });
      expect(await store.judge(both(), usual)).toMatchObject({ fits: 1 });
      expect(await store.insert(both('own_a'), null, usual)).toMatchObject({
        refusal: { of: { kind: 'owner', id: 'own_a' } },
      });
    });

    test('adjusts what was spent', async ({ store }) => {
      await limit(store, {});
      const adjusted = { keyId: 'key_a', ownerId: 'key_a', spentDelta: 30, at: start, reason: 'a refund' };
      expect(await store.adjust(adjusted)).toMatchObject({ kind: 'adjust', ...adjusted, taskId: null });
      await store.adjust({ ...adjusted, spentDelta: -10 });
      expect(await standing(store)).toMatchObject({ spent: 20 });
      expect(await store.findLedgerFaults(9)).toEqual([]);
    });

    test('refuses an adjustment that would bring the sum past what is counted exactly', async ({ store }) => {
      const adjusted = { keyId: 'key_a', ownerId: 'own_a', at: start, reason: 'r' };
      const most = { ...adjusted, spentDelta: maxAdjustedMicroUsd };
      expect(await store.adjust(most)).toMatchObject({ spentDelta: maxAdjustedMicroUsd });
      expect(await store.adjust({ ...most, spentDelta: 1 })).toBeNull();
      expect(await store.adjust({ ...adjusted, keyId: null, spentDelta: 1 })).toBeNull();
      expect(
        await store.adjust({ ...most, keyId: 'key_b', ownerId: 'own_b', spentDelta: -7 }),
      ).not.toBeNull();
      for (let more = 0; more < 2; more += 1)
        expect(await store.adjust({ ...most, spentDelta: -maxAdjustedMicroUsd })).not.toBeNull();
      expect(await store.adjust({ ...most, spentDelta: -1 })).toBeNull();
      expect(await store.listEntries({ limit: 9 })).toHaveLength(4);
      expect(await store.findLedgerFaults(9)).toEqual([]);
    });

    test('reserves for a batch in slices, once', async ({ store }) => {
      await limit(store, { budget: { amountMicroUsd: 10_000 }, limits: { waiting: 400 } });
      const prompt = 'a banana '.repeat(3_000);
      const large = () => {
        const { request, ...task } = priced(10);
        return { ...task, id: newTaskId(), request: { ...request, prompt } };
      };
      const tasks = Array.from({ length: 300 }, large);
      expect(await store.insert(tasks, null, gate)).toEqual({ kind: 'inserted' });
      expect(await standing(store)).toMatchObject({ reserved: 3_000, waiting: 300 });
      expect(await store.findLedgerFaults(9)).toEqual([]);
    });
  });
}
