// A database that does not answer, and connections to it that break.

import { expect, onTestFinished, test } from 'vitest';
import { isMissing } from '../../../../../../e2e/needed-tool.fixture.ts';
import { openDatabase } from './database.ts';
import { lockFor, locks } from './locks.ts';
import { databaseOfTest, postgresUrl } from './store.fixture.ts';
import { openWay } from './way.fixture.ts';

test.skipIf(isMissing('PostgreSQL', postgresUrl() !== null))(
  'a database that falls silent is away, and is used again when it answers',
  async () => {
    const way = await openWay(await databaseOfTest());
    const timeouts = { statementMs: 200, answerMs: 300, pauseMs: 300 };
    const database = openDatabase({ url: way.url, connections: { reads: 1, writes: 1 }, timeouts });
    onTestFinished(() => database.close());
    await database.query('SELECT 1');
    way.cut(true);
    await expect(database.query('SELECT 1')).rejects.toMatchObject({ type: 'overloaded' });
    way.cut(false);
    await database
      .transaction(async (query) => {
        await query('SELECT 1');
        way.cut(true);
        await expect(query('SELECT 1')).rejects.toThrow('timeout');
        throw new Error('It ends.');
      })
      .catch(() => {});
    way.cut(false);
    expect(await database.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await expect(database.query('SELECT pg_sleep(5)')).rejects.toMatchObject({ type: 'overloaded' });
  },
);

test.skipIf(isMissing('PostgreSQL', postgresUrl() !== null))(
  'a connection that breaks within a transaction is replaced, whether it was waiting for an answer or not',
  async () => {
    const way = await openWay(await databaseOfTest());
    const database = openDatabase({ url: way.url, connections: { reads: 1, writes: 1 } });
    onTestFinished(() => database.close());
    const inTransaction = database.transaction(async (query) => {
      const sleeping = query('SELECT pg_sleep(60)');
      way.breakOff();
      await sleeping;
    });
    await expect(inTransaction).rejects.toMatchObject({ type: 'overloaded' });
    const between = database.transaction(async (query) => {
      way.breakOff();
      await new Promise((resolve) => setTimeout(resolve, 100));
      await query('SELECT 1');
    });
    await expect(between).rejects.toMatchObject({ type: 'overloaded' });
    // The second break may have met the question whether the database is away, which the first one had asked.
    await expect.poll(() => database.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  },
);

test.skipIf(isMissing('PostgreSQL', postgresUrl() !== null))(
  'a process that falls silent within a transaction keeps others from what it has locked for moments only',
  async () => {
    const url = await databaseOfTest();
    const way = await openWay(url);
    const timeouts = { statementMs: 5_000, answerMs: 5_000, pauseMs: 200 };
    const silent = openDatabase({ url: way.url, timeouts });
    const other = openDatabase({ url, timeouts });
    onTestFinished(async () => {
      await Promise.all([silent.close(), other.close()]);
    });
    const [locked, ended] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const kept = silent.transaction(async (query) => {
      await lockFor(query, locks.takes);
      way.cut(true);
      locked.resolve();
      await ended.promise;
      await query('SELECT 1');
    });
    await locked.promise;
    await other.transaction((query) => lockFor(query, locks.takes));
    way.cut(false);
    ended.resolve();
    await expect(kept).rejects.toMatchObject({ type: 'overloaded' });
  },
);
