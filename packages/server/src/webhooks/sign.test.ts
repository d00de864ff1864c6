import { validateWebhook } from 'replicate';
import { Webhook } from 'standardwebhooks';
import { expect, test } from 'vitest';
import { newDeliveryId, newWebhookSecret } from '../core/webhooks/webhook.ts';
import { signatureHeaders } from './sign.ts';

const body = '{"type":"task.succeeded","data":{"description":"“bananas” 🍌"}}';
const message = () => ({ id: newDeliveryId(), at: Date.now(), body });

test('the verifiers of Standard Webhooks and of Replicate accept a signature', async () => {
  const secret = newWebhookSecret();
  const headers = signatureHeaders(message(), [secret]);
  expect(new Webhook(secret).verify(body, headers)).toEqual(JSON.parse(body));
  const request = new Request('https://receiver.example/hook', { method: 'POST', headers, body });
  expect(await validateWebhook(request, secret)).toBe(true);
});

test('in a rotation a message has a signature for each secret, and no other secret fits', async () => {
  const [current, previous, another] = [newWebhookSecret(), newWebhookSecret(), newWebhookSecret()];
  const headers = signatureHeaders(message(), [current, previous]);
  expect(headers['webhook-signature']).toMatch(/^v1,\S{44} v1,\S{44}$/);
  for (const secret of [current, previous]) {
    expect(new Webhook(secret).verify(body, headers)).toBeDefined();
    const { 'webhook-id': id = '', 'webhook-timestamp': timestamp = '' } = headers;
    const signature = headers['webhook-signature'] ?? '';
    expect(await validateWebhook({ id, timestamp, signature, body, secret })).toBe(true);
  }
  expect(() => new Webhook(another).verify(body, headers)).toThrow(/No matching signature/);
});

test('a signature fits neither another body nor another id nor another time', () => {
  const secret = newWebhookSecret();
  const headers = signatureHeaders(message(), [secret]);
  const verify = (given: string, changed: Record<string, string>) => () =>
    new Webhook(secret).verify(given, { ...headers, ...changed });
  expect(verify(`${body} `, {})).toThrow(/No matching signature/);
  expect(verify(body, { 'webhook-id': newDeliveryId() })).toThrow(/No matching signature/);
  const later = String(Number(headers['webhook-timestamp']) + 1);
  expect(verify(body, { 'webhook-timestamp': later })).toThrow(/No matching signature/);
});

test('a receiver refuses what was signed ten minutes ago', () => {
  const secret = newWebhookSecret();
  const headers = signatureHeaders({ ...message(), at: Date.now() - 600_000 }, [secret]);
  expect(() => new Webhook(secret).verify(body, headers)).toThrow(/too old/);
});
