// Locks of routes. A lock finds the caller of a request before its body is read, or refuses the request. Each route names a lock, and the
// lock's result is all that the route's handler knows of the caller.

import type { FastifyReply, FastifyRequest } from 'fastify';
import type { RequestErrorType } from '@plantain/client';
import { RequestError } from '../../core/errors.ts';
import { type Caller, isOpenCaller } from '../../core/keys/keys.ts';
import { permits, type Scope } from '../../core/keys/scopes.ts';
import type { Clock } from '../../lib/clock.ts';
import { unixSeconds } from '../../lib/time/unix-time.ts';
import { type Authorize, NoKeyError, presentedKey } from './authorization.ts';
import { refuseForeignPage } from './by-session.ts';
import type { OwnHosts } from '../links/own-hosts.ts';
import { withChallenge } from './mcp-challenge.ts';
import type { AuthorizeByQuery } from './query-key.ts';

/** Judges the signature over `path` in a parsed query string. */
export type VerifyLink = (
  path: string,
  query: { e?: unknown; token?: unknown },
  nowSeconds: number,
) => 'valid' | 'expired' | 'invalid';

/** Dependencies of the locks. */
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

/** Lock of a route. `Admitted` describes a caller whom it admits. */
export interface Access<Admitted> {
  /** Scope that a key needs; absent where any key will do, or none is asked for. */
  scope?: Scope;
  /** Ways to show a key, in the form of the reference; the header alone where it is left out. */
  security?: readonly object[];
  /** Refusals of this lock, as the reference lists them. */
  refusals: readonly RequestErrorType[];
  /** Rejects with `RequestError`. */
  admit(locks: Locks, visit: Visit): Promise<Admitted>;
}

const query = (request: FastifyRequest) => request.query as Readonly<Record<string, unknown>>;

/** Admits everybody. */
export const anyone: Access<undefined> = { security: [], refusals: [], admit: async () => undefined };

const refusals = ['unauthenticated', 'forbidden'] as const;

/** Requires a page of this server, and no key: for who signs in. */
export const ownPage: Access<undefined> = {
  security: [],
  refusals: ['forbidden'],
  async admit({ own }, { request }) {
    refuseForeignPage(own, request.raw);
    return undefined;
  },
};

/** Requires a key in a header, or a session, whatever its scopes. */
export const key: Access<Caller> = {
  refusals,
  admit: async ({ authorize }, { request }) => authorize(request.headers.authorization, request.raw),
};

/** Requires a key in a header, with this scope. */
function keyWith(scope: Scope): Access<Caller> {
  return withScope(scope, key);
}

function withScope(scope: Scope, { admit, ...access }: Access<Caller>): Access<Caller> {
  return {
    ...access,
    scope,
    async admit(locks, visit) {
      const caller = await admit(locks, visit);
      refuseWithout(scope, caller);
      return caller;
    },
  };
}

/** Throws `RequestError` (`forbidden`) for a key that lacks the scope. */
export function refuseWithout(scope: Scope, { scopes }: Pick<Caller, 'scopes'>): void {
  if (permits(scopes, scope)) return;
  const needed = scope === 'admin' ? 'an admin key, which has the scope admin' : `the scope ${scope}`;
  throw new RequestError('forbidden', `This call needs ${needed}. This key has ${scopes.join(', ')}.`);
}

/** Requires a key that may submit tasks, and cancel, delete and repeat them. */
export const tasksKey = keyWith('tasks');
/** Requires a key that may ask and list. */
export const readKey = keyWith('read');
/** Requires a key that may upload pictures and delete them. */
export const filesKey = keyWith('files');
/** Requires a key that may have endpoints of webhooks. */
export const webhooksKey = keyWith('webhooks');
/** Requires a key that may read the metrics. */
export const metricsKey = keyWith('metrics');
/** Requires an admin's key in a header. */
export const adminKey = keyWith('admin');

/** Requires a key with this scope, in a header, or in the query string where the settings permit that. */
function keyOrQueryWith(scope: Scope): Access<Caller> {
  return withScope(scope, {
    security: [{ key: [] }, { bearer: [] }, { query: [] }],
    refusals,
    admit: async ({ authorizeByQuery }, { request }) =>
      authorizeByQuery(request.headers.authorization, query(request), request.raw),
  });
}

/** Like `readKey`, `tasksKey` and `filesKey`, for programs that send their key in the query string. Addresses of such a route hide. */
export const keyOrQuery = keyOrQueryWith('read');
export const tasksKeyOrQuery = keyOrQueryWith('tasks');
export const filesKeyOrQuery = keyOrQueryWith('files');

/** Requires an admin's key, and refuses everybody in open mode: a key made there would still work after the server asks for keys again. */
export const keyManager: Access<Caller> = {
  scope: 'admin',
  refusals,
  async admit(locks, visit) {
    const caller = await adminKey.admit(locks, visit);
    if (isOpenCaller(caller))
      throw new RequestError(
        'forbidden',
        'This server runs in open mode, where nobody has to show a key, so nobody may manage keys. Use plantain-server keys on its machine, or set auth (PLANTAIN_AUTH) to keys.',
      );
    return caller;
  },
};

/** Requires a key in a header, for the Model Context Protocol: refuses in its words, and refuses pages of other origins. */
export const mcpKey: Access<Caller> = {
  refusals,
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
 * Refuses pages of other origins, such as one that reaches this server by DNS rebinding. Programs send no origin.
 * https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http (security warning)
 */
function admitOrigin({ headers: { origin, host } }: FastifyRequest, own: OwnHosts): void {
  if (origin !== undefined && !own.hasOrigin(origin, host))
    throw new RequestError(
      'forbidden',
      'Pages of other origins may not call this server’s tools. Set public_url (PLANTAIN_PUBLIC_URL) to the address by which it is reached.',
    );
}

/** Admits as `access` does, and gives `null` for a request without a key, as the key may be in the body. */
export function orInBody({ admit, ...access }: Access<Caller>): Access<Caller | null> {
  return {
    ...access,
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

/** Requires the signature of a link to the path that `pathOf` gives. `ofExpired` makes the refusal of an expired link. */
export function signedLink(
  pathOf: (params: Readonly<Record<string, string>>) => string,
  ofExpired: string,
): Access<undefined> {
  return {
    security: [],
    refusals: ['forbidden'],
    async admit({ verifyLink, clock }, { request, params }) {
      const verdict = verifyLink(pathOf(params), query(request), unixSeconds(clock.now()));
      if (verdict === 'invalid')
        throw new RequestError('forbidden', 'This link is not complete, or was not made by this server.');
      if (verdict === 'expired') throw new RequestError('not_found', ofExpired);
      return undefined;
    },
  };
}

/** Requires a key that may ask, in a header, or a signed link, for which it gives `null`. A page can't send headers with its EventSource. */
export function keyOrLink(link: Access<undefined>): Access<Caller | null> {
  return {
    scope: 'read',
    security: [{ key: [] }, { bearer: [] }, {}],
    refusals: [...refusals, ...link.refusals],
    async admit(locks, visit) {
      const { headers } = visit.request;
      if (headers.authorization !== undefined || query(visit.request)['token'] === undefined)
        return await readKey.admit(locks, visit);
      await link.admit(locks, visit);
      return null;
    },
  };
}
