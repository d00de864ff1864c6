// The fair order where several processes submit, take and end at once.

import { Client } from 'pg';
import { describe, expect, onTestFinished, test } from 'vitest';
import { isMissing } from '../../../../../../e2e/needed-tool.fixture.ts';
import type { LeasedTask } from '../../../core/tasks/task-queue.ts';
import type { NewTask } from '../../../core/tasks/task-store.ts';
import { callAt, failed, newEdit, newTask, start, succeeded } from '../../conformance/store.fixture.ts';
import type { Store } from '../../store.ts';
import type { Database } from '../database/database.ts';
import { lockForTakes } from '../database/locks.ts';
import type { Query } from '../database/statements.ts';
import { postgresUrl } from '../database/store.fixture.ts';
import { inBoth, openTwoStores } from '../database/two-stores.fixture.ts';
import { arriving } from './arrivals.ts';
import { setLimited } from '../../limits.fixture.ts';

const model = 'nano-banana';
const now = start + 10;

const tasksOf = (ownerId: string, count: number, change: Partial<NewTask> = {}) =>
  Array.from({ length: count }, () => newTask({ keyId: ownerId, ownerId, ...change }));

const take = (store: Store, limit: number, at = now) =>
  store.takeDue({ needs: [{ model, inputs: 0, limit }], now: at, leaseMs: 10_000 });

const ownersOf = (taken: readonly LeasedTask[]) => taken.map(({ task }) => task.ownerId).join(' ');
const needsOf = async (store: Store) =>
  (await store.pendingWork(now)).needs.map(({ ownerId }) => ownerId).join(' ');

/** Inserts a task as a submit does, in a transaction that goes on. */
async function submitWithin(query: Query, ownerId: string, priority = 0): Promise<void> {
  const { id, request, createdAt, deadlineAt } = newTask();
  await query(
    `INSERT INTO tasks (id, key_id, owner_id, priority, state, action, model, inputs, created_at, updated_at, due_at, deadline_at, changed, request)
     VALUES ($1, $2, $2, $3, 'pending', 'generate', '${model}', 0, $4::bigint, $4, $4, $5, 0, $6)`,
    [id, ownerId, priority, createdAt, deadlineAt, JSON.stringify(request)],
  );
  await query(
    `INSERT INTO waiting (model, inputs, owner_id, rank, task_id, key_id, due_at, deadline_at, state)
     SELECT model, inputs, owner_id, -priority, id, key_id, due_at, deadline_at, 'ready' FROM tasks WHERE id = $1`,
    [id],
  );
  await query(arriving('SELECT * FROM waiting WHERE task_id = $1'), [id]);
}

/** Counts what is amiss in the order: tasks that are ready and in no lane, lanes of an owner that differ, two rows for one lane. */
async function amiss({ query }: Pick<Database, 'query'>): Promise<unknown[]> {
  return await query(
    `SELECT 'no lane', task_id FROM waiting w WHERE state = 'ready'
       AND NOT EXISTS (SELECT FROM lanes l WHERE (l.model, l.inputs, l.owner_id) = (w.model, w.inputs, w.owner_id)
                         AND (head_rank, head_id) <= (w.rank, w.task_id))
       AND NOT EXISTS (SELECT FROM arrivals a WHERE (a.model, a.inputs, a.owner_id) = (w.model, w.inputs, w.owner_id)
                         AND (a.rank, a.task_id) <= (w.rank, w.task_id))
     UNION ALL SELECT 'turns', owner_id FROM lanes GROUP BY owner_id HAVING count(DISTINCT turn) + count(DISTINCT blocked) > 2
     UNION ALL SELECT 'twice', owner_id FROM lanes GROUP BY owner_id, model, inputs HAVING count(*) > 1
     UNION ALL SELECT 'kept twice', owner_id FROM owner_turns GROUP BY owner_id HAVING count(*) > 1`,
  );
}

async function deadlocks({ query }: Pick<Database, 'query'>): Promise<number> {
  await query('SELECT pg_stat_force_next_flush()');
  const [row] = await query('SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()');
  return Number(row?.['deadlocks']);
}

describe.skipIf(isMissing('PostgreSQL', postgresUrl() !== null))(
  'the fair order of several processes',
  () => {
    test('has each task taken once, whatever comes in, ends and goes back meanwhile', async () => {
      const { stores, database } = await openTwoStores();
      const tasks = Array.from({ length: 240 }, (_, index) => {
        const ownerId = `own_${index % 7}`;
        const change = { keyId: `key_${index % 3}`, ownerId, priority: index % 2 };
        return newEdit(index % 3, change);
      });
      await setLimited(stores[0], 'own_1', { limits: { running: 2 }, budget: null });
      await setLimited(stores[0], 'key_1', { limits: { running: 3 }, budget: null });
      const ended = new Map<string, number>();
      const back = new Set<string>();
      let cancelled = 0;
      const cancelling = inBoth(stores, 40, async (store, index) => {
        const id = tasks[index * 6]?.id ?? '';
        if (await store.finishIfPending(id, failed(now + 1, 'cancelled'))) cancelled += 1;
      });
      const working = inBoth(stores, 4, async (store) => {
        const needs = [0, 1, 2].map((inputs) => ({ model, inputs, limit: 3 }));
        while (ended.size + cancelled < tasks.length) {
          const taken = await store.takeDue({ needs, now, leaseMs: 60_000 });
          await Promise.all(
            taken.map(async ({ lease, task }, index) => {
              if (index % 5 === 4 && !back.has(task.id)) {
                back.add(task.id);
                await store.putBackIfLeased(lease, { at: now, dueAt: now, usesTry: true });
              } else if (await store.finishIfLeased(lease, succeeded(now + 5)))
                ended.set(task.id, (ended.get(task.id) ?? 0) + 1);
            }),
          );
          if (taken.length === 0) await store.releaseHeld();
        }
      });
      await inBoth(stores, 240, (store, index) => store.insert(tasks.slice(index, index + 1)));
      await Promise.all([cancelling, working]);
      expect([...ended.values()].every((times) => times === 1)).toBe(true);
      expect(await database.query('SELECT FROM waiting')).toEqual([]);
      expect(await amiss(database)).toEqual([]);
      expect(await deadlocks(database)).toBe(0);
    });

    test('never lets more of an owner, or of a key, run than their limits', async () => {
      const { stores, database } = await openTwoStores();
      await setLimited(stores[0], 'own_1', { limits: { running: 3 }, budget: null });
      await setLimited(stores[0], 'key_b', { limits: { running: 1 }, budget: null });
      const tasks = ['key_a', 'key_b', 'key_c'].flatMap((keyId) => tasksOf('own_1', 20, { keyId }));
      await stores[0].insert(tasks);
      let most = { all: 0, ofKey: 0 };
      let ended = 0;
      await inBoth(stores, 6, async (store) => {
        while (ended < tasks.length) {
          const taken = await take(store, 2);
          const [row] = await database.query(
            `SELECT count(*) AS "all", count(*) FILTER (WHERE key_id = 'key_b') AS "ofKey" FROM tasks WHERE state = 'running'`,
          );
          const counts = row as typeof most;
          most = { all: Math.max(most.all, counts.all), ofKey: Math.max(most.ofKey, counts.ofKey) };
          for (const { lease } of taken)
            if (await store.finishIfLeased(lease, succeeded(now + 5))) ended += 1;
          if (taken.length === 0) await store.releaseHeld();
        }
      });
      expect(most).toEqual({ all: 3, ofKey: 1 });
      expect(await amiss(database)).toEqual([]);
    });

    test('has a submit that commits late in the first look and the first take after', async () => {
      const { stores, database } = await openTwoStores();
      await stores[0].insert([...tasksOf('own_a', 20), ...tasksOf('own_b', 20)]);
      await database.transaction(async (query) => {
        await submitWithin(query, 'own_late');
        await submitWithin(query, 'own_a', 9);
        for (const store of stores) {
          await store.insert(tasksOf('own_c', 1));
          expect(ownersOf(await take(store, 8))).not.toContain('own_late');
          await store.pendingWork(now);
        }
      });
      // It begins where the others are by now.
      const taken = await take(stores[1], 4);
      expect(ownersOf(taken)).toContain('own_late');
      expect(taken.find(({ task }) => task.ownerId === 'own_a')?.task.priority).toBe(9);
    });

    test('shows a submit that commits late where nothing else waits', async () => {
      const { stores, database } = await openTwoStores();
      const [store] = stores;
      await database.transaction(async (query) => {
        await submitWithin(query, 'own_late');
        await store.insert(tasksOf('own_a', 1));
        expect(ownersOf(await take(store, 5))).toBe('own_a');
        expect(await needsOf(store)).toBe('');
      });
      expect(await needsOf(store)).toBe('own_late');
      expect(ownersOf(await take(store, 5))).toBe('own_late');
    });

    test('goes on when a process dies while it decides a take', async () => {
      const { stores, url } = await openTwoStores();
      await stores[0].insert(tasksOf('own_a', 3));
      const dying = new Client({ connectionString: url });
      dying.on('error', () => {});
      await dying.connect();
      onTestFinished(() => dying.end());
      await dying.query('BEGIN');
      await dying.query(lockForTakes);
      await dying.query(`DELETE FROM waiting; DELETE FROM arrivals; UPDATE lanes SET turn = turn + 5`);
      const taking = take(stores[0], 5);
      dying.connection.stream.destroy();
      expect(await taking).toHaveLength(3);
    });

    test('passes a task that is just being ended, and takes the others meanwhile', async () => {
      const { stores, database } = await openTwoStores();
      const [first, ...others] = tasksOf('own_a', 3);
      await stores[0].insert([first!, ...others]);
      await database.transaction(async (query) => {
        await query('SELECT FROM tasks WHERE id = $1 FOR UPDATE', [first!.id]);
        const taken = await take(stores[0], 5);
        expect(taken.map(({ task }) => task.id)).toEqual(others.map(({ id }) => id));
      });
      expect(await needsOf(stores[1])).toBe('own_a');
      expect((await take(stores[1], 5)).map(({ task }) => task.id)).toEqual([first!.id]);
      expect(await amiss(database)).toEqual([]);
    });

    test('reads more of a lane where the others have fewer tasks than their shares', async () => {
      const { stores, database } = await openTwoStores();
      await stores[0].insert(tasksOf('own_a', 100));
      for (let owner = 0; owner < 20; owner += 1) await stores[0].insert(tasksOf(`own_b${owner}`, 1));
      expect(await take(stores[0], 70)).toHaveLength(70);
      expect(await amiss(database)).toEqual([]);
    });

    test('goes past any number of tasks of a key that has reached its limit', async () => {
      const { stores } = await openTwoStores();
      await setLimited(stores[0], 'key_1', { limits: { running: 1 }, budget: null });
      await stores[0].insert(tasksOf('own_a', 300, { keyId: 'key_1', priority: 1 }));
      await stores[0].insert(tasksOf('own_a', 2, { keyId: 'key_2' }));
      const taken = await take(stores[1], 3);
      expect(taken.map(({ task }) => task.keyId)).toEqual(['key_1', 'key_2', 'key_2']);
      expect(await needsOf(stores[0])).toBe('');
    });

    test('leaves nothing of lanes whose tasks all were cancelled, and their owners no credit', async () => {
      const { stores, database } = await openTwoStores();
      const [store] = stores;
      const cancelled = tasksOf('own_a', 3);
      await store.insert([...cancelled, ...tasksOf('own_b', 9)]);
      expect(ownersOf(await take(store, 2))).toBe('own_a own_b');
      for (const { id } of cancelled.slice(1)) await store.finishIfPending(id, failed(now, 'cancelled'));
      await store.releaseHeld();
      expect(await database.query('SELECT owner_id FROM lanes')).toEqual([{ owner_id: 'own_b' }]);
      await store.insert(tasksOf('own_a', 1));
      expect(ownersOf(await take(store, 2))).toBe('own_a own_b');
      expect(await amiss(database)).toEqual([]);
    });

    test('gives the place of a task that ends to the next also where somebody asks for the order first', async () => {
      const { stores } = await openTwoStores();
      const [store, other] = stores;
      await setLimited(store, 'own_a', { limits: { running: 1 }, budget: null });
      await store.insert(tasksOf('own_a', 2));
      const [{ lease } = { lease: { taskId: '', token: '' } }] = await take(store, 2);
      await store.finishIfLeased(lease, succeeded(now + 1));
      expect((await other.pendingQueue(model, 5)).entries).toHaveLength(1);
      expect(await take(store, 2)).toHaveLength(1);
    });

    test('counts tasks whose calls go on at the upstream against the limits', async () => {
      const { stores } = await openTwoStores();
      const [store] = stores;
      await setLimited(store, 'own_a', { limits: { running: 1 }, budget: null });
      await store.insert(tasksOf('own_a', 2));
      const [{ lease } = { lease: { taskId: '', token: '' } }] = await take(store, 1);
      await store.openAttemptIfLeased(lease, callAt(now));
      await store.saveOperationIfLeased(lease, { operation: { id: 'operation' }, warnings: [] });
      await store.putBackIfLeased(lease, { at: now, dueAt: now, usesTry: false });
      expect(await take(store, 1)).toEqual([]);
      expect(await store.takeOperations({ limit: 1, now, leaseMs: 10_000 })).toHaveLength(1);
    });

    test('puts many arrivals into the lanes when nobody took for long', async () => {
      const { stores, database } = await openTwoStores();
      const [store] = stores;
      await inBoth(stores, 700, (each, index) => each.insert(tasksOf(`own_${index}`, 1)));
      expect(await needsOf(store)).toBe('own_0');
      expect(await database.query('SELECT FROM arrivals')).toEqual([]);
      expect(await database.query('SELECT FROM lanes')).toHaveLength(700);
      expect(await take(store, 64)).toHaveLength(64);
    });
  },
);
