// The link by which whoever started the server signs in to its console: the way from a start to a picture is one click.

import type { Config } from './config/settings.ts';
import { adminKeyMark } from './core/keys/declared-keys.ts';
import type { ApiKey } from './core/keys/key-store.ts';
import { isUsable } from './core/keys/keys.ts';
import type { SessionStore } from './core/sessions/session-store.ts';
import { makeSignInLink } from './core/sessions/sessions.ts';
import { type PublicUrl, signInAddress } from './public-url.ts';

/** Makes a link for the admin key of the settings, else for the oldest that works; `null` where there is none, and where nobody signs in. */
export async function provideSignInLink(
  { auth, role }: Pick<Config, 'auth' | 'role'>,
  {
    store,
    keys,
    now,
    publicUrl,
  }: {
    store: Pick<SessionStore, 'insertSignInLink'>;
    /** All keys, oldest first. */
    keys: readonly ApiKey[];
    now: number;
    publicUrl: PublicUrl;
  },
): Promise<string | null> {
  if (auth === 'open' || role === 'worker') return null;
  const admins = keys.filter((key) => key.role === 'admin' && isUsable(key, now));
  const key = admins.find(({ declaredAs }) => declaredAs === adminKeyMark) ?? admins[0];
  if (key === undefined) return null;
  const act = {
    act: 'key.link',
    who: 'settings',
    whoName: null,
    address: null,
    requestId: null,
    at: now,
  } as const;
  return signInAddress(publicUrl.current(), await makeSignInLink(store, { keyId: key.id, now }, act));
}
