// Finds the caller of a request by the session in its cookie. A browser sends cookies by itself, also for pages of others, so a call that may change
// something has to come from a page of this server. Sessions are for the console, and so for calls of this server's own API alone.

import type { IncomingMessage } from 'node:http';
import { RequestError } from '../../core/errors.ts';
import type { Caller } from '../../core/keys/keys.ts';
import type { SessionAuthenticator } from '../../core/sessions/session-authenticator.ts';
import type { OwnHosts } from '../links/own-hosts.ts';
import { WrongKeyError } from './wrong-key-error.ts';
import type { SessionCookie } from './session-cookie.ts';

/** Finds the caller of a cookie; `null` where the request has none. Rejects with `RequestError`: `forbidden`, and `EndedSessionError`. */
export type AuthorizeBySession = (request: IncomingMessage) => Promise<Caller | null>;

/** The refusal of a session that has ended. `setCookie` has the headers that delete its cookie. */
export class EndedSessionError extends WrongKeyError {
  readonly setCookie: readonly string[];

  constructor(setCookie: readonly string[]) {
    super('This session has ended, or its key was revoked or has expired. Sign in again.');
    this.setCookie = setCookie;
  }
}

export function createAuthorizeBySession({
  cookie,
  sessions,
  own,
}: {
  cookie: SessionCookie;
  sessions: Pick<SessionAuthenticator, 'find'>;
  own: OwnHosts;
}): AuthorizeBySession {
  return async (request) => {
    // The path is that of the route: prefixes of proxies and whole URLs are gone from it.
    if (request.url?.startsWith('/api/') !== true) return null;
    const secrets = cookie.read(request.headers.cookie);
    if (secrets.length === 0) return null;
    if (request.method !== 'GET' && request.method !== 'HEAD') refuseForeignPage(own, request);
    refuseForeignSite(request);
    for (const secret of secrets) {
      const caller = await sessions.find(secret);
      if (caller !== null) return caller;
    }
    throw new EndedSessionError(cookie.clear());
  };
}

/**
 * Throws `RequestError` (`forbidden`) where the browser says that another origin's page sends the request: the cookie comes along with a link too,
 * and some calls that only show something are put on record. https://www.w3.org/TR/fetch-metadata/#sec-fetch-site-header
 */
function refuseForeignSite({ headers }: Pick<IncomingMessage, 'headers'>): void {
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none')
    throw new RequestError(
      'forbidden',
      'Pages of other origins may ask for nothing by a session. Open the address from the console, or in a tab of its own.',
    );
}

/** Throws `RequestError` (`forbidden`) unless a page of this server sends the request. */
export function refuseForeignPage(
  own: OwnHosts,
  { headers: { origin, host } }: Pick<IncomingMessage, 'headers'>,
): void {
  if (origin !== undefined && own.hasPage(origin, host)) return;
  throw new RequestError(
    'forbidden',
    origin === undefined
      ? 'A call by a session that changes something needs the header Origin, which browsers send. Programs send a key in the Authorization header instead.'
      : 'Pages of other origins may not sign in, and may change nothing by a session. If this is the server’s own address, set public_url (PLANTAIN_PUBLIC_URL) to it; where it is set, open that address.',
  );
}
