// Counting of open calls on a database that is not what it was the last time.

import { describe, expect, test } from 'vitest';
import { isMissing } from '../../../../../../e2e/needed-tool.fixture.ts';
import { callAt, newTask, start } from '../../conformance/store.fixture.ts';
import { postgresUrl } from '../database/store.fixture.ts';
import { openTwoStores } from '../database/two-stores.fixture.ts';
import { createCallCounter } from './open-calls.ts';
import type { Query } from '../database/statements.ts';

const all = { own: () => [], days: () => [] };

/** A counter that has seen all numbers up to 1,000 on a database of which an earlier state came back, and a call that was opened since. */
async function openRestored() {
  const { stores, database } = await openTwoStores();
  const [store] = stores;
  await store.insert([newTask()]);
  const needs = [{ model: 'nano-banana', inputs: 0, limit: 1 }];
  const [{ lease } = { lease: { taskId: '', token: '' } }] = await store.takeDue({
    needs,
    now: start + 10,
    leaseMs: 10_000,
  });
  const counter = createCallCounter();
  const setLast = (last: number) => database.query(`SELECT setval('call_numbers', $1)`, [last]);
  await setLast(1_000);
  expect(await counter.underLock(database.query, all)).toEqual([]);
  await setLast(10);
  expect(await store.openAttemptIfLeased(lease, callAt(start + 20))).not.toBeNull();
  return { counter, query: database.query, setLast };
}

describe.skipIf(isMissing('PostgreSQL', postgresUrl() !== null))('the count of open calls', () => {
  test('has those that were opened since the database went back to an earlier state', async () => {
    const { counter, query } = await openRestored();
    const open = [{ open: 1 }];
    expect(await counter.now(query, all)).toMatchObject(open);
    expect(await counter.underLock(query, all)).toMatchObject(open);
    expect(await counter.underLock(query, all)).toMatchObject(open);
  });

  test('has them on another server that has given as many numbers since', async () => {
    const { counter, query, setLast } = await openRestored();
    await setLast(2_000);
    const ofOther: Query = (sql, values) =>
      query(sql.replaceAll('pg_postmaster_start_time()', `'2001-01-01'::timestamptz`), values);
    expect(await counter.now(ofOther, all)).toMatchObject([{ open: 1 }]);
    expect(await counter.underLock(ofOther, all)).toMatchObject([{ open: 1 }]);
  });
});
