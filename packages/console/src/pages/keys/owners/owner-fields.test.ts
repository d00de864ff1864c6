import type { OwnerData } from '@plantain/client';
import { expect, test } from 'vitest';
import { newOwner, ownerChange, toOwnerFields } from './owner-fields.ts';

const owner: OwnerData = {
  owner_id: 'own_1',
  name: 'Acme',
  weight: 2.5,
  shared: true,
  create_time: '1795300000',
  key_count: 3,
  last_used_at: null,
  limits: { running: 4 },
  budget: { period: 'month', amount_micro_usd: 5_000_000, time_zone: 'Europe/Berlin', spent_micro_usd: 1 },
  in_force: { limits: { running: 4, waiting: 9 }, used: { waiting: 0 }, budget: null },
};
const fields = toOwnerFields(owner);

test('nothing is sent of an owner of whom nothing was changed', () => {
  expect(ownerChange(fields, fields)).toEqual({});
});

test('a changed budget is sent whole, and nothing else with it', () => {
  const limited = { ...fields.limited, amount: '7.5' };
  expect(ownerChange({ ...fields, limited }, fields)).toEqual({
    budget: { period: 'month', amount_micro_usd: 7_500_000, time_zone: 'Europe/Berlin' },
  });
});

test('a new owner is sent with its name and what is not usual', () => {
  const none = toOwnerFields();
  expect(newOwner({ ...none, name: ' Acme ' })).toEqual({ name: 'Acme' });
  expect(newOwner({ ...none, name: 'Acme', weight: '3', shared: true })).toEqual({
    name: 'Acme',
    weight: 3,
    shared: true,
  });
});
