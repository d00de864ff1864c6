import { expect, test } from 'vitest';
import { databaseAway } from '../../../core/errors.ts';
import type { Database } from './database.ts';
import { createWriter, oneByOne, type Transaction } from './writer.ts';

const write = oneByOne(async ({ query }: Transaction, sql: string) => (await query(sql)).length);

/** A writer on a database that does with each statement as `run` says. */
function setUp(run: (sql: string) => Promise<void>, options = {}) {
  const database: Pick<Database, 'transaction' | 'query'> = {
    query: () => Promise.reject(databaseAway()),
    transaction: (work) =>
      work(
        async (sql) => {
          if (!sql.includes('pg_current_xact_id')) await run(sql);
          return [];
        },
        () => {},
      ),
  };
  return createWriter(database, () => {}, options);
}

test('a write that fails is alone in it: those that came with it are done again', async () => {
  const ran: string[] = [];
  const writer = setUp(async (sql) => {
    ran.push(sql);
    if (sql === 'bad') throw new Error('It is bad.');
  });
  const writes = ['one', 'bad', 'two'].map((sql) => writer.write(write, [sql]));
  const ended = await Promise.allSettled(writes);
  expect(ended.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(ran).toEqual(['one', 'bad', 'one', 'bad', 'two']);
});

test('what was sent while the database went away is not written again', async () => {
  const ran: string[] = [];
  const writer = setUp(async (sql) => {
    ran.push(sql);
    if (sql === 'last') throw databaseAway();
  });
  const ended = await Promise.allSettled(['one', 'last'].map((sql) => writer.write(write, [sql])));
  expect(ended.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(ran).toEqual(['one', 'last']);
});

test('a group that waits holds up no others, and no more groups go at once than may', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  let atOnce = 0;
  let most = 0;
  const writer = setUp(
    async (sql) => {
      most = Math.max(most, ++atOnce);
      if (sql === 'slow') await promise;
      atOnce -= 1;
    },
    { lanes: 2, maxGroup: 1 },
  );
  const slow = writer.write(write, ['slow']);
  await Promise.all(Array.from({ length: 20 }, () => writer.write(write, ['fast'])));
  resolve();
  await slow;
  await writer.close();
  expect(most).toBe(2);
});
