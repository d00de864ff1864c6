import { expect, test } from 'vitest';
import { createNetworks, readNetwork } from './networks.ts';

test('a network is read with its prefix, and a single address has one of its whole length', () => {
  expect(readNetwork(' 10.0.0.0/8 ')).toBe('10.0.0.0/8');
  expect(readNetwork('192.0.2.7')).toBe('192.0.2.7/32');
  expect(readNetwork('FD00::/8')).toBe('fd00::/8');
  expect(readNetwork('fd00::1')).toBe('fd00::1/128');
});

test('a network of IPv4 that is written as IPv6 is that of IPv4', () => {
  expect(readNetwork('::ffff:10.0.0.0/104')).toBe('10.0.0.0/8');
  expect(readNetwork('::ffff:0a00:0/96')).toBe('10.0.0.0/0');
  expect(readNetwork('::ffff:192.0.2.7')).toBe('192.0.2.7/32');
  const has = createNetworks(['::ffff:10.0.0.0/104']);
  expect(['10.1.2.3', '::ffff:10.1.2.3', '::ffff:a01:203', '11.0.0.1', '::a01:203'].map(has)).toEqual([
    true,
    true,
    true,
    false,
    false,
  ]);
});

test.each([
  '',
  '10.0.0.0/33',
  '10.0.0',
  '010.0.0.1',
  '10.1/16',
  'example.com',
  '10.0.0.0/8/8',
  '::/129',
  '::ffff:10.0.0.0/95',
  'fe80::1%eth0',
  'fe80::%eth0/10',
  '::10.0.0.1',
])('%j is no network', (text) => {
  expect(readNetwork(text)).toBeNull();
});

test('an address is in a network by its bits, in IPv6 clothes too', () => {
  const has = createNetworks(['10.0.0.0/8', 'fd00::/8', '192.0.2.7']);
  const inside = ['10.255.0.1', '::ffff:10.0.0.1', 'fd12::1', 'fd12::1%eth0', '192.0.2.7'];
  const outside = [
    '11.0.0.1',
    'fe80::1',
    '192.0.2.8',
    '',
    'none',
    '::1',
    '::10.0.0.1',
    'fe80::1%eth0',
    '%eth0',
  ];
  expect(inside.filter((address) => !has(address))).toEqual([]);
  expect(outside.filter(has)).toEqual([]);
});
