// Servers of two versions on one database: one brings the schema up to date while the other works.

import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { isMissing } from '../../../../../e2e/needed-tool.fixture.ts';
import { newEndpointId, webhookEvents } from '../../core/webhooks/webhook.ts';
import { callAt, newTask, start, succeeded, viewKey } from '../conformance/store.fixture.ts';
import type { Store } from '../store.ts';
import { compatibleSince, migrate } from './database/migrate.ts';
import { migrations } from './database/migrations.ts';
import { postgresUrl } from './database/store.fixture.ts';
import { openTwoStores } from './database/two-stores.fixture.ts';
import { watchSchema } from './schema-watch.ts';

const tables = [
  'tasks',
  'attempts',
  'webhook_deliveries',
  'webhook_endpoints',
  'waiting',
  'kept_answers',
  'files',
];
const step = `CREATE TABLE later_things (id text PRIMARY KEY);
  ${tables.map((table) => `ALTER TABLE ${table} ADD COLUMN added text`).join(';\n')}`;
const steps = [...migrations, step];

/** Takes a task from its submit to its end, and reads what there is of it. */
async function work(store: Store): Promise<void> {
  const task = newTask();
  await store.insert([task]);
  const needs = [{ model: 'nano-banana', inputs: 0, limit: 1 }];
  const [leased] = await store.takeDue({ needs, now: start + 10, leaseMs: 10_000 });
  if (leased === undefined) throw new Error('Nothing was taken.');
  const { lease } = leased;
  await store.openAttemptIfLeased(lease, callAt(start + 15));
  expect(await store.finishIfLeased(lease, succeeded(start + 20))).toBe(true);
  expect(await store.list({ keyId: 'key_a', limit: 5 }, { viewKey })).toMatchObject({
    tasks: { length: expect.anything() },
  });
  expect(await store.find(lease.taskId)).toMatchObject({ state: 'succeeded' });
  const [delivery] = await store.listDeliveries({ keyId: 'key_a', taskId: lease.taskId, limit: 1 });
  const claimed = await store.claimDelivery(delivery?.id ?? '', { now: start + 30, claimMs: 1 });
  expect(claimed).toMatchObject({ taskId: lease.taskId });
  expect(await store.listEndpoints('key_a')).toHaveLength(1);
}

async function setUp() {
  const { stores, database } = await openTwoStores();
  const receiver = { keyId: 'key_a', url: 'https://receiver.example/', description: '', createdAt: start };
  const state = { failingSince: null, disabledAt: null, disabledReason: null };
  await stores[0].insertEndpoint(
    { id: newEndpointId(), ...receiver, events: webhookEvents, ...state },
    'whsec_x',
    20,
  );
  return { store: stores[0], database };
}

describe.skipIf(isMissing('PostgreSQL', postgresUrl() !== null))(
  'a schema that another server brings up to date',
  () => {
    test('leaves a server that runs at work', async () => {
      const { store, database } = await setUp();
      // Often enough that plans are kept.
      for (let round = 0; round < 3; round += 1) await work(store);
      let isDone = false;
      const migrated = migrate(database, { steps }).finally(() => (isDone = true));
      while (!isDone) await work(store);
      await migrated;
      await work(store);
      expect(await database.query('SELECT version, compatible_since FROM plantain_schema')).toEqual([
        { version: steps.length, compatible_since: compatibleSince },
      ]);
      await expect(migrate(database)).rejects.toThrow('written by a newer Plantain');
    });

    test('waits for whoever reads, without holding up others', async () => {
      const { store, database } = await setUp();
      await work(store);
      const released = Promise.withResolvers<void>();
      const reading = database.transaction(async (query) => {
        await query('SELECT FROM tasks LIMIT 1');
        await released.promise;
      });
      const migrated = migrate(database, { steps, lockMs: 50 });
      for (let round = 0; round < 5; round += 1) await work(store);
      expect(await database.query('SELECT version FROM plantain_schema')).toEqual([
        { version: migrations.length },
      ]);
      released.resolve();
      await Promise.all([reading, migrated]);
      expect(await database.query('SELECT version FROM plantain_schema')).toEqual([
        { version: steps.length },
      ]);
    });

    test('ends a server that can’t work with it', async () => {
      const { database } = await setUp();
      const onOutdated = vi.fn<(error: Error) => void>();
      let look = () => {};
      const startTimer = (callback: () => void) => {
        look = callback;
        return () => {};
      };
      onTestFinished(watchSchema({ query: database.query, startTimer, onOutdated }));
      look();
      await migrate(database, { steps, since: 1 });
      look();
      expect(await database.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
      expect(onOutdated).not.toHaveBeenCalled();
      await database.query('UPDATE plantain_schema SET compatible_since = version');
      look();
      await expect.poll(() => onOutdated.mock.lastCall?.[0].message).toContain('can’t go on with it');
    });
  },
);
