// Finds out who is calling: by the raw key in `Authorization`, as the API documents it, or behind `Bearer` or another word that
// clients write there. Where the header is empty, the session in a cookie says it.

import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { RequestError } from '../../core/errors.ts';
import type { Authenticator } from '../../core/keys/authenticator.ts';
import type { Caller } from '../../core/keys/keys.ts';
import { isWithin } from '../../core/keys/networks.ts';
import { permits } from '../../core/keys/scopes.ts';
import type { AuthorizeBySession } from './by-session.ts';
import type { CallerAddress } from '../connections/caller-address.ts';
import { WrongKeyError } from './wrong-key-error.ts';

/** Finds the caller of a request by a header or what stands for it; rejects with `RequestError`: `unauthenticated`, and `forbidden` for an address that the key may not be used from. */
export type Authorize = (header: string | undefined, request: IncomingMessage) => Promise<Caller>;

/** Finds the caller of a status query without waiting; `undefined` where that can't be, for one who is refused, and where more has to be looked at. */
export type PeekCaller = (header: string | undefined) => Caller | undefined;

/** The refusal of a caller who has shown no key where keys are looked for. */
export class NoKeyError extends RequestError {
  constructor(message: string, options: { cause?: unknown } = {}) {
    super('unauthenticated', message, options);
  }
}

const maxHeaderLength = 1_000;

/** `open` is everybody's caller on a server that runs without keys; `null` on one that asks for them. */
export function createAuthorize(
  open: Caller | null,
  authenticator: Authenticator,
  callerAddress: CallerAddress,
  bySession: AuthorizeBySession = async () => null,
): { authorize: Authorize; peekCaller: PeekCaller } {
  if (open !== null) return { authorize: async () => open, peekCaller: () => open };
  async function find(header: string | undefined, request: IncomingMessage): Promise<Caller> {
    const secret = secretIn(header);
    if (secret !== '') {
      const known = await authenticator.find(secret);
      if (known === null) throw new WrongKeyError();
      return known;
    }
    const caller = (header ?? '').trim() === '' ? await bySession(request) : null;
    if (caller === null)
      throw new NoKeyError('No API key. Send one in the Authorization header, alone or after "Bearer ".');
    return caller;
  }
  return {
    async authorize(header, request) {
      const caller = await find(header, request);
      if (caller.networks !== null) refuseAddress(caller.networks, callerAddress(request));
      return caller;
    },
    peekCaller(header) {
      const secret = secretIn(header);
      const caller = secret === '' ? null : authenticator.peek(secret);
      // The ordinary route refuses all others.
      return caller?.networks === null && permits(caller.scopes, 'read') ? caller : undefined;
    },
  };
}

/** Throws `RequestError` (`forbidden`) unless the address, as JSON, lies in one of the networks. */
export function refuseAddress(networks: readonly string[], addressText: string): void {
  const address = JSON.parse(addressText) as string;
  if (!isWithin(networks, address))
    throw new RequestError(
      'forbidden',
      `This key may not be used from ${address === '' ? 'an unknown address' : address}, where this request came from. Behind proxies trusted_proxies (PLANTAIN_TRUSTED_PROXIES), their number, decides which address that is.`,
    );
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
