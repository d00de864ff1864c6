// Locks of routes: each finds out who calls, before anything of a body is read, or refuses. A route names one, and what the lock gives
// is all that its handler knows of the caller.

import type { FastifyReply, FastifyRequest } from 'fastify';
import type { RequestErrorType } from '@plantain/client';
import { RequestError } from '../../core/errors.ts';
import { type Caller, openCaller } from '../../core/keys/keys.ts';
import type { Clock } from '../../lib/clock.ts';
import { type Authorize, NoKeyError, presentedKey } from './authorization.ts';
import type { OwnHosts } from '../links/own-hosts.ts';
import { withChallenge } from './mcp-challenge.ts';
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
  own: OwnHosts;
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

const query = (request: FastifyRequest) => request.query as Readonly<Record<string, unknown>>;

/** No lock. */
export const anyone: Access<undefined> = { security: [], refusals: [], admit: async () => undefined };

/** A key in a header. */
export const key: Access<Caller> = {
  refusals: ['unauthenticated'],
  admit: async ({ authorize }, { request }) => authorize(request.headers.authorization),
};

/** A key in a header, or in the query string where that is taken. */
export const keyOrQuery: Access<Caller> = {
  security: [{ key: [] }, { bearer: [] }, { query: [] }],
  refusals: ['unauthenticated'],
  admit: async ({ authorizeByQuery }, { request }) =>
    authorizeByQuery(request.headers.authorization, query(request)),
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

/** A key in a header, from no page of another origin, and refused in the words of the Model Context Protocol. */
export const mcpKey: Access<Caller> = {
  refusals: adminKey.refusals,
  async admit(locks, visit) {
    admitOrigin(visit.request, locks.own);
    try {
      return await key.admit(locks, visit);
    } catch (error) {
      throw withChallenge(visit.reply, error);
    }
  },
};

/**
 * A page that was made to reach this server by DNS rebinding sends its own origin. Programs send none.
 * https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http (security warning)
 */
function admitOrigin({ headers: { origin, host } }: FastifyRequest, own: OwnHosts): void {
  if (origin !== undefined && !own.hasOrigin(origin, host))
    throw new RequestError(
      'forbidden',
      'Pages of other origins may not call this server’s tools. Set public_url (PLANTAIN_PUBLIC_URL) to the address by which it is reached.',
    );
}

/** As `access` admits, or `null` where no key was shown: it may stand in the body, which is a stranger's until then. */
export function orInBody({ security, refusals, admit }: Access<Caller>): Access<Caller | null> {
  return {
    ...(security === undefined ? {} : { security }),
    refusals,
    async admit(locks, visit) {
      try {
        return await admit(locks, visit);
      } catch (error) {
        const shown = presentedKey(visit.request.headers.authorization ?? '');
        if (error instanceof NoKeyError && shown === '') return null;
        throw error;
      }
    },
  };
}

/** The signature of a link to the path that `pathOf` gives. `ofExpired` is the refusal of a link whose time is over. */
export function signedLink(
  pathOf: (params: Readonly<Record<string, string>>) => string,
  ofExpired: string,
): Access<undefined> {
  return {
    security: [],
    refusals: ['forbidden'],
    async admit({ verifyLink, clock }, { request, params }) {
      const verdict = verifyLink(pathOf(params), query(request), Math.floor(clock.now() / 1000));
      if (verdict === 'invalid')
        throw new RequestError('forbidden', 'This link is not complete, or was not made by this server.');
      if (verdict === 'expired') throw new RequestError('not_found', ofExpired);
      return undefined;
    },
  };
}

/** A key in a header, or `null` for whoever has a signed link instead: a page can't send headers with its EventSource. */
export function keyOrLink(link: Access<undefined>): Access<Caller | null> {
  return {
    security: [{ key: [] }, { bearer: [] }, {}],
    refusals: [...key.refusals, ...link.refusals],
    async admit(locks, visit) {
      const { headers } = visit.request;
      if (headers.authorization !== undefined || query(visit.request)['token'] === undefined)
        return await key.admit(locks, visit);
      await link.admit(locks, visit);
      return null;
    },
  };
}
