import { describe, expect, onTestFinished, test } from 'vitest';
import { isMissing } from '../../../../../../e2e/needed-tool.fixture.ts';
import { openDatabase } from './database.ts';
import { command, databaseOfTest, postgresUrl } from './store.fixture.ts';

describe.skipIf(isMissing('PostgreSQL', postgresUrl() !== null))('a connection that breaks', () => {
  test('between two statements of a transaction fails it, and not the process', async () => {
    const url = await databaseOfTest();
    const database = openDatabase({ url });
    onTestFinished(() => database.close());
    const failed = database.transaction(async (query) => {
      const [row] = await query('SELECT pg_backend_pid() AS pid');
      const pid = Number(row?.['pid']);
      // Returns when the connection is gone.
      await command(url, `SELECT pg_terminate_backend(${pid}, 10000)`);
      return await query('SELECT 1');
    });
    await expect(failed).rejects.toMatchObject({ type: 'overloaded' });
    expect(await database.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });
});

describe.skipIf(isMissing('PostgreSQL', postgresUrl() !== null))('a transaction', () => {
  test('has the settings of the store', async () => {
    const database = openDatabase({ url: await databaseOfTest() });
    onTestFinished(() => database.close());
    const [row] = await database.transaction((query) => query('SHOW enable_seqscan'));
    expect(row).toEqual({ enable_seqscan: 'off' });
  });

  test('fails with the first statement that failed, whether that was waited for or not', async () => {
    const database = openDatabase({ url: await databaseOfTest(), connections: { reads: 1, writes: 1 } });
    onTestFinished(() => database.close());
    const last = database.transaction(async (query) => void query('SELECT 1 / 0'));
    await expect(last).rejects.toThrow('division by zero');
    const first = database.transaction(async (query) => {
      void query('SELECT 1 / 0');
      await query('SELECT 1');
    });
    await expect(first).rejects.toThrow('division by zero');
    expect(await database.transaction((query) => query('SELECT 1 AS one'))).toEqual([{ one: 1 }]);
  });

  test('that can’t begin leaves its connection as it was', async () => {
    const url = await databaseOfTest();
    const database = openDatabase({ url, connections: { reads: 1, writes: 1 } });
    onTestFinished(() => database.close());
    const work = () => database.query('SELECT 1');
    await expect(database.transaction(work, 'SELECT 1 / 0')).rejects.toThrow('division by zero');
    expect(await database.transaction((query) => query('SELECT 1 AS one'))).toEqual([{ one: 1 }]);
  });
});
