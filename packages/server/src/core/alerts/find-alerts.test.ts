import { describe, expect, test } from 'vitest';
import { apiKey } from '../keys/api-key.fixture.ts';
import { periodAt } from '../ledger/periods.ts';
import { noDefaults } from '../limits/subjects.ts';
import { dayMs } from '../../lib/time/days.ts';
import type { SubjectBalance } from './alerts.ts';
import { budgetAlerts, expiryAlerts } from './find-alerts.ts';

const at = Date.UTC(2026, 10, 30, 12);
const budget = { period: 'month', amountMicroUsd: 1_000, timeZone: 'Europe/Berlin' } as const;
const balance = (change: Partial<SubjectBalance> = {}): SubjectBalance => ({
  subjectId: 'own_1',
  kind: 'owner',
  ownerId: 'own_1',
  name: 'Acme',
  interval: periodAt(at, budget),
  spent: 700,
  reserved: 100,
  budget,
  ...change,
});
const find = (found: SubjectBalance, { defaults = noDefaults, isTold = (_name: string) => false } = {}) =>
  budgetAlerts(found, { at, defaults, isTold });
const percents = (found: SubjectBalance, options = {}) =>
  find(found, options).map(
    ({ data }) => (JSON.parse(data) as { threshold_percent: number }).threshold_percent,
  );

describe('a budget', () => {
  test('is told at each share that what is spent and reserved has reached', () => {
    expect(percents(balance())).toEqual([50, 80]);
    expect(percents(balance({ reserved: 99 }))).toEqual([50]);
    expect(percents(balance({ spent: 1_500, reserved: 0 }))).toEqual([50, 80, 100]);
    expect(percents(balance({ spent: 499, reserved: 0 }))).toEqual([]);
    const [alert] = find(balance());
    expect(JSON.parse(alert?.data ?? '')).toEqual({
      of: 'owner',
      id: 'own_1',
      name: 'Acme',
      threshold_percent: 50,
      period: 'month',
      time_zone: 'Europe/Berlin',
      limit_micro_usd: 1_000,
      spent_micro_usd: 700,
      reserved_micro_usd: 100,
      left_micro_usd: 200,
      resets_at: String(Date.UTC(2026, 10, 30, 23) / 1000),
    });
  });

  test('is told once in a period', () => {
    const told = new Set(
      find(balance()).map(({ event, subjectId, occasion }) => `${event} ${subjectId} ${occasion}`),
    );
    const isTold = (name: string) => told.has(name);
    expect(percents(balance(), { isTold })).toEqual([]);
    expect(percents(balance({ spent: 1_000 }), { isTold })).toEqual([100]);
  });

  test('is not told of what was used in another interval than that of its period', () => {
    expect(find(balance({ interval: periodAt(at, { ...budget, period: 'day' }) }))).toEqual([]);
    expect(find(balance({ interval: periodAt(at - 40 * dayMs, budget) }))).toEqual([]);
  });

  test('is the default of the settings where there is none of its own', () => {
    const limited = { limits: {}, budget };
    const defaults = { ...noDefaults, owner: limited };
    expect(percents(balance({ budget: null }))).toEqual([]);
    expect(percents(balance({ budget: null }), { defaults })).toEqual([50, 80]);
    const key = { kind: 'key', subjectId: 'key_1', budget: null } as const;
    expect(percents(balance({ ...key, ownerId: 'key_1' }), { defaults })).toEqual([50, 80]);
    expect(percents(balance(key), { defaults })).toEqual([]);
    expect(percents(balance(key), { defaults: { ...noDefaults, key: limited } })).toEqual([50, 80]);
  });
});

describe('a key that expires', () => {
  const occasions = (expiresAt: number, createdAt = at - 90 * dayMs) =>
    expiryAlerts(apiKey({ expiresAt, createdAt, name: 'shop', hint: 'plantain_7MV2' }), at);

  test('is told seven days before, and one, the nearest alone', () => {
    const expiresAt = at + 6 * dayMs;
    expect(occasions(expiresAt)).toEqual([
      {
        event: 'key.expiring',
        subjectId: 'key_1',
        ownerId: 'key_1',
        occasion: `${expiresAt} 7`,
        at,
        endsAt: expiresAt,
        data: JSON.stringify({
          key_id: 'key_1',
          name: 'shop',
          hint: 'plantain_7MV2',
          expires_at: String(expiresAt / 1000),
        }),
      },
    ]);
    expect(occasions(at + dayMs)).toMatchObject([{ occasion: `${at + dayMs} 1` }]);
    expect(occasions(at + 8 * dayMs)).toEqual([]);
    expect(occasions(at)).toEqual([]);
  });

  test('is not told where it was made for a shorter time', () => {
    expect(occasions(at + 6 * dayMs, at)).toEqual([]);
    expect(occasions(at + dayMs / 2, at - dayMs)).toMatchObject([{ occasion: `${at + dayMs / 2} 1` }]);
  });
});
