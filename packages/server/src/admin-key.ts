// Admin key: the one from the settings, or one made at the first start.

import type { Act, AuditedAct } from './core/audit/audit.ts';
import type { Config } from './config/settings.ts';
import { hashSecret, newSecret, storeFirstKey, storeKey } from './core/keys/keys.ts';
import type { KeyStore } from './core/keys/key-store.ts';
import { StartRefusedError } from './core/errors.ts';

const nameFromSettings = 'PLANTAIN_ADMIN_KEY';

/**
 * Provides an admin key. Returns its secret when it was made just now, else `null`; of several servers that start at once, one makes it. A key
 * that came from the settings is revoked when the settings have another.
 */
export async function provideAdminKey(store: KeyStore, config: Config, now: number): Promise<string | null> {
  if (config.auth === 'open') return null;
  const given = config.admin_key;
  if (given === undefined) {
    const secret = newSecret();
    const audited = atStart('key.create', now);
    const isFirst = await storeFirstKey(store, { secret, name: 'admin', role: 'admin', now, audited });
    return isFirst ? secret : null;
  }
  const hash = hashSecret(given);
  if ((await store.findKeyByHash(hash)) === null)
    await storeKey(store, {
      secret: given,
      name: nameFromSettings,
      role: 'admin',
      now,
      audited: atStart('key.create', now),
    });
  // Another server that starts may have stored it just before. Found by its secret, it is not taken for a key of other settings.
  const own = await store.findKeyByHash(hash);
  if (own === null || own.revokedAt !== null)
    throw new StartRefusedError(`The key in ${nameFromSettings} was revoked. Choose another one.`);
  for (const key of await store.listKeys())
    if (key.name === nameFromSettings && key.id !== own.id && key.revokedAt === null)
      await store.revokeKey(key.id, now, atStart('key.revoke', now));
  return null;
}

function atStart(act: Act, at: number): AuditedAct {
  return { act, who: 'settings', whoName: null, address: null, requestId: null, at };
}
