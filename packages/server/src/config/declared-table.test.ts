import { expect, test } from 'vitest';
import { declaredAccess } from './declared-table.ts';
import { parseConfig } from './parse-config.ts';
import { showSettings } from './shown-settings.ts';

const hash = (letter: string) => letter.repeat(64);
const parse = (text: string) => parseConfig({}, { name: 'plantain.yaml', text });
const faultsOf = (text: string) => {
  try {
    parse(text);
  } catch (error) {
    return String(error);
  }
  return '';
};

test('keys and owners are read with what they leave out, and the hash is not shown', () => {
  const parsed = parse(`
owners:
  - { id: acme, weight: 2, budget: { period: month, amount_micro_usd: 5 } }
keys:
  - { id: shop, hash: ${hash('a')}, owner: acme, scopes: [read], networks: [192.0.2.7], models: [alias], expires_at: 2030-01-31 }
  - { id: other, name: Other, hash: ${hash('b')}, limits: { running: 1 } }
`);
  const { owners, keys } = declaredAccess(parsed.config, (name) => `${name} itself`);
  expect(owners).toEqual([
    {
      id: 'acme',
      name: 'acme',
      weight: 2,
      shared: false,
      limits: {},
      budget: { period: 'month', amountMicroUsd: 5, timeZone: 'UTC' },
    },
  ]);
  expect(keys).toMatchObject([
    { id: 'shop', owner: 'acme', scopes: ['read'], networks: ['192.0.2.7/32'], models: ['alias itself'] },
    { id: 'other', name: 'Other', owner: null, models: null, networks: null, limits: { running: 1 } },
  ]);
  expect(keys[0]?.expiresAt).toBe(Date.UTC(2030, 0, 31));
  expect(JSON.stringify(showSettings(parsed))).not.toContain(hash('a'));
});

test.each([
  ['keys: [{ id: shop }]', 'keys[0].hash'],
  [`keys: [{ id: shop, hash: ${'A'.repeat(64)} }]`, 'keys[0].hash'],
  [`keys: [{ id: Shop 1, hash: ${hash('a')} }]`, 'keys[0].id'],
  [`keys: [{ id: a, hash: ${hash('a')}, owner: none }]`, 'keys[0].owner is none of those in owners'],
  [`keys: [{ id: a, hash: ${hash('a')} }, { id: a, hash: ${hash('b')} }]`, 'keys[1].id is that of keys[0]'],
  [`keys: [{ id: a, hash: ${hash('a')} }, { id: b, hash: ${hash('a')} }]`, 'keys[1].hash is that of keys[0]'],
  [`keys: [{ id: a, hash: ${hash('a')}, networks: [10.0.0.0/99] }]`, 'keys[0].networks[0]'],
  [`keys: [{ id: a, hash: ${hash('a')}, colour: 1 }]`, 'has no member colour'],
  [`keys: [{ id: a, hash: ${hash('a')}, expires_at: 1796043471000 }]`, 'keys[0].expires_at'],
  [`keys: [{ id: a, hash: ${hash('a')}, expires_at: ${Number.MAX_SAFE_INTEGER} }]`, 'keys[0].expires_at'],
  [`keys: [{ id: a, hash: ${hash('a')}, expires_at: 2026-02-31 }]`, 'keys[0].expires_at'],
  [`keys: [{ id: a, hash: ${hash('a')}, expires_at: 2027-02-29T00:00:00Z }]`, 'keys[0].expires_at'],
  [`keys: [{ id: a, hash: ${hash('a')}, expires_at: 7 March }]`, 'keys[0].expires_at'],
  [`keys: [{ id: a, hash: ${hash('a')}, networks: ['::ffff:10.0.0.0/90'] }]`, 'keys[0].networks[0]'],
  [`keys: [{ id: a, hash: ${hash('a')}, expires_at: -1 }]`, 'keys[0].expires_at'],
  [
    `keys: [{ id: a, hash: ${hash('a')}, expires_at: 1e30 }]`,
    'must be a date such as 2027-01-31, or Unix seconds',
  ],
  ['owners: [{ id: a, weight: 0 }]', 'owners[0].weight'],
  ['owners: [{ id: a, weight: 0.0009 }]', 'owners[0].weight'],
  ['owners: [{ id: a, budget: { period: week, amount_micro_usd: 1 } }]', 'owners[0].budget.period'],
])('%s is a fault', (text, place) => {
  expect(faultsOf(text)).toContain(place);
});

test('a number that is too large to be whole is one fault', () => {
  const text = 'owners: [{ id: a, budget: { period: day, amount_micro_usd: 1e17 } }]';
  expect(faultsOf(text)).toContain('The settings have a fault:');
});
