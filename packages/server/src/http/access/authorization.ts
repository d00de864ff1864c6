// Finds out who is calling: by the raw key in `Authorization`, as the API documents it, or behind `Bearer` or another word that
// clients write there.

import type { IncomingHttpHeaders } from 'node:http';
import { RequestError } from '../../core/errors.ts';
import type { Authenticator } from '../../core/keys/authenticator.ts';
import { type Caller, openCaller } from '../../core/keys/keys.ts';

/** Finds the caller; rejects with `RequestError` (`unauthenticated`). */
export type Authorize = (header: string | undefined) => Promise<Caller>;

/** Finds the caller without waiting; `undefined` where that can't be, and for one who is refused. */
export type PeekCaller = (header: string | undefined) => Caller | undefined;

/** The refusal of a caller who has shown no key where keys are looked for. */
export class NoKeyError extends RequestError {
  constructor(message: string, options: { cause?: unknown } = {}) {
    super('unauthenticated', message, options);
  }
}

/** The refusal of a caller whose key is not known, was revoked or has expired: which of them is not told. */
export class WrongKeyError extends RequestError {
  constructor() {
    super('unauthenticated', 'This API key is not known, or was revoked, or has expired.');
  }
}

const maxHeaderLength = 1_000;

export function createAuthorize(
  mode: 'keys' | 'open',
  authenticator: Authenticator,
): { authorize: Authorize; peekCaller: PeekCaller } {
  if (mode === 'open') return { authorize: async () => openCaller, peekCaller: () => openCaller };
  return {
    async authorize(header) {
      const secret = secretIn(header);
      if (secret === '')
        throw new NoKeyError('No API key. Send one in the Authorization header, alone or after "Bearer ".');
      const caller = await authenticator.find(secret);
      if (caller === null) throw new WrongKeyError();
      return caller;
    },
    peekCaller(header) {
      const secret = secretIn(header);
      return secret === '' ? undefined : (authenticator.peek(secret) ?? undefined);
    },
  };
}

/** `''` where there is none, and of a header that is too long for one. */
function secretIn(header: string | undefined): string {
  return header === undefined || header.length > maxHeaderLength ? '' : presentedKey(header);
}

/** Where programs for other APIs have their key: of Anthropic's, Azure's and Google's kind. */
const otherHeaders = ['x-api-key', 'api-key', 'x-goog-api-key'];

/** Puts a key that came in a header of another API where the others are; one in `Authorization` goes before it. */
export function takeOtherHeaders(headers: IncomingHttpHeaders): void {
  if (headers.authorization) return;
  const key = otherHeaders
    .map((name) => headers[name])
    .find((value) => typeof value === 'string' && value !== '');
  if (typeof key === 'string') headers.authorization = key;
}

/** The key in a header; `''` where there is none, as when a client's own setting is empty. */
export function presentedKey(header: string): string {
  // The key alone, as most clients send it, needs no pattern: it is longer than the word and has no space.
  if (header.length > 6 && !header.includes(' ') && !header.includes('\t')) return header;
  return header.replace(/^\s*(?:bearer|token|key|api-?key)(?:\s+|$)/i, '').trim();
}
