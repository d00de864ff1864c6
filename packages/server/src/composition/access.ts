// Builds authentication over HTTP.

import type { AppParts } from './parts.ts';
import { defaultLimits } from '../config/limit-settings.ts';
import type { Config } from '../config/settings.ts';
import { createAuthenticator } from '../core/keys/authenticator.ts';
import { openCaller } from '../core/keys/keys.ts';
import { createSessionAuthenticator } from '../core/sessions/session-authenticator.ts';
import { createSubjectLimits } from '../core/limits/subjects.ts';
import type { Locks } from '../http/access/access.ts';
import { createAuthorize, type PeekCaller } from '../http/access/authorization.ts';
import { createAuthorizeBySession } from '../http/access/by-session.ts';
import { createAuthorizeByQuery } from '../http/access/query-key.ts';
import { createSessionCookie, type SessionCookie } from '../http/access/session-cookie.ts';
import type { CallerAddress } from '../http/connections/caller-address.ts';
import { createOwnHosts } from '../http/links/own-hosts.ts';

/** Builds the functions that find the caller of a request. `peekCaller` is for calls that may not wait. */
export function buildAccess(
  config: Config,
  { store, signer, clock, publicUrl }: AppParts,
  { callerAddress, onUse }: { callerAddress: CallerAddress; onUse?: (keyId: string) => void },
): { locks: Locks; peekCaller: PeekCaller; cookie: SessionCookie; forget: () => void } {
  const limits = createSubjectLimits(defaultLimits(config));
  const authenticator = createAuthenticator(store, clock, {
    limits,
    ...(onUse === undefined ? {} : { onUse }),
  });
  const sessions = createSessionAuthenticator({ store, clock, limits, onUse });
  const cookie = createSessionCookie(publicUrl);
  const own = createOwnHosts({ host: config.host, publicUrl: config.public_url });
  const { authorize, peekCaller } = createAuthorize(
    config.auth === 'open' ? { ...openCaller, limited: limits.of(openCaller, () => null) } : null,
    authenticator,
    callerAddress,
    createAuthorizeBySession({ cookie, sessions, own }),
  );
  const authorizeByQuery = createAuthorizeByQuery({
    authorize,
    isOpen: config.auth === 'open',
    isTaken: config.query_keys,
  });
  return {
    locks: { authorize, authorizeByQuery, verifyLink: signer.verify, own, clock },
    peekCaller,
    cookie,
    forget() {
      authenticator.forget();
      sessions.forget();
    },
  };
}
