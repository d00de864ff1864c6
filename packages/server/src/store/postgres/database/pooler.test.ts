// Several processes behind a pooler that hands connections on after each transaction.

import { Client } from 'pg';
import { describe, expect, onTestFinished, test } from 'vitest';
import { isMissing } from '../../../../../../e2e/needed-tool.fixture.ts';
import { createLocalChanges } from '../../../core/tasks/changes.ts';
import { startServer } from '../../../http/server.fixture.ts';
import { newTask } from '../../conformance/store.fixture.ts';
import type { Store } from '../../store.ts';
import { createPostgresStore } from '../postgres-store.ts';
import { openDatabase } from './database.ts';
import { hasNoPooler, openPooler } from './pooler.fixture.ts';
import { databaseOfTest, postgresUrl } from './store.fixture.ts';
import { inBoth } from './two-stores.fixture.ts';

describe.skipIf(isMissing('PostgreSQL', postgresUrl() !== null) || hasNoPooler())('behind PgBouncer', () => {
  test('statements of processes whose first were others are never taken for one another', async () => {
    const pooled = await openPooler(await databaseOfTest());
    const [first, second] = [openDatabase({ url: pooled }), openDatabase({ url: pooled })];
    onTestFinished(async () => {
      await first.close();
      await second.close();
    });
    const ask = async (index: number) =>
      await (index % 2 === 0 ? first : second).query(`SELECT $1::integer AS n${index % 7}`, [index]);
    const indexes = Array.from({ length: 60 }, (_, index) => index);
    const expected = indexes.map((index) => [{ [`n${index % 7}`]: index }]);
    expect(await Promise.all(indexes.map(ask))).toEqual(expected);
  });

  test('each transaction has the settings of the store', async () => {
    const pooled = await openPooler(await databaseOfTest());
    const database = openDatabase({ url: pooled });
    const other = new Client({ connectionString: pooled });
    onTestFinished(async () => {
      await Promise.all([database.close(), other.end()]);
    });
    await other.connect();
    const show = () => database.transaction((query) => query('SHOW enable_seqscan'));
    await show();
    // On each connection of the pooler, which somebody else's statement may have found first.
    await Promise.all(Array.from({ length: 9 }, () => other.query('SET enable_seqscan = on')));
    const shown = await Promise.all(Array.from({ length: 9 }, show));
    expect(shown).toEqual(shown.map(() => [{ enable_seqscan: 'off' }]));
  });

  test('two stores do at once what each would do alone', async () => {
    const pooled = await openPooler(await databaseOfTest());
    const open = () =>
      createPostgresStore({ url: pooled, listenUrl: null, changes: createLocalChanges() }).store;
    const stores: [Store, Store] = [open(), open()];
    onTestFinished(async () => {
      for (const each of stores) await each.close();
    });
    const ids = await inBoth(stores, 40, async (store) => {
      const task = newTask();
      await store.insert([task]);
      return task.id;
    });
    const found = await inBoth(stores, 40, (store, index) => store.find(ids[39 - index] ?? ''));
    expect(found.map((task) => task?.state)).toEqual(ids.map(() => 'pending'));
    expect(await stores[0].countPending()).toBe(40);
  });

  test('a server makes its tables, and runs tasks', async () => {
    const url = await databaseOfTest();
    const server = await startServer({
      DATABASE_URL: await openPooler(url),
      DATABASE_LISTEN_URL: url,
      SINGLE_NODE: 'true',
    });
    const ids = await Promise.all(Array.from({ length: 20 }, () => server.submit({ prompt: 'a banana' })));
    const ends = await Promise.all(ids.map((id) => server.final(id)));
    expect(ends.map(({ state }) => state)).toEqual(ids.map(() => 'succeeded'));
    expect(server.log.filter(({ event }) => /failed|fault|database/.test(event))).toEqual([]);
  });

  test('a server that was given no other address says so', async () => {
    const server = await startServer({
      DATABASE_URL: await openPooler(await databaseOfTest()),
      SINGLE_NODE: 'true',
    });
    const told = () => server.log.filter(({ event }) => event === 'database_pooled');
    await expect.poll(told).toEqual([
      {
        event: 'database_pooled',
        fields: { error: expect.stringContaining('PLANTAIN_DATABASE_LISTEN_URL') },
      },
    ]);
  });
});
