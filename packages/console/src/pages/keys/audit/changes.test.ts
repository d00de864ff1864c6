import { expect, test } from 'vitest';
import { createFormat } from '../../../parts/format/format.ts';
import { changesOf, shownValue } from './changes.ts';

const format = { ...createFormat('en'), time: (seconds: string | number) => `at ${seconds}` };
const shown = (member: string, value: unknown) =>
  shownValue(member, value, { format, words: { empty: 'none', yes: 'yes', no: 'no' } });

test('a change names the members that differ, those of a budget one by one', () => {
  const before = { name: 'Acme', budget: { period: 'day', amount_micro_usd: 5 }, scopes: ['read'] };
  const after = { name: 'Acme', budget: { period: 'month', amount_micro_usd: 5 }, scopes: ['read', 'tasks'] };
  expect(changesOf({ before, after })).toEqual([
    { member: 'budget.period', before: 'day', after: 'month' },
    { member: 'scopes', before: ['read'], after: ['read', 'tasks'] },
  ]);
});

test('what was made has no before, what is gone has no after, and a member without a value is left out', () => {
  expect(changesOf({ before: null, after: { name: 'shop', owner_id: null, models: [] } })).toEqual([
    { member: 'name', before: undefined, after: 'shop' },
  ]);
  expect(changesOf({ before: { limits: { running: 2 } }, after: { limits: {} } })).toEqual([
    { member: 'limits.running', before: 2, after: undefined },
  ]);
  expect(changesOf({ before: null, after: null })).toEqual([]);
});

test('values are shown for people', () => {
  expect(shown('budget.amount_micro_usd', 1_500_000)).toBe('$1.50');
  expect(shown('expires_at', '1796000000')).toBe('at 1796000000');
  expect(shown('shared', true)).toBe('yes');
  expect(shown('scopes', ['read', 'tasks'])).toBe('read, tasks');
  expect(shown('name', '1796000000')).toBe('1796000000');
  expect(shown('weight', undefined)).toBe('none');
});
