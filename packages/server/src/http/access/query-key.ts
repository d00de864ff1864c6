// Keys in query strings. An address is kept by proxies, browsers and logs of all kinds, so a key in it is no secret for long: such keys
// are taken on the few calls whose programs can't send it otherwise, and only those that can do no more than their owner's own tasks.

import type { IncomingMessage } from 'node:http';
import { RequestError } from '../../core/errors.ts';
import type { Caller } from '../../core/keys/keys.ts';
import { type Authorize, presentedKey } from './authorization.ts';

type Query = Readonly<Record<string, unknown>>;

/** Finds the caller by the header or, where that has no key, by `key` in the query string. Rejects with `RequestError`. */
export type AuthorizeByQuery = (
  header: string | undefined,
  query: Query,
  request: IncomingMessage,
) => Promise<Caller>;

/** Names of a key in a query string, as programs write them. */
const names = ['key', 'api_key', 'apikey', 'apiKey', 'access_token'] as const;
const howElse = 'Send the key in the Authorization header, alone or after "Bearer ".';

/** `isTaken` is whether the operator lets keys be sent so. A server in open mode asks for none, wherever it stands. */
export function createAuthorizeByQuery({
  authorize,
  isOpen,
  isTaken,
}: {
  authorize: Authorize;
  isOpen: boolean;
  isTaken: boolean;
}): AuthorizeByQuery {
  return async (header, query, request) => {
    const { key } = query;
    if (isOpen || presentedKey(header ?? '') !== '' || !isKey(key)) return authorize(header, request);
    if (!isTaken)
      throw unauthenticated(
        `Keys in the query string are not taken by this server: query_keys (PLANTAIN_QUERY_KEYS) is false. ${howElse}`,
      );
    if (typeof key !== 'string') {
      const message = 'key stands more than once in the query string. Send it once.';
      throw new RequestError('invalid_request', message, {
        details: [{ path: 'key', message: 'must be given once' }],
      });
    }
    const caller = await authorize(key, request);
    if (caller.role === 'admin')
      throw unauthenticated(
        `This is an admin key, and those are not taken in a query string. It is now in the logs of whatever the address passed through: revoke it and make another. ${howElse}`,
      );
    return caller;
  };
}

/** Whether a query string holds what may be a key, by whatever name. */
export function hasQueryKey(query: unknown): boolean {
  return typeof query === 'object' && query !== null && names.some((name) => isKey((query as Query)[name]));
}

/** The refusal of a caller who has shown no key but one in the query string, where none is taken. */
export function notTakenHere(): RequestError {
  return unauthenticated(`Keys in the query string are not taken here. ${howElse}`);
}

function isKey(value: unknown): boolean {
  return Array.isArray(value) ? value.some(isKey) : typeof value === 'string' && presentedKey(value) !== '';
}

function unauthenticated(message: string): RequestError {
  return new RequestError('unauthenticated', message);
}
