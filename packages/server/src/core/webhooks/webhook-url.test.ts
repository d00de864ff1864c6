import { expect, test } from 'vitest';
import { createAddressPolicy } from '../../lib/addresses.ts';
import { createWebhookUrlCheck } from './webhook-url.ts';

const policy = createAddressPolicy(['10.1.2.3:9000', 'inside.example:7000'], { ownAddresses: () => [] });
const check = createWebhookUrlCheck(policy, new Set([80, 443, 8080, 8443, 9000, 7000]));

test.each([
  'https://receiver.example/hook?a=b',
  'http://receiver.example:8080',
  'https://inside.example:7000/hook',
  'http://10.1.2.3:9000/',
  'http://8.8.8.8/',
  'https://[2606:4700::1111]/',
])('%s can be one for webhooks', (url) => {
  expect(check(url)).toBeNull();
});

test.each([
  ['ftp://receiver.example/', /http or https/],
  ['receiver.example/hook', /http or https/],
  ['', /http or https/],
  ['https://user:secret@receiver.example/', /no user name/],
  ['https://receiver.example:22/', /port/],
  ['http://8.8.8.8:25/', /port/],
  [`https://receiver.example/${'a'.repeat(2_048)}`, /2048 characters/],
  ['http://169.254.169.254/latest/meta-data', /inside address/],
  ['http://127.0.0.1/', /inside address/],
  ['http://0x7f.1/', /inside address/],
  ['http://2130706433/', /inside address/],
  ['http://127.0.0.1./', /inside address/],
  ['http://[::1]/', /inside address/],
  ['http://[::ffff:169.254.169.254]/', /inside address/],
  ['http://10.1.2.3/', /inside address/],
])('%s can’t', (url, fault) => {
  expect(check(url)).toMatch(fault);
});

test.each([
  ['http://127.0.0.1:3000/hook', '127.0.0.1:3000'],
  ['http://localhost:3000/hook', 'localhost:3000'],
  ['http://nas.local:5000/', 'nas.local:5000'],
  ['https://10.0.0.7/', '10.0.0.7:443'],
  ['http://[fd00::7]:9999/', '[fd00::7]:9999'],
  ['http://receiver.example:3000/', 'receiver.example:3000'],
  ['http://8.8.8.8:25/', '8.8.8.8:25'],
])('the refusal of %s names the one entry that mends both its address and its port: %s', (url, entry) => {
  expect(check(url)).toContain(`with ${entry} in allowed_private_hosts`);
  const { port } = URL.parse(url) ?? {};
  const ports = new Set([80, 443, 8080, 8443, Number(port || 443)]);
  const listed = createAddressPolicy([entry], { ownAddresses: () => ['10.0.0.7'] });
  expect(createWebhookUrlCheck(listed, ports)(url)).toBeNull();
});

test('a name that is longer than any is not said again', () => {
  expect(check(`http://${'a.'.repeat(200)}local:3000/`)).toContain('with its host and port in');
});

const names = ['localhost', 'app.localhost', 'localhost.', 'LocalHost', 'localhost.localdomain', 'receiver'];
const endings = [
  'local',
  'internal',
  'home.arpa',
  'lan',
  'corp',
  'home',
  'intranet',
  'private',
  'localdomain',
];

test.each([...names, ...endings.flatMap((ending) => [`a.${ending}`, `A.B.${ending}.`])])(
  'http://%s/ can only be inside, which is said when it is handed in',
  (name) => {
    expect(check(`http://${name}/`)).toMatch(/allowed_private_hosts/);
    expect(check(`https://${name}:8443/hook`)).toMatch(/allowed_private_hosts/);
    const host = name.toLowerCase().replace(/\.$/, '');
    const listed = (...list: string[]) =>
      createWebhookUrlCheck(createAddressPolicy(list, { ownAddresses: () => [] }), new Set([80, 9000]));
    expect(listed(host)(`http://${name}/`)).toBeNull();
    expect(listed(`${host}:9000`)(`http://${name}:9000/`)).toBeNull();
    expect(listed(`${host}:9000`)(`http://${name}/`)).toMatch(/allowed_private_hosts/);
  },
);

test('a name that may lead to a network that is listed, or to a public address, is left to DNS', () => {
  const within = createAddressPolicy(['10.0.0.0/8', '127.0.0.1:9000'], { ownAddresses: () => [] });
  const checkWithin = createWebhookUrlCheck(within, new Set([80, 9000]));
  expect(checkWithin('http://receiver.internal/')).toBeNull();
  expect(checkWithin('http://receiver/')).toBeNull();
  expect(checkWithin('http://localhost:9000/')).toBeNull();
  expect(checkWithin('http://localhost/')).toMatch(/allowed_private_hosts/);
  for (const name of [
    'ai',
    'local.example',
    'mylocalhost.example',
    'internal.example.',
    'xn--bcher-kva.example',
  ])
    expect(check(`http://${name}/`), name).toBeNull();
});
