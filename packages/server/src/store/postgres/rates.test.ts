import { describe, expect, test } from 'vitest';
import { isMissing } from '../../../../../e2e/needed-tool.fixture.ts';
import type { CountedRate } from '../../core/limits/rates.ts';
import { openTwoStores } from './database/two-stores.fixture.ts';
import { postgresUrl } from './database/store.fixture.ts';

const counted = (used: number, untilNextMs = 50_000): CountedRate => ({
  kind: 'query',
  subjectId: 'key_a',
  used,
  untilNextMs,
});

describe.skipIf(isMissing('PostgreSQL', postgresUrl() !== null))('counts of calls', () => {
  test('are told to the others, each server’s in place of those that it told before', async () => {
    const { stores } = await openTwoStores();
    expect(await stores[0].exchangeRates?.('one', [counted(1)])).toEqual([]);
    await stores[0].exchangeRates?.('one', [counted(2), { ...counted(3), kind: 'submit' }]);
    const heard = await stores[1].exchangeRates?.('two', [counted(5)]);
    expect(heard).toMatchObject([
      { kind: 'query', subjectId: 'key_a', used: 2 },
      { kind: 'submit', subjectId: 'key_a', used: 3 },
    ]);
    const until = heard?.[0]?.untilNextMs ?? 0;
    expect(until).toBeLessThanOrEqual(50_000);
    expect(until).toBeGreaterThan(0);
    expect(await stores[0].exchangeRates?.('one', null)).toMatchObject([{ used: 5 }]);
    await stores[1].exchangeRates?.('two', []);
    expect(await stores[0].exchangeRates?.('one', null)).toEqual([]);
  });

  test('of a server that says nothing any more are not heard after a minute, and are gone after an hour', async () => {
    const { stores, database } = await openTwoStores();
    await stores[0].exchangeRates?.('dead', [counted(2)]);
    const age = (ms: number) => database.query('UPDATE rate_counts SET counted_at = counted_at - $1', [ms]);
    await age(62_000);
    expect(await stores[1].exchangeRates?.('two', null)).toEqual([]);
    await age(3_600_000);
    await stores[1].exchangeRates?.('two', [counted(1)]);
    const rows = await database.query('SELECT node_id FROM rate_counts');
    expect(rows).toEqual([{ node_id: 'two' }]);
  });
});
