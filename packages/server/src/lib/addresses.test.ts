import { syncBuiltinESMExports } from 'node:module';
import os from 'node:os';
import * as fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { calledNetwork, createAddressPolicy, isPublicAddress, parseAllowedHosts } from './addresses.ts';

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
  2001:20::1 2a00:1450::5efe:7f00:1 2a00:1450::200:5efe:a00:1 2a00:1450::100:5efe:808:808 2001:db8::1 2002:7f00:1:: 2002:a00:1::1 2002:808:808::1 3fff::1 4000::1 5f00::1 fc00::1
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
    198.20.0.0 223.255.255.255 2606:4700::1111 2a00:1450::1 2a00:1450::400:5efe:1:1
    2a00:1450::5eff:1:1 ::ffff:8.8.8.8 64:ff9b::8.8.8.8
  `),
)('%s is public', (address) => {
  expect(isPublicAddress(address)).toBe(true);
});

const octet = fc.integer({ min: 0, max: 255 });
/** Of inside ranges as often as of all. */
const ipv4 = fc.oneof(
  fc.tuple(octet, octet, octet, octet),
  fc.tuple(fc.constantFrom(0, 10, 100, 127, 169, 172, 192, 198, 224), octet, octet, octet),
  fc.constantFrom(...insideIpv4.map((address) => address.split('.').map(Number))),
);
const hex = (bytes: readonly number[]): string =>
  bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('');
const groups = (bytes: readonly number[]): string => hex(bytes).replaceAll(/.{4}(?=.)/g, '$&:');

test('IPv4 inside of IPv6 is judged as itself where it is really called, and refused in every other form', () => {
  fc.assert(
    fc.property(ipv4, fc.bigInt({ min: 0n, max: 2n ** 32n - 1n }), (bytes, prefix) => {
      const plain = isPublicAddress(bytes.join('.'));
      for (const inner of [bytes.join('.'), groups(bytes)]) {
        const same = [`::ffff:${inner}`, `0:0:0:0:0:FFFF:${inner}`, `64:ff9b::${inner}`];
        expect(same.map(isPublicAddress)).toEqual(same.map(() => plain));
        const never = [`::${inner}`, `0:0:0:0:0:0:${inner}`, `::ffff:0:${inner}`, `64:ff9b:1::${inner}`];
        expect(never.filter(isPublicAddress)).toEqual([]);
      }
      const anyPrefix = `2a00:1450:${groups([...Buffer.from(prefix.toString(16).padStart(8, '0'), 'hex')])}`;
      const tunnels = [
        `2002:${groups(bytes)}::1`,
        `2001:0:${groups(bytes)}::1`,
        `2001:0:808:808:0:0:${groups(bytes.map((byte) => byte ^ 255))}`,
        `${anyPrefix}:0:5efe:${groups(bytes)}`,
        `${anyPrefix}:200:5efe:${groups(bytes)}`,
      ];
      expect(tunnels.filter(isPublicAddress)).toEqual([]);
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

test('without a list of ports, those of web servers are allowed and no other', () => {
  const policy = createAddressPolicy([], { ownAddresses: () => [] });
  const ports = Array.from({ length: 65_536 }, (_, port) => port);
  const allowed = ports.filter((port) => policy.refusal('a.test', '8.8.8.8', port) === null);
  expect(allowed).toEqual([80, 443, 8080, 8443]);
  expect(policy.refusal('a.test', '8.8.8.8', 6379)).toBe('port');
});

test('a list of ports replaces those', () => {
  const policy = createAddressPolicy(['10.0.0.0/8', 'minio:9000'], { allowedPorts: [443, 8787] });
  const refusals = [443, 8787, 80].map((port) => policy.refusal('a.test', '8.8.8.8', port));
  expect(refusals).toEqual([null, null, 'port']);
  expect([443, 80].map((port) => policy.refusal('a.test', '10.0.0.1', port))).toEqual([null, 'port']);
  expect(policy.refusal('minio', '10.0.0.1', 9000)).toBe(null);
});

test.each([
  { entry: 'minio.internal', host: 'minio.internal', address: '10.1.2.3', port: 8080, refusal: null },
  { entry: 'minio.internal', host: 'minio.internal', address: '10.1.2.3', port: 9000, refusal: 'port' },
  { entry: 'MinIO.Internal.:9000', host: 'minio.internal', address: '10.1.2.3', port: 9000, refusal: null },
  { entry: 'minio', host: 'minio.evil.test', address: '10.1.2.3', port: 80, refusal: 'address' },
  { entry: 'minio:9000', host: 'minio', address: '127.0.0.1', port: 9000, refusal: null },
  { entry: 'minio:9000', host: 'minio', address: '127.0.0.1', port: 9001, refusal: 'address' },
  { entry: 'minio:22', host: 'minio', address: '10.0.0.1', port: 22, refusal: null },
  { entry: '10.0.0.7', host: 'a.test', address: '10.0.0.7', port: 80, refusal: null },
  { entry: '10.0.0.7', host: 'a.test', address: '::ffff:10.0.0.7', port: 80, refusal: null },
  { entry: '10.0.0.7', host: 'a.test', address: '10.0.0.8', port: 80, refusal: 'address' },
  { entry: '10.0.0.0/24:80', host: 'a.test', address: '10.0.0.9', port: 80, refusal: null },
  { entry: '10.0.0.0/24:80', host: 'a.test', address: '10.0.0.9', port: 81, refusal: 'address' },
  { entry: '10.0.0.0/24', host: 'a.test', address: '10.0.1.9', port: 80, refusal: 'address' },
  { entry: '10.0.0.0/24', host: 'a.test', address: 'fd00::9', port: 80, refusal: 'address' },
  { entry: 'fd00::/8', host: 'a.test', address: 'fd12::9', port: 80, refusal: null },
  { entry: '[fd00::/8]:443', host: 'a.test', address: 'fd12::9', port: 443, refusal: null },
  { entry: '[fd00::7]:443', host: 'a.test', address: 'fd00::7', port: 80, refusal: 'address' },
  { entry: '::1', host: '::1', address: '::1', port: 80, refusal: null },
  { entry: 'minio', host: 'minio', address: 'nonsense', port: 80, refusal: 'address' },
])(
  'with $entry listed, $host at $address port $port is refused: $refusal',
  ({ entry, host, address, port, refusal }) => {
    expect(createAddressPolicy([entry]).refusal(host, address, port)).toBe(refusal);
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
  const refusal = createAddressPolicy([], { ownAddresses }).refusal('a.test', address, 80);
  expect(refusal).toBe(allowed ? null : 'address');
});

test('an address that the machine gets later counts at once, unless the operator listed it', () => {
  let own: string[] = [];
  const ownAddresses = () => own;
  const plain = createAddressPolicy([], { ownAddresses });
  const listing = createAddressPolicy(['8.8.8.8:9000'], { ownAddresses });
  expect(plain.refusal('a.test', '8.8.8.8', 8080)).toBe(null);
  own = ['8.8.8.8'];
  expect(plain.refusal('a.test', '8.8.8.8', 8080)).toBe('address');
  expect(listing.refusal('a.test', '8.8.8.8', 9000)).toBe(null);
  expect(listing.refusal('a.test', '8.8.8.8', 80)).toBe('address');
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
    policy.refusal('a.test', address, 80),
  );
  vi.restoreAllMocks();
  syncBuiltinESMExports();
  expect(reached).toEqual(['address', 'address', null]);
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

test.each([
  ['8.8.8.8', '8.8.8.8', true],
  ['8.8.8.8', '::ffff:808:808', true],
  ['8.8.8.8', '64:ff9b::8.8.8.8', true],
  ['8.8.8.8', '8.8.8.9', false],
  ['2a00:1450::1', '2a00:1450::ffff:ffff:ffff:ffff', true],
  ['2a00:1450::1', '2a00:1450:0:1::1', false],
])('%s and %s may be one machine: %s', (one, other, same) => {
  expect(calledNetwork(one) === calledNetwork(other)).toBe(same);
});
