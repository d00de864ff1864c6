import { expect, test } from 'vitest';
import { faultsAt } from './faults.tsx';

const faults = [
  { path: 'networks[1]', message: 'must be a network' },
  { path: 'budget.period', message: 'must be day, month or total' },
  { path: 'name', message: 'must have 1 to 100 characters' },
  { path: 'name_of_another', message: 'is none' },
];

test('a field has the faults of its member and of what is in it, and no others', () => {
  expect(faultsAt(faults, 'name')).toBe('must have 1 to 100 characters');
  expect(faultsAt(faults, 'networks')).toBe('networks[1] must be a network');
  expect(faultsAt(faults, 'budget.period')).toBe('must be day, month or total');
  expect(faultsAt(faults, 'budget.amount_micro_usd')).toBe('');
  expect(faultsAt(faults, undefined)).toBe('');
});
