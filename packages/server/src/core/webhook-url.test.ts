import { expect, test } from 'vitest';
import { createAddressPolicy } from '../lib/addresses.ts';
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
