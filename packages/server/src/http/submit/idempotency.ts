// Idempotency-Key (draft-ietf-httpapi-idempotency-key-header): what a client calls a request that it may send again.

import { hash } from 'node:crypto';
import { RequestError } from '../../core/errors.ts';
import type { Body } from '../body/body-fields.ts';

const maxKeyLength = 255;

/**
 * The key, with or without the quotes that the draft writes it in; `null` where none is sent.
 * Throws `RequestError` (`invalid_request`) for one that can't be a key.
 */
export function readIdempotencyKey(header: string | string[] | undefined): string | null {
  if (header === undefined) return null;
  const sent = String(header).trim();
  const key = /^"(.*)"$/.exec(sent)?.[1] ?? sent;
  if (key !== '' && key.length <= maxKeyLength && /^[\x21-\x7e]+$/.test(key)) return key;
  const message = `must have 1 to ${maxKeyLength} visible ASCII characters, such as a UUID`;
  throw new RequestError('invalid_request', `Idempotency-Key ${message}.`, {
    details: [{ path: 'Idempotency-Key', message }],
  });
}

/** Hash that a request and its repeats have in common: of `url` and what the body says, however it is written; in hex. */
export function requestHash(url: string, { fields, files }: Pick<Body, 'fields' | 'files'>): string {
  // The API key may stand in the body, and may be another one of the same caller's. Multipart has another boundary each time.
  const { key: _key, ...said } = fields;
  const pictures = files.map(({ name, bytes }) => [name, hash('sha256', bytes)]);
  return hash('sha256', JSON.stringify([url, said, pictures]));
}
