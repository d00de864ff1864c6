import type { KeyData } from '@plantain/client';
import { expect, test } from 'vitest';
import { keyChange, newKey, toKeyFields } from './key-fields.ts';

const key: KeyData = {
  key_id: 'key_1',
  name: 'the shop',
  role: 'user',
  hint: 'plantain_7',
  expires_at: '1796000030',
  owner_id: 'own_1',
  scopes: ['webhooks', 'tasks'],
  models: ['nano-banana-pro'],
  networks: ['10.0.0.0/8', '192.0.2.7'],
  priority_max: 5,
  declared_as: null,
  create_time: '1795300000',
  last_used_at: null,
  previous_secret_expires_at: null,
  revoked_at: null,
  limits: { running: 2 },
  budget: null,
  in_force: { limits: { running: 2, waiting: 9 }, used: { waiting: 0 }, budget: null },
};
const fields = toKeyFields(key);

test('nothing is sent of a key of which nothing was changed, its end that has passed included', () => {
  expect(keyChange(fields, fields)).toEqual({});
});

test('only what was changed is sent, and null for what is emptied', () => {
  const changed = {
    ...fields,
    name: ' the other shop ',
    owner: '',
    models: [],
    networks: '10.0.0.0/8，192.0.2.0/24 2001:db8::/32,',
    priorityMax: '7',
    expires: '',
  };
  expect(keyChange(changed, fields)).toEqual({
    name: 'the other shop',
    owner_id: null,
    models: null,
    networks: ['10.0.0.0/8', '192.0.2.0/24', '2001:db8::/32'],
    priority_max: 7,
    expires_at: null,
  });
});

test('scopes and models in another order are no change', () => {
  const scopes = fields.scopes.toReversed();
  expect(keyChange({ ...fields, scopes }, fields)).toEqual({});
});

test('a new key is sent with its name and what is not usual', () => {
  const none = toKeyFields();
  expect(newKey({ ...none, name: 'shop' })).toEqual({ name: 'shop' });
  const limited = { ...none.limited, limits: { ...none.limited.limits, waiting: '0' } };
  expect(newKey({ ...none, name: 'shop', scopes: ['read'], limited })).toEqual({
    name: 'shop',
    scopes: ['read'],
    limits: { waiting: 0 },
  });
});
