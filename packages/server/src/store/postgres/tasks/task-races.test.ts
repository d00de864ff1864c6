// Writes of tasks by two processes at once.

import { describe, expect, test } from 'vitest';
import { isMissing } from '../../../../../../e2e/needed-tool.fixture.ts';
import type { LeasedTask } from '../../../core/tasks/task-queue.ts';
import { newEndpointId, webhookEvents } from '../../../core/webhooks/webhook.ts';
import { callAt, failed, newTask, start, succeeded } from '../../conformance/store.fixture.ts';
import type { Store } from '../../store.ts';
import type { Database } from '../database/database.ts';
import { postgresUrl } from '../database/store.fixture.ts';
import { deadlocks, inBoth, openTwoStores } from '../database/two-stores.fixture.ts';

type Two = readonly [Store, Store];

const newTasks = (count: number) =>
  Array.from({ length: count }, (_, index) => newTask({ createdAt: start + (index % 7) }));

const take = (store: Store, limit: number) =>
  store.takeDue({ needs: [{ model: 'nano-banana', inputs: 0, limit }], now: start + 10, leaseMs: 10_000 });

async function takeAll([store]: Two, count: number): Promise<LeasedTask[]> {
  await store.insert(newTasks(count));
  return await take(store, count);
}

/** Finds tasks that wait and are not in the queue, or are in the queue and don't wait. */
async function misplaced({ query }: Pick<Database, 'query'>): Promise<unknown[]> {
  const waits = `SELECT id FROM tasks WHERE state = 'pending' AND cancel_requested_at IS NULL`;
  const queued = 'SELECT task_id FROM waiting';
  return await query(`(${waits} EXCEPT ${queued}) UNION ALL (${queued} EXCEPT ${waits})`);
}

describe.skipIf(isMissing('PostgreSQL', postgresUrl() !== null))('tasks of two processes', () => {
  test('each is taken once, however many take at once', async () => {
    const { stores, database } = await openTwoStores();
    const tasks = newTasks(300);
    await stores[0].insert(tasks);
    const taken = (await inBoth(stores, 60, (store) => take(store, 7))).flat();
    expect(taken.map(({ task }) => task.id).toSorted()).toEqual(tasks.map(({ id }) => id).toSorted());
    expect(new Set(taken.map(({ lease }) => lease.token)).size).toBe(300);
    expect(await misplaced(database)).toEqual([]);
  });

  test('one that ends leaves no call open whose opening its process did not hear of', async () => {
    const { stores, database } = await openTwoStores();
    const [store] = stores;
    const taken = await takeAll(stores, 1);
    for (const { lease } of taken) {
      await store.openAttemptIfLeased(lease, callAt(start + 20));
      expect(await store.finishIfLeased(lease, failed(start + 30))).toBe(true);
    }
    const attempts = await database.query('SELECT outcome, maybe_billed, cost_micro_usd FROM attempts');
    expect(attempts).toEqual([{ outcome: 'interrupted', maybe_billed: 0, cost_micro_usd: 0 }]);
    expect(await store.countCalls?.({ own: () => [], days: () => [] })).toEqual([]);
  });

  test('an opening that is asked for again finds what it opened, and no other call does', async () => {
    const { stores, database } = await openTwoStores();
    const [{ lease } = { lease: { taskId: '', token: '' } }] = await takeAll(stores, 1);
    const open = (at: number) => stores[0].openAttemptIfLeased(lease, callAt(at));
    const first = await open(start + 20);
    expect(first).toMatchObject({ number: 1, outcome: null });
    expect(await open(start + 20)).toEqual(first);
    expect(await open(start + 21)).toBeNull();
    expect(await database.query('SELECT FROM attempts')).toHaveLength(1);
  });

  test('each is taken once while others come in', async () => {
    const { stores, database } = await openTwoStores();
    const tasks = newTasks(200);
    const taken: string[] = [];
    const takers = inBoth(stores, 6, async (store) => {
      while (taken.length < tasks.length) taken.push(...(await take(store, 5)).map(({ task }) => task.id));
    });
    await inBoth(stores, 200, async (store, index) => await store.insert(tasks.slice(index, index + 1)));
    await takers;
    expect(taken.toSorted()).toEqual(tasks.map(({ id }) => id).toSorted());
    expect(await misplaced(database)).toEqual([]);
  });

  test('submits with one idempotency key are one', async () => {
    const { stores } = await openTwoStores();
    const once = (index: number) => ({
      keyId: 'key_a',
      idempotencyKey: 'order-17',
      requestHash: 'h',
      answer: `"${index}"`,
      expiresAt: start + 1_000,
    });
    const answers = await inBoth(stores, 200, (store, index) => store.insert([newTask()], once(index)));
    const others = answers.flatMap((inserted) => (inserted.kind === 'repeated' ? [inserted.answer] : []));
    expect(others).toHaveLength(199);
    expect(new Set(others.map(({ answer }) => answer))).toEqual(
      new Set([`"${answers.findIndex(({ kind }) => kind === 'inserted')}"`]),
    );
    expect(await stores[0].countPending()).toBe(1);
  });

  test('submits whose keys come in any order do not wait for each other', async () => {
    const { stores, database } = await openTwoStores();
    const answers = await inBoth(stores, 400, (store, index) =>
      store.insert([newTask()], {
        keyId: 'key_a',
        idempotencyKey: `order-${index % 2 === 0 ? index % 40 : 40 - (index % 40)}`,
        requestHash: 'h',
        answer: '""',
        expiresAt: start + 1_000,
      }),
    );
    expect(answers.filter(({ kind }) => kind === 'inserted')).toHaveLength(40);
    expect(await deadlocks(database)).toBe(0);
  });

  test('each ends once: taken and ended, or ended while it waited', async () => {
    const { stores, database, told } = await openTwoStores();
    const tasks = newTasks(60);
    await stores[0].insert(tasks);
    const ends = inBoth(stores, 120, (store, index) =>
      store.finishIfPending(tasks[index % 60]?.id ?? '', failed(start + 20, 'cancelled')),
    );
    const taken = (await inBoth(stores, 20, (store) => take(store, 3))).flat();
    const ended = (await ends).filter(Boolean).length;
    expect(ended + taken.length).toBe(60);
    expect(told.filter(({ state }) => state === 'error')).toHaveLength(ended);
    expect(told.filter(({ state }) => state === 'running')).toHaveLength(taken.length);
    expect(await misplaced(database)).toEqual([]);
  });

  test('the end of a task and the request to cancel it come one after the other', async () => {
    const { stores, database } = await openTwoStores();
    const taken = await takeAll(stores, 60);
    const cancelled = Promise.all(
      taken.map(({ task }) => stores[1].requestCancelIfRunning(task.id, start + 20)),
    );
    const moved = await Promise.all(
      taken.map(({ lease }, index) =>
        index % 2 === 0
          ? stores[0].finishIfLeased(lease, succeeded(start + 20))
          : stores[0].putBackIfLeased(lease, { at: start + 20, dueAt: start + 20, usesTry: true }),
      ),
    );
    expect(moved.every(Boolean)).toBe(true);
    const found = await Promise.all(taken.map(({ task }) => stores[0].find(task.id)));
    const wished = found.map((task) => task?.cancelRequestedAt === start + 20);
    expect(wished).toEqual(await cancelled);
    expect(await misplaced(database)).toEqual([]);
    const waiting = found.filter((task) => task?.state === 'pending');
    const toCancel = await stores[1].claimCancelled({ now: start + 30, claimMs: 1, limit: 99 });
    expect(toCancel).toHaveLength(waiting.filter((task) => task?.cancelRequestedAt !== null).length);
  });

  test('writes to the same tasks in any order never wait for each other', async () => {
    const { stores, database } = await openTwoStores();
    const taken = await takeAll(stores, 80);
    const leases = taken.map(({ lease }) => lease);
    const renewal = async (store: Store, progress: number) =>
      await store.renewLeases(
        leases.toReversed().map((lease) => ({ lease, progress })),
        { now: start + 20, leaseMs: 10_000 },
      );
    await Promise.all([
      ...leases.map((lease) => stores[0].openAttemptIfLeased(lease, callAt(start + 15))),
      ...leases.toReversed().map(({ taskId }) => stores[1].requestCancelIfRunning(taskId, start + 15)),
      inBoth(stores, 20, (store, index) => renewal(store, index / 20)),
      ...leases.map((lease, index) =>
        index % 2 === 0
          ? stores[1].finishIfLeased(lease, succeeded(start + 30))
          : stores[1].putBackIfLeased(lease, { at: start + 30, dueAt: start + 30, usesTry: true }),
      ),
    ]);
    expect(await misplaced(database)).toEqual([]);
    expect(await deadlocks(database)).toBe(0);
  });

  test('nothing is sent to an endpoint that is switched off while tasks end', async () => {
    const { stores } = await openTwoStores();
    const taken = await takeAll(stores, 60);
    const disabled = { failingSince: null, disabledAt: null, disabledReason: null };
    const receiver = { keyId: 'key_a', url: 'https://receiver.example/', description: '', createdAt: start };
    const endpoint = { id: newEndpointId(), ...receiver, events: webhookEvents, ...disabled };
    await stores[0].insertEndpoint(endpoint, 'whsec_x', 20);
    const ends = inBoth(stores, 60, async (store, index) => {
      const lease = taken[index]?.lease ?? { taskId: '', token: '' };
      return await store.finishIfLeased(lease, succeeded(start + 20));
    });
    await stores[1].changeEndpoint(endpoint.id, { enabled: false }, start + 30);
    expect((await ends).every(Boolean)).toBe(true);
    const pending = async () =>
      await stores[0].listDeliveries({ keyId: 'key_a', state: 'pending', limit: 99 });
    const claim = { now: start + 40, claimMs: 1_000 };
    for (const { id } of await pending()) expect(await stores[1].claimDelivery(id, claim)).toBeNull();
    expect(await pending()).toEqual([]);
  });

  test('a write that the database ends to free another one is done again', async () => {
    const { stores, database } = await openTwoStores();
    const ids = (await takeAll(stores, 2)).map(({ task }) => task.id).toSorted();
    const [first = '', second = ''] = ids;
    const lock = 'SELECT FROM tasks WHERE id = $1 FOR UPDATE';
    let cancelled: Promise<boolean[]> | undefined;
    await database.transaction(async (query) => {
      // It is the store's transaction that is ended.
      await query(`SET LOCAL deadlock_timeout = '1h'`);
      await query(lock, [second]);
      cancelled = Promise.all(ids.map((id) => stores[0].requestCancelIfRunning(id, start + 20)));
      const waits = () => query('SELECT FROM pg_locks WHERE pg_backend_pid() = ANY (pg_blocking_pids(pid))');
      while ((await waits()).length === 0);
      await query(lock, [first]);
    });
    expect(await cancelled).toEqual([true, true]);
    expect(await deadlocks(database)).toBeGreaterThan(0);
  });
});
