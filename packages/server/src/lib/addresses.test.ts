import { syncBuiltinESMExports } from 'node:module';
import os from 'node:os';
import * as fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { createAddressPolicy, isPublicAddress, parseAllowedHosts } from './addresses.ts';

const words = (text: string): string[] => text.trim().split(/\s+/);

const insideIpv4 = words(`
  0.0.0.0 0.1.2.3 10.0.0.0 10.0.0.1 10.255.255.255 100.64.0.1 100.100.100.200 100.127.255.255 127.0.0.1
  127.0.0.2 127.255.255.254 168.63.129.16 169.254.0.1 169.254.169.254 169.254.170.2 172.16.0.1
  172.31.255.255 192.0.0.1 192.0.0.192 192.0.2.1 192.88.99.1 192.168.0.1 192.168.255.255 198.18.0.1
  198.19.255.255 198.51.100.7 203.0.113.9 224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255
`);
const insideIpv6 = words(`
  :: ::1 ::127.0.0.1 ::10.0.0.1 ::8.8.8.8 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:7f00:1
  ::ffff:a9fe:a9fe ::ffff:0:127.0.0.1 64:ff9b::127.0.0.1 64:ff9b::a9fe:a9fe 64:ff9b::10.0.0.1
  64:ff9b:1::1 64:ff9b:1::8.8.8.8 100::1 2001::1 2001:0:7f00:1:: 2001:2::1 2001:3::1 2001:10::1
  2001:20::1 2001:db8::1 2002:7f00:1:: 2002:a00:1::1 2002:808:808::1 3fff::1 4000::1 5f00::1 fc00::1
  fd00::1 fd00:ec2::254 fe80::1 fe80::1%eth0 fec0::1 ff02::1 ff05::2
`);
const noAddresses = [
  '',
  '8.8.8.8 ',
  ' 8.8.8.8',
  ...words(
    'localhost 127.1 0x7f000001 2130706433 0177.0.0.1 1.2.3 1.2.3.4.5 256.1.1.1 8.8.8.8/32 [::1] ::: 1::2::3',
  ),
];

test.each([...insideIpv4, ...insideIpv6, ...noAddresses])('%j is not public', (address) => {
  expect(isPublicAddress(address)).toBe(false);
});

test.each(
  words(`
    1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.1
    168.63.129.17 169.253.255.255 172.15.255.255 172.32.0.0 192.167.255.255 192.169.0.0 198.17.255.255
    198.20.0.0 223.255.255.255 2606:4700::1111 2a00:1450::1 ::ffff:8.8.8.8 64:ff9b::8.8.8.8
  `),
)('%s is public', (address) => {
  expect(isPublicAddress(address)).toBe(true);
});

test('an inside IPv4 address stays inside in whatever IPv6 form it is written', () => {
  const octet = fc.integer({ min: 0, max: 255 });
  fc.assert(
    fc.property(fc.tuple(octet, octet, octet), ([b, c, d]) => {
      const inner = `10.${b}.${c}.${d}`;
      for (const prefix of ['::ffff:', '::', '64:ff9b::', '::ffff:0:'])
        expect(isPublicAddress(prefix + inner)).toBe(false);
    }),
  );
});

test('text of any kind is judged without an exception', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.ipV4Extended(), fc.ipV6()), (text) => {
      expect(typeof isPublicAddress(text)).toBe('boolean');
      parseAllowedHosts([text]);
    }),
  );
});

test('a public address is allowed on web ports and high ports, not on those of other protocols', () => {
  const policy = createAddressPolicy([]);
  const allowed = [80, 443, 1024, 8080, 9000, 65_535].filter((port) =>
    policy.allows('a.test', '8.8.8.8', port),
  );
  expect(allowed).toEqual([80, 443, 1024, 8080, 9000, 65_535]);
  const refused = [0, 21, 22, 25, 53, 445, 587, 2049, 6000, 6667].filter((port) =>
    policy.allows('a.test', '8.8.8.8', port),
  );
  expect(refused).toEqual([]);
});

test.each([
  { entry: 'minio.internal', host: 'minio.internal', address: '10.1.2.3', port: 9000, allowed: true },
  { entry: 'MinIO.Internal.', host: 'minio.internal', address: '10.1.2.3', port: 9000, allowed: true },
  { entry: 'minio', host: 'minio.evil.test', address: '10.1.2.3', port: 80, allowed: false },
  { entry: 'minio:9000', host: 'minio', address: '127.0.0.1', port: 9000, allowed: true },
  { entry: 'minio:9000', host: 'minio', address: '127.0.0.1', port: 9001, allowed: false },
  { entry: 'minio:22', host: 'minio', address: '10.0.0.1', port: 22, allowed: true },
  { entry: '10.0.0.7', host: 'a.test', address: '10.0.0.7', port: 80, allowed: true },
  { entry: '10.0.0.7', host: 'a.test', address: '::ffff:10.0.0.7', port: 80, allowed: true },
  { entry: '10.0.0.7', host: 'a.test', address: '10.0.0.8', port: 80, allowed: false },
  { entry: '10.0.0.0/24:80', host: 'a.test', address: '10.0.0.9', port: 80, allowed: true },
  { entry: '10.0.0.0/24:80', host: 'a.test', address: '10.0.0.9', port: 81, allowed: false },
  { entry: '10.0.0.0/24', host: 'a.test', address: '10.0.1.9', port: 80, allowed: false },
  { entry: '10.0.0.0/24', host: 'a.test', address: 'fd00::9', port: 80, allowed: false },
  { entry: 'fd00::/8', host: 'a.test', address: 'fd12::9', port: 80, allowed: true },
  { entry: '[fd00::/8]:443', host: 'a.test', address: 'fd12::9', port: 443, allowed: true },
  { entry: '[fd00::7]:443', host: 'a.test', address: 'fd00::7', port: 80, allowed: false },
  { entry: '::1', host: '::1', address: '::1', port: 80, allowed: true },
  { entry: 'minio', host: 'minio', address: 'nonsense', port: 80, allowed: false },
])(
  'with $entry listed, $host at $address port $port: $allowed',
  ({ entry, host, address, port, allowed }) => {
    expect(createAddressPolicy([entry]).allows(host, address, port)).toBe(allowed);
  },
);

test('the name of a listed host is known, with or without a port, and no other name is', () => {
  const policy = createAddressPolicy(['MinIO.internal', 'db.internal:9000', '10.0.0.0/8']);
  const names = ['minio.internal', 'db.internal', 'internal', '10.0.0.0'];
  expect(names.filter((name) => policy.listsName(name))).toEqual(['minio.internal', 'db.internal']);
});

test.each([
  { address: '8.8.8.8', allowed: false },
  { address: '::ffff:8.8.8.8', allowed: false },
  { address: '64:ff9b::8.8.8.8', allowed: false },
  { address: '2606:4700:0:0::1111', allowed: false },
  { address: '2a00:1450::1', allowed: false },
  { address: '8.8.4.4', allowed: true },
  { address: '2606:4700::1112', allowed: true },
])('where the machine itself has public addresses, $address allowed: $allowed', ({ address, allowed }) => {
  const ownAddresses = () => ['127.0.0.1', '8.8.8.8', '2606:4700::1111', '2a00:1450::1%eth0'];
  expect(createAddressPolicy([], { ownAddresses }).allows('a.test', address, 80)).toBe(allowed);
});

test('an address that the machine gets later counts at once, unless the operator listed it', () => {
  let own: string[] = [];
  const ownAddresses = () => own;
  const plain = createAddressPolicy([], { ownAddresses });
  const listing = createAddressPolicy(['8.8.8.8:9000'], { ownAddresses });
  expect(plain.allows('a.test', '8.8.8.8', 9000)).toBe(true);
  own = ['8.8.8.8'];
  expect(plain.allows('a.test', '8.8.8.8', 9000)).toBe(false);
  expect(listing.allows('a.test', '8.8.8.8', 9000)).toBe(true);
  expect(listing.allows('a.test', '8.8.8.8', 80)).toBe(false);
});

test('without a word about them, they are those of the network interfaces', () => {
  const entry = { netmask: '', mac: '', internal: false, cidr: null };
  vi.spyOn(os, 'networkInterfaces').mockReturnValue({
    eth0: [
      { ...entry, family: 'IPv4', address: '8.8.8.8' },
      { ...entry, family: 'IPv6', address: '2a00:1450::1', scopeid: 0 },
    ],
  });
  syncBuiltinESMExports();
  const policy = createAddressPolicy([]);
  const reached = ['8.8.8.8', '2a00:1450::1', '8.8.4.4'].map((address) =>
    policy.allows('a.test', address, 80),
  );
  vi.restoreAllMocks();
  syncBuiltinESMExports();
  expect(reached).toEqual([false, false, true]);
});

test('every entry that can not be read is reported', () => {
  const wrong = [
    '',
    'a b',
    ...words(
      '* *.internal http://minio minio/path minio: minio:0 minio:65536 minio:http 10.0.0.0/33 10.0.0.256',
    ),
    ...words('10.0/8 127.1 [fd00::7 [minio]:80 -minio fd00::/129'),
  ];
  const { hosts, faults } = parseAllowedHosts([...wrong, 'minio']);
  expect(hosts).toHaveLength(1);
  expect(faults).toHaveLength(wrong.length);
  expect(faults[2]).toContain('"*" is not a host name');
  expect(() => createAddressPolicy(['*'])).toThrow('"*" is not a host name');
});
