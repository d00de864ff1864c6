// Locks of routes: each finds out who calls, before anything of a body is read, or refuses. A route names one, and what the lock gives
// is all that its handler knows of the caller.

import type { FastifyReply, FastifyRequest } from 'fastify';
import type { RequestErrorType } from '@plantain/client';
import { RequestError } from '../../core/errors.ts';
import { type Caller, openCaller } from '../../core/keys/keys.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Authorize } from './authorization.ts';
import type { AuthorizeByQuery } from './query-key.ts';

/** Judges the signature over `path` in a parsed query string. */
export type VerifyLink = (
  path: string,
  query: { e?: unknown; token?: unknown },
  nowSeconds: number,
) => 'valid' | 'expired' | 'invalid';

/** Parts that locks are made of. */
export interface Locks {
  authorize: Authorize;
  authorizeByQuery: AuthorizeByQuery;
  verifyLink: VerifyLink;
  clock: Clock;
}

/** Parts of a request by which a lock judges it. */
export interface Visit {
  request: FastifyRequest;
  reply: FastifyReply;
  /** Members of the path. */
  params: Readonly<Record<string, string>>;
}

/** `Admitted` is what is known of a caller who was let in. */
export interface Access<Admitted> {
  /** Ways to show a key, in the form of the reference; the header alone where it is left out. */
  security?: readonly object[];
  /** Refusals of this lock, as the reference lists them. */
  refusals: readonly RequestErrorType[];
  /** Rejects with `RequestError`. */
  admit(locks: Locks, visit: Visit): Promise<Admitted>;
}

/** No lock. */
export const anyone: Access<undefined> = { security: [], refusals: [], admit: async () => undefined };

/** A key in a header. */
export const key: Access<Caller> = {
  refusals: ['unauthenticated'],
  admit: async ({ authorize }, { request }) => authorize(request.headers.authorization),
};

/** An admin's key in a header. */
export const adminKey: Access<Caller> = {
  refusals: ['unauthenticated', 'forbidden'],
  async admit(locks, visit) {
    const caller = await key.admit(locks, visit);
    if (caller.role !== 'admin') throw new RequestError('forbidden', 'This call needs an admin key.');
    return caller;
  },
};

/** An admin's key, and nobody in open mode: a key that is made there would open the server long after it asks for keys again. */
export const keyManager: Access<Caller> = {
  refusals: adminKey.refusals,
  async admit(locks, visit) {
    const caller = await adminKey.admit(locks, visit);
    if (caller === openCaller)
      throw new RequestError(
        'forbidden',
        'This server runs in open mode, where nobody has to show a key, so nobody may manage keys. Use plantain-server keys on its machine, or set auth (PLANTAIN_AUTH) to keys.',
      );
    return caller;
  },
};
