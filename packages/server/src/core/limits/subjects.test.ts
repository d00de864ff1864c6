import { expect, test } from 'vitest';
import { budgetOf, limitsOf } from './limit-names.ts';
import type { Limited } from './limits.ts';
import { createSubjectLimits, judgesSubmits, nothingLimited } from './subjects.ts';

const none = { key: nothingLimited, owner: nothingLimited };
const ofOwner = { keyId: 'key_a', ownerId: 'own_a' };
const ofItself = { keyId: 'key_a', ownerId: 'key_a' };
const stored = (rows: Record<string, Limited>) => (id: string) => rows[id];
const daily = budgetOf({ period: 'day', amount_micro_usd: 5 });

test('nobody is limited where neither the settings nor the store say so', () => {
  const subjects = createSubjectLimits(none);
  expect(subjects.of(ofOwner, stored({}))).toEqual([]);
  expect(subjects.of(ofItself, () => null)).toEqual([]);
});

test('key and owner are limited apart, and a key that is its own owner once', () => {
  const subjects = createSubjectLimits(none);
  const limited = { limits: limitsOf({ running: 1 }), budget: daily };
  const rows = stored({ key_a: { limits: { waiting: 0 }, budget: null }, own_a: limited });
  expect(subjects.of(ofOwner, rows)).toEqual([
    { kind: 'key', id: 'key_a', limits: { waiting: 0 }, budget: null },
    { kind: 'owner', id: 'own_a', limits: { running: 1 }, budget: daily },
  ]);
  expect(subjects.of(ofItself, rows)).toEqual([
    { kind: 'key', id: 'key_a', limits: { waiting: 0 }, budget: null },
  ]);
});

test('a default holds where a subject has no limit of its own by that name', () => {
  const subjects = createSubjectLimits({
    key: { limits: { running: 5 }, budget: null },
    owner: { limits: { running: 50, waiting: 100 }, budget: daily },
  });
  expect(subjects.of(ofOwner, stored({ key_a: { limits: { running: 9 }, budget: null } }))).toEqual([
    { kind: 'key', id: 'key_a', limits: { running: 9 }, budget: null },
    { kind: 'owner', id: 'own_a', limits: { running: 50, waiting: 100 }, budget: daily },
  ]);
  expect(subjects.of(ofItself, stored({}))).toEqual([
    { kind: 'key', id: 'key_a', limits: { running: 5, waiting: 100 }, budget: daily },
  ]);
});

test('submits are judged by budgets, and by limits of tasks that wait, pictures and money, and by no others', () => {
  const judged = (limits: Limited['limits']) => judgesSubmits({ limits, budget: null });
  expect(judgesSubmits({ limits: {}, budget: daily })).toBe(true);
  expect([{ waiting: 0 }, { picturesPerDay: 1 }, { reservedMicroUsd: 1 }].map(judged)).toEqual([
    true,
    true,
    true,
  ]);
  expect(judged({ submitsPerMinute: 1, queriesPerMinute: 1, running: 1, storedBytes: 1 })).toBe(false);
});

test('limits have their names from outside, and null is none', () => {
  const named = { submits_per_minute: 1, queries_per_minute: 2, stored_bytes: null, reserved_micro_usd: 0 };
  expect(limitsOf(named)).toEqual({ submitsPerMinute: 1, queriesPerMinute: 2, reservedMicroUsd: 0 });
  expect(daily).toEqual({ period: 'day', amountMicroUsd: 5, timeZone: 'UTC' });
});
