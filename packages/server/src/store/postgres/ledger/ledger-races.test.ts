// Money of two processes on one database.

import { describe, expect, test } from 'vitest';
import { isMissing } from '../../../../../../e2e/needed-tool.fixture.ts';
import type { Charge } from '../../../core/ledger/money.ts';
import type { Limits } from '../../../core/limits/limits.ts';
import type { NewTask } from '../../../core/tasks/task-store.ts';
import { failed, newTask, start, view } from '../../conformance/store.fixture.ts';
import type { Store } from '../../store.ts';
import { postgresUrl } from '../database/store.fixture.ts';
import { deadlocks, inBoth, openTwoStores } from '../database/two-stores.fixture.ts';
import { setLimited } from '../../limits.fixture.ts';

const gate = { unpriced: 'refuse' } as const;

const priced = (change: Partial<NewTask> = {}, estimatedMicroUsd = 10) =>
  newTask({ price: { estimatedMicroUsd, unitMicroUsd: null }, ...change });

const submit = async (store: Store, task: NewTask) => (await store.insert([task], null, gate)).kind;

const limit = (store: Store, subjectId: string, amountMicroUsd: number, limits: Limits = {}) =>
  setLimited(store, subjectId, { budget: { period: 'day', amountMicroUsd, timeZone: 'UTC' }, limits });

const charges: Charge[] = [
  { kind: 'settle', chargedMicroUsd: 17, reason: 'cost' },
  { kind: 'release', reason: 'not_billed' },
  { kind: 'hold', until: start + 1_000 },
];

async function takeAll(store: Store) {
  return await store.takeDue({
    needs: [{ model: 'nano-banana', inputs: 0, limit: 500 }],
    now: start + 1,
    leaseMs: 60_000,
  });
}

describe.skipIf(isMissing('PostgreSQL', postgresUrl() !== null))('the ledger of two processes', () => {
  test('submits at once never exceed a budget, nor a limit of pictures or of what waits', async () => {
    const { stores, database } = await openTwoStores();
    await limit(stores[0], 'own_a', 305);
    await setLimited(stores[0], 'key_b', { budget: null, limits: { picturesPerDay: 20 } });
    await setLimited(stores[0], 'key_c', { budget: null, limits: { waiting: 10 } });
    const kinds = await inBoth(stores, 300, async (store, index) => {
      const keyId = ['key_a', 'key_b', 'key_c'][index % 3] ?? '';
      return {
        keyId,
        kind: await submit(store, priced({ keyId, ownerId: keyId.replace('key_a', 'own_a') })),
      };
    });
    const accepted = (keyId: string) =>
      kinds.filter((each) => each.keyId === keyId && each.kind === 'inserted').length;
    expect(['key_a', 'key_b', 'key_c'].map(accepted)).toEqual([30, 20, 10]);
    expect(await stores[0].findLedgerFaults(9)).toEqual([]);
    expect(await deadlocks(database)).toBe(0);
  });

  test('a balance that both are asked for is summed once, and right beside submits', async () => {
    const { stores, database } = await openTwoStores();
    const tasks = Array.from({ length: 60 }, () => priced({ ownerId: 'own_a' }));
    await inBoth(stores, 20, (store, index) => submit(store, tasks[index]!));
    for (const id of ['own_a', 'key_a']) await limit(stores[0], id, 1_000);
    const subjects = [{ kind: 'owner', id: 'own_a' } as const, { kind: 'key', id: 'key_a' } as const];
    await inBoth(stores, 40, async (store, index) => {
      await Promise.all([store.standingsOf(subjects, start), submit(store, tasks[index + 20]!)]);
    });
    const reserved = (await stores[1].standingsOf(subjects, start)).map((standing) => standing.reserved);
    expect(reserved).toEqual([600, 600]);
    const kept = await database.query('SELECT subject_id FROM balances ORDER BY subject_id');
    expect(kept).toEqual([{ subject_id: 'key_a' }, { subject_id: 'own_a' }]);
    expect(await stores[0].findLedgerFaults(9)).toEqual([]);
    expect(await deadlocks(database)).toBe(0);
  });

  test('a balance that both begin is one, and has what came before it and meanwhile', async () => {
    const { stores, database } = await openTwoStores();
    const tasks = Array.from({ length: 120 }, () => priced({ ownerId: 'own_a' }));
    await inBoth(stores, 60, (store, index) => submit(store, tasks[index]!));
    const taken = await takeAll(stores[0]);
    expect(taken).toHaveLength(60);
    // Entries come from those who do not know of the budget yet, too.
    await Promise.all([
      inBoth(stores, 60, (store, index) => submit(store, tasks[60 + index]!)),
      limit(stores[1], 'own_a', 2_000),
      inBoth(stores, 60, (store, index) =>
        store.finishIfLeased(taken[index]!.lease, { ...failed(start + 9), charge: charges[index % 2]! }),
      ),
    ]);
    await submit(stores[0], priced({ ownerId: 'own_a' }));
    expect(await stores[0].findLedgerFaults(9)).toEqual([]);
    expect(await database.query('SELECT reserved, spent, pictures FROM balances')).toEqual([
      { reserved: 610, spent: 30 * 17, pictures: 121 - 30 },
    ]);
  });

  test('submits and ends of many owners in any order never wait for each other in a circle', async () => {
    const { stores, database } = await openTwoStores();
    const owners = Array.from({ length: 8 }, (_, index) => `own_${index}`);
    for (const owner of owners) await limit(stores[0], owner, 100_000, { reservedMicroUsd: 50_000 });
    const some = (index: number) => priced({ ownerId: owners[index % 8]!, keyId: `key_${index % 5}` });
    await inBoth(stores, 240, (store, index) => submit(store, some(index)));
    const taken = await takeAll(stores[1]);
    await Promise.all([
      inBoth(stores, 240, (store, index) => submit(store, some(7 * index))),
      inBoth(stores, 240, (store, index) =>
        store.finishIfLeased(taken[239 - index]!.lease, {
          ...failed(start + 9),
          charge: charges[index % 3]!,
        }),
      ),
    ]);
    expect(await deadlocks(database)).toBe(0);
    expect(await stores[0].findLedgerFaults(9)).toEqual([]);
    expect((await stores[0].listEntries({ limit: 1_000 })).length).toBe(480 + 160);
  });

  test('a hold that both end is ended once', async () => {
    const { stores } = await openTwoStores();
    await limit(stores[0], 'key_a', 1_000);
    await inBoth(stores, 40, (store) => submit(store, priced()));
    const taken = await takeAll(stores[0]);
    for (const { lease } of taken)
      await stores[0].finishIfLeased(lease, { ...failed(start + 9), charge: charges[2]! });
    const held = await stores[1].findExpiredHolds(start + 1_000, 100);
    const end = {
      at: start + 1_000,
      charge: { kind: 'settle', chargedMicroUsd: 10, reason: 'unknown_charged' },
      view,
    } as const;
    const ended = await inBoth(stores, 80, (store, index) => store.endHold(held[index % 40]!.id, end));
    expect(ended.filter(Boolean)).toHaveLength(40);
    expect(await stores[0].findLedgerFaults(9)).toEqual([]);
    expect(await stores[0].standingsOf([{ kind: 'key', id: 'key_a' }], start)).toMatchObject([
      { spent: 400, reserved: 0 },
    ]);
  });

  test('equal requests at once are judged and reserved once, and a refused one leaves no answer behind', async () => {
    const { stores, database } = await openTwoStores();
    await limit(stores[0], 'key_a', 10);
    const once = (name: string) => ({
      keyId: 'key_a',
      idempotencyKey: name,
      requestHash: 'h',
      answer: '""',
      expiresAt: start + 1_000,
    });
    const kinds = await inBoth(
      stores,
      100,
      async (store, index) => (await store.insert([priced()], once(`order-${index % 4}`), gate)).kind,
    );
    const count = (kind: string) => kinds.filter((each) => each === kind).length;
    expect([count('inserted'), count('repeated'), count('refused')]).toEqual([1, 24, 75]);
    expect(await database.query('SELECT FROM kept_answers')).toHaveLength(1);
    expect(await deadlocks(database)).toBe(0);
  });
});
