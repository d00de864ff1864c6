// Verifies the sender of a webhook, by Standard Webhooks: an HMAC of SHA-256 over its id, its time and its body.
// https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md

import { WebhookVerificationError } from '../errors.ts';
import type { AnyWebhookMessage } from '../wire/webhook-types.ts';

/** Headers as `fetch` has them, or as node:http has them. */
export type WebhookHeaders = Headers | Readonly<Record<string, string | readonly string[] | undefined>>;

export interface VerifyOptions {
  /** Maximum distance of the message's time from now; 300 seconds by default. */
  toleranceSeconds?: number | undefined;
  /** Present time in Unix milliseconds; by default the clock's. */
  now?: number | undefined;
}

/** Signatures of a message that are checked. It has one for each valid secret, two during a rotation. */
const maxSignatures = 16;
const maxSecrets = 16;

/**
 * Resolves with the message once its signature is proven and its time is within the tolerance. `payload` is the body as it was received,
 * not parsed and written anew. With several secrets, as during a rotation, one of them must fit. Store the header `webhook-id` for a
 * while and ignore a message that comes a second time. Rejects with `WebhookVerificationError`.
 */
export async function verifyWebhook(
  payload: string | Uint8Array,
  headers: WebhookHeaders,
  secrets: string | readonly string[],
  { toleranceSeconds = 300, now = Date.now() }: VerifyOptions = {},
): Promise<AnyWebhookMessage> {
  const id = readHeader(headers, 'webhook-id');
  const timestamp = readHeader(headers, 'webhook-timestamp');
  const signatures = readHeader(headers, 'webhook-signature').split(' ').slice(0, maxSignatures);
  const seconds = /^\d{1,12}$/.test(timestamp) ? Number(timestamp) : NaN;
  if (!(Math.abs(now / 1000 - seconds) <= toleranceSeconds))
    throw refused(
      'The webhook’s time is too far from now',
      'Set the clock of this machine; old messages may be forged.',
    );
  const text = new TextEncoder();
  const body = typeof payload === 'string' ? text.encode(payload) : payload;
  const signed = join(text.encode(`${id}.${timestamp}.`), body);
  const list = typeof secrets === 'string' ? [secrets] : secrets;
  if (list.length > maxSecrets) throw refused(`More than ${maxSecrets} secrets are not tried`);
  const keys = await Promise.all(list.map(importSecret));
  for (const key of keys)
    for (const signature of signatures) if (await fits(key, signature, signed)) return parse(body);
  throw refused(
    'No signature of the webhook fits a secret',
    'The body must be the bytes that came, not JSON written anew.',
  );
}

function readHeader(headers: WebhookHeaders, name: string): string {
  const value =
    headers instanceof Headers
      ? headers.get(name)
      : Object.entries(headers).find(([each]) => each.toLowerCase() === name)?.[1];
  const text = typeof value === 'object' ? value?.[0] : value;
  if (text === undefined || text === '') throw refused(`The webhook has no header ${name}`);
  return text;
}

/** The type `CryptoKey`, whose name the types of some platforms lack. */
type Key = Awaited<ReturnType<typeof crypto.subtle.importKey>>;

async function importSecret(secret: string): Promise<Key> {
  const bytes = fromBase64(secret.replace(/^whsec_/, ''));
  if (bytes === null || bytes.length === 0)
    throw refused('A secret of webhooks is whsec_ and Base64, and this is not');
  return await crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['verify']);
}

/** Compares in constant time, as Web Crypto does. */
async function fits(key: Key, signature: string, signed: Uint8Array<ArrayBuffer>): Promise<boolean> {
  const bytes = signature.startsWith('v1,') ? fromBase64(signature.slice(3)) : null;
  return bytes !== null && (await crypto.subtle.verify('HMAC', key, bytes, signed));
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> | null {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    return null;
  }
}

function join(first: Uint8Array, second: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}

function parse(body: Uint8Array): AnyWebhookMessage {
  try {
    return JSON.parse(new TextDecoder().decode(body)) as AnyWebhookMessage;
  } catch {
    throw refused('The webhook is signed well, but its body is no JSON');
  }
}

function refused(what: string, hint?: string): WebhookVerificationError {
  return new WebhookVerificationError(`${what}.`, { hint });
}
