import { randomBytes } from 'node:crypto';
import * as fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import { expect, test } from 'vitest';
import { WebhookVerificationError } from '../errors.ts';
import { verifyWebhook } from './verify-webhook.ts';

const now = Date.parse('2026-11-23T05:00:00Z');
const newSecret = () => `whsec_${randomBytes(32).toString('base64')}`;
const secret = newSecret();
const body = '{"type":"task.succeeded","data":{"task_id":"é"}}';
const message = JSON.parse(body) as unknown;

function sign(text: string, { by = [secret], id = 'msg_1', at = now } = {}): Record<string, string> {
  return {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(at / 1000)),
    'webhook-signature': by.map((each) => new Webhook(each).sign(id, new Date(at), text)).join(' '),
  };
}

test('what the reference implementation signs is verified, as text and as bytes', async () => {
  expect(await verifyWebhook(body, sign(body), secret, { now })).toEqual(message);
  expect(
    await verifyWebhook(new TextEncoder().encode(body), new Headers(sign(body)), [secret], { now }),
  ).toEqual(message);
});

test('the published example of the standard is verified', async () => {
  const headers = {
    'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  };
  const example = verifyWebhook('{"test": 2432232314}', headers, 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', {
    now: 1_614_265_330_000,
  });
  expect(await example).toEqual({ test: 2_432_232_314 });
});

test('names of headers may have capitals, and values may be lists, as node:http has them', async () => {
  const headers = Object.fromEntries(
    Object.entries(sign(body)).map(([name, value]) => [name.toUpperCase(), [value]]),
  );
  expect(await verifyWebhook(body, headers, secret, { now })).toEqual(message);
});

test('during a rotation either secret verifies a message that is signed with both', async () => {
  const [old, current] = [newSecret(), newSecret()];
  const both = sign(body, { by: [current, old] });
  for (const known of [old, current, [newSecret(), old], [current, newSecret()]])
    expect(await verifyWebhook(body, both, known, { now })).toEqual(message);
});

test('a message that is too old or too new by more than the tolerance is refused', async () => {
  const verifyAt = (at: number, toleranceSeconds?: number) =>
    verifyWebhook(body, sign(body, { at }), secret, { now, toleranceSeconds });
  for (const at of [now - 300_000, now + 300_000]) expect(await verifyAt(at)).toEqual(message);
  for (const at of [now - 301_000, now + 301_000])
    await expect(verifyAt(at)).rejects.toThrow(WebhookVerificationError);
  await expect(verifyAt(now - 11_000, 10)).rejects.toThrow(/time/);
});

test('whatever is missing or malformed is refused, and no secret is in the words', async () => {
  const good = sign(body);
  const bad: [string, Record<string, string | undefined>, string | string[]][] = [
    [body, { ...good, 'webhook-id': undefined }, secret],
    [body, { ...good, 'webhook-timestamp': '' }, secret],
    [body, { ...good, 'webhook-timestamp': 'now' }, secret],
    [body, { ...good, 'webhook-signature': undefined }, secret],
    [body, { ...good, 'webhook-signature': 'v1,***' }, secret],
    [body, { ...good, 'webhook-signature': good['webhook-signature']?.replace('v1,', 'v2,') }, secret],
    [body, good, []],
    [body, good, ''],
    [body, good, 'whsec_***'],
    [`${body} `, good, secret],
    ['no JSON', sign('no JSON'), secret],
  ];
  for (const [text, headers, known] of bad) {
    const error: unknown = await verifyWebhook(text, headers, known, { now }).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(WebhookVerificationError);
    expect(String(error)).not.toContain(secret.slice(6, 20));
  }
});

test('any message is verified, and no longer when one character of anything that is signed changes', async () => {
  const bytes = fc.uint8Array({ minLength: 1, maxLength: 64 });
  const member = fc.record({ secret: bytes, id: fc.stringMatching(/^\w{1,40}$/), value: fc.jsonValue() });
  await fc.assert(
    fc.asyncProperty(member, fc.nat(), async ({ secret: raw, id, value }, position) => {
      const known = `whsec_${Buffer.from(raw).toString('base64')}`;
      const text = JSON.stringify({ value });
      const headers = sign(text, { by: [known], id });
      expect(await verifyWebhook(text, headers, known, { now })).toEqual(JSON.parse(text));
      const at = position % text.length;
      const changed = text.slice(0, at) + (text[at] === 'x' ? 'y' : 'x') + text.slice(at + 1);
      await expect(verifyWebhook(changed, headers, known, { now })).rejects.toThrow(WebhookVerificationError);
      await expect(
        verifyWebhook(text, { ...headers, 'webhook-id': `${id}x` }, known, { now }),
      ).rejects.toThrow(WebhookVerificationError);
    }),
    { numRuns: 100 },
  );
});
