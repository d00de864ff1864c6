// Admin key: the one from the settings, or one made at the first start.

import type { Act, AuditedAct } from './core/audit/audit.ts';
import type { Config } from './config/settings.ts';
import type { Emit } from './core/events.ts';
import { adminKeyMark } from './core/keys/declared-keys.ts';
import { hashSecret, newSecret, storeFirstKey, storeKey } from './core/keys/keys.ts';
import type { FoundKey, KeyStore } from './core/keys/key-store.ts';
import { StartRefusedError } from './core/errors.ts';

const variable = 'PLANTAIN_ADMIN_KEY';

/**
 * Provides an admin key. Returns its secret when it was made just now, else `null`; of several servers that start at once, one makes it. A key
 * that came from the settings is revoked when the settings have another. It is known by its mark and never by its name: a key without a
 * mark, as versions before made it, gets the mark where it has the secret that the settings have. One that was revoked by an act stays so, which
 * is told. Rejects with `StartRefusedError` for a key that can't be the settings'.
 */
export async function provideAdminKey(
  store: KeyStore,
  config: Config,
  { now, emit }: { now: number; emit: Emit },
): Promise<string | null> {
  if (config.auth === 'open') return null;
  const given = config.admin_key;
  if (given === undefined) {
    const secret = newSecret();
    const audited = atStart('key.create', now);
    const isFirst = await storeFirstKey(store, { secret, name: 'admin', role: 'admin', now, audited });
    return isFirst ? secret : null;
  }
  const hash = hashSecret(given);
  const storeIt = () =>
    storeKey(store, {
      secret: given,
      name: variable,
      role: 'admin',
      declaredAs: adminKeyMark,
      now,
      audited: atStart('key.create', now),
    });
  // Nothing is stored where the key is there, or one of other settings has the mark.
  await storeIt();
  if ((await revokeOthers(store, hash, now)) === null) await storeIt();
  const own = await store.findKeyByHash(hash);
  if (own?.revokedAt != null && own.declaredAs === adminKeyMark && !(await isReplaced(store))) {
    emit('settled_key_revoked', {
      key: 'admin_key',
      keyId: own.id,
      mend: `It was revoked and stays so. Set ${variable} to another one, or take it out of the settings.`,
    });
    return null;
  }
  if (own === null || own.revokedAt !== null)
    throw new StartRefusedError(`The key in ${variable} was revoked. Choose another one.`);
  if (own.isReplaced)
    throw new StartRefusedError(
      `The key in ${variable} is a secret of ${own.id} that was replaced. Choose another one.`,
    );
  if (own.role !== 'admin')
    throw new StartRefusedError(
      `The key in ${variable} is ${own.id}, which is no admin key. Choose another one.`,
    );
  if (own.declaredAs === null)
    await store.changeKey(own.id, { declaredAs: adminKeyMark }, now, atStart('key.change', now));
  return null;
}

/** Whether other settings have put another admin key in the place of one that is revoked. */
async function isReplaced(store: KeyStore): Promise<boolean> {
  return (await store.listKeys()).some((key) => key.declaredAs === adminKeyMark && key.revokedAt === null);
}

/** Revokes the admin keys of other settings; gives that of these. */
async function revokeOthers(store: KeyStore, hash: Uint8Array, now: number): Promise<FoundKey | null> {
  const keys = await store.listKeys();
  // Looked for after the list: another server that starts may have stored it just before, and it is in no list without being found here.
  const own = await store.findKeyByHash(hash);
  // One that was revoked takes the place of none.
  if (own?.revokedAt != null) return own;
  for (const key of keys)
    if (key.declaredAs === adminKeyMark && key.id !== own?.id && key.revokedAt === null)
      await store.revokeKey(key.id, now, atStart('key.revoke', now));
  return own;
}

function atStart(act: Act, at: number): AuditedAct {
  return { act, who: 'settings', whoName: null, address: null, requestId: null, at };
}
