// Usage by day, key, owner, model and upstream, added up in the transactions of what it is of.

import { describe, expect } from 'vitest';
import type { Charge } from '../../core/ledger/money.ts';
import type { NewTask } from '../../core/tasks/task-store.ts';
import { compareUsage, noUsage, usageNames, type UsageQuery } from '../../core/usage/usage.ts';
import { dayMs, dayOf } from '../../lib/time/days.ts';
import type { Store } from '../store.ts';
import {
  callAt,
  failed,
  failedAttempt,
  newTask,
  type OpenStore,
  start,
  storeTest,
  succeeded,
  view,
} from './store.fixture.ts';
import { setLimited } from '../limits.fixture.ts';

const day = dayOf(start);
const ofAll: UsageQuery = { from: day - 9 * dayMs, to: day + 9 * dayMs, by: [], only: {}, limit: 99 };
const settle = (chargedMicroUsd: number) => ({ kind: 'settle', chargedMicroUsd, reason: 'cost' }) as const;
const priced = (estimatedMicroUsd: number, change: Partial<NewTask> = {}) =>
  newTask({ price: { estimatedMicroUsd, unitMicroUsd: null }, ...change });

const at = (createdAt: number) => ({ createdAt, deadlineAt: createdAt + 60_000 });

async function usageOf(store: Store, query: Partial<UsageQuery> = {}) {
  const asked = { ...ofAll, ...query };
  return (await store.usageOf(asked)).toSorted(compareUsage(asked.by));
}

async function end(store: Store, task: NewTask, charge: Charge): Promise<void> {
  await store.insert([task]);
  await store.finishIfPending(task.id, { ...failed(task.createdAt + 1), charge });
}

function testSums(test: ReturnType<typeof storeTest>): void {
  test('a task that a wrong clock put into the future moves to the day to which it is pulled back', async ({
    store,
  }) => {
    const ahead = start + 4 * dayMs;
    const task = priced(40, at(ahead));
    await store.insert([task]);
    expect(await store.pullBack(start)).toBe(1);
    const place = { day, owner: 'key_a', key: 'key_a', model: 'nano-banana', upstream: '' };
    const by = { by: usageNames };
    const used = async () => (await usageOf(store, by)).filter(({ submitted }) => submitted !== 0);
    expect(await used()).toEqual([{ ...noUsage, ...place, submitted: 1, reservedMicroUsd: 40 }]);
    await store.finishIfPending(task.id, { ...failed(start + 1), charge: settle(30) });
    expect(await used()).toEqual([{ ...noUsage, ...place, submitted: 1, failed: 1, chargedMicroUsd: 30 }]);
  });

  test('a submit counts at once, without an upstream, with what it reserves', async ({ store }) => {
    await store.insert([priced(40, { ownerId: 'own_a' }), priced(2, { ownerId: 'own_a' })]);
    const place = { day, owner: 'own_a', key: 'key_a', model: 'nano-banana', upstream: '' };
    expect(await usageOf(store, { by: usageNames })).toEqual([
      { ...noUsage, ...place, submitted: 2, reservedMicroUsd: 42 },
    ]);
  });

  test('an end moves the task to the upstream of its last attempt', async ({ store, takenTask }) => {
    const { lease, task } = await takenTask({ price: { estimatedMicroUsd: 40, unitMicroUsd: null } });
    await store.openAttemptIfLeased(lease, { ...callAt(start), upstream: 'first' });
    await store.closeAttemptIfLeased(lease, start + 1, { ...failedAttempt, costMicroUsd: 5 });
    await store.openAttemptIfLeased(lease, callAt(start + 2));
    const { outcome, ...rest } = succeeded(start + 3);
    const pictures = [
      { key: 'a', fileName: 'a.png', bytes: 1 },
      { key: 'b', fileName: 'b.png', bytes: 1 },
    ];
    const ended = { ...outcome, result: { pictures, description: 'd', warnings: [] } };
    await store.finishIfLeased(lease, {
      ...rest,
      outcome: ended as typeof outcome,
      attempt: { ...failedAttempt, outcome: 'succeeded', failure: null, costMicroUsd: 30 },
      charge: settle(38),
    });
    const sums = {
      ...noUsage,
      submitted: 1,
      succeeded: 1,
      pictures: 2,
      costMicroUsd: 35,
      chargedMicroUsd: 38,
    };
    expect(await usageOf(store, { by: ['upstream'] })).toEqual([{ ...sums, upstream: 'u' }]);
    await store.deleteIfFinal(task.id, 'key_a', start + 4);
    expect(await usageOf(store)).toEqual([sums]);
  });

  test('failed and cancelled tasks are told apart, and what never began has no upstream', async ({
    store,
  }) => {
    await end(store, priced(7), { kind: 'release', reason: 'not_billed' });
    const cancelled = newTask();
    await store.insert([cancelled]);
    await store.finishIfPending(cancelled.id, failed(start + 1, 'cancelled'));
    expect(await usageOf(store, { by: ['upstream'] })).toEqual([
      { ...noUsage, submitted: 2, failed: 1, cancelled: 1, upstream: '' },
    ]);
  });

  test('what is held stays reserved until the hold ends, at the same place', async ({ store, takenTask }) => {
    const { lease, task } = await takenTask({ price: { estimatedMicroUsd: 40, unitMicroUsd: null } });
    await store.openAttemptIfLeased(lease, callAt(start));
    const attempt = { ...failedAttempt, maybeBilled: true, costMicroUsd: null };
    await store.finishIfLeased(lease, {
      ...failed(start + 1),
      attempt,
      charge: { kind: 'hold', until: start + 9 },
    });
    const sums = { ...noUsage, submitted: 1, failed: 1, upstream: 'u' };
    expect(await usageOf(store, { by: ['upstream'] })).toEqual([{ ...sums, reservedMicroUsd: 40 }]);
    const holdEnd = { at: start + dayMs, charge: settle(40), view };
    await store.endHold(task.id, holdEnd);
    await store.endHold(task.id, holdEnd);
    expect(await usageOf(store, { by: ['upstream'] })).toEqual([{ ...sums, chargedMicroUsd: 40 }]);
  });

  test('an adjustment is charged on its day, and to no model', async ({ store }) => {
    const change = { at: start + dayMs, spentDelta: -3, reason: 'credit' };
    await store.adjust({ ...change, keyId: null, ownerId: 'own_a' });
    await store.adjust({ ...change, keyId: 'key_a', ownerId: 'own_a' });
    const common = { ...noUsage, day: day + dayMs, model: '', chargedMicroUsd: -3 };
    expect(await usageOf(store, { by: ['day', 'key', 'model'] })).toEqual([
      { ...common, key: '' },
      { ...common, key: 'key_a' },
    ]);
  });

  test('charged and reserved are the sums of the ledger', async ({ store }) => {
    await setLimited(store, 'key_a', { budget: null, limits: { reservedMicroUsd: 1_000 } });
    await store.insert([priced(5), priced(6, at(start + dayMs))]);
    await end(store, priced(7, at(start - dayMs)), settle(9));
    await end(store, priced(8, { keyId: 'key_b' }), { kind: 'hold', until: start + 9 });
    const entries = await store.listEntries({ limit: 99 });
    const sum = (name: 'reservedDelta' | 'spentDelta') =>
      entries.reduce((all, entry) => all + entry[name], 0);
    expect(await usageOf(store)).toMatchObject([
      { submitted: 4, reservedMicroUsd: sum('reservedDelta'), chargedMicroUsd: sum('spentDelta') },
    ]);
  });
}

function testReports(test: ReturnType<typeof storeTest>): void {
  async function insertSome(store: Store): Promise<void> {
    for (const [createdAt, keyId, ownerId, model] of [
      [start, 'key_a', 'own_a', 'nano-banana'],
      [start, 'key_b', 'own_a', 'nano-banana'],
      [start + dayMs, 'key_b', 'own_a', 'nano-banana-pro'],
      [start + 2 * dayMs, 'key_c', 'key_c', 'nano-banana'],
    ] as const)
      await store.insert([newTask({ ...at(createdAt), keyId, ownerId, model })]);
  }
  const counts = async (store: Store, query: Partial<UsageQuery>) =>
    (await usageOf(store, query)).map((row) =>
      [...(query.by ?? []), 'submitted' as const].map((name) => row[name]),
    );

  test('rows are told apart by any of the names, in any order', async ({ store }) => {
    await insertSome(store);
    expect(await counts(store, {})).toEqual([[4]]);
    expect(await counts(store, { by: ['owner'] })).toEqual([
      ['key_c', 1],
      ['own_a', 3],
    ]);
    expect(await counts(store, { by: ['model', 'key'] })).toEqual([
      ['nano-banana', 'key_a', 1],
      ['nano-banana', 'key_b', 1],
      ['nano-banana', 'key_c', 1],
      ['nano-banana-pro', 'key_b', 1],
    ]);
    expect(await counts(store, { by: ['day'] })).toEqual([
      [day, 2],
      [day + dayMs, 1],
      [day + 2 * dayMs, 1],
    ]);
  });

  test('only the days, keys, owners, models and upstreams that are asked for count', async ({ store }) => {
    await insertSome(store);
    expect(await counts(store, { from: day + dayMs, to: day + dayMs })).toEqual([[1]]);
    expect(await counts(store, { only: { key: 'key_b' } })).toEqual([[2]]);
    expect(await counts(store, { only: { owner: 'own_a', model: 'nano-banana' } })).toEqual([[2]]);
    expect(await counts(store, { only: { upstream: 'none' } })).toEqual([]);
    expect(await counts(store, { from: day + 5 * dayMs })).toEqual([]);
  });

  test('a report ends after as many rows as may be', async ({ store }) => {
    await insertSome(store);
    const rows = await store.usageOf({ ...ofAll, by: usageNames, limit: 2 });
    expect(rows.length).toBeLessThan(4);
    expect(rows.length).toBeGreaterThanOrEqual(2);
  });

  test('is the same after what is counted was joined', async ({ store }) => {
    await insertSome(store);
    const before = await usageOf(store, { by: usageNames });
    await store.foldStatistics(start + 100 * dayMs);
    expect(await usageOf(store, { by: usageNames })).toEqual(before);
  });
}

export function testUsage(name: string, open: OpenStore): void {
  const test = storeTest(open);
  describe(`the usage of days on ${name}`, () => {
    testSums(test);
    testReports(test);
  });
}
