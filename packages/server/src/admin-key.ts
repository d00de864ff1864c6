// Admin key: the one from the settings, or one made at the first start.

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
    const isFirst = await storeFirstKey(store, { secret, name: 'admin', role: 'admin', now });
    return isFirst ? secret : null;
  }
  const found = await store.findKeyByHash(hashSecret(given));
  if (found !== null && found.revokedAt !== null)
    throw new StartRefusedError(`The key in ${nameFromSettings} was revoked. Choose another one.`);
  for (const key of await store.listKeys())
    if (key.name === nameFromSettings && key.id !== found?.id && key.revokedAt === null)
      await store.revokeKey(key.id, now);
  if (found === null) await storeKey(store, { secret: given, name: nameFromSettings, role: 'admin', now });
  return null;
}
