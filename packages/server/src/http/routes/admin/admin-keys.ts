// For the operator: API keys are listed, made, renamed, given an end and revoked. A secret is in one answer only, that of the
// call which made it. No call here takes away the last key that could undo it, and in open mode all are refused.

import type { KeyData } from '@plantain/client';
import type { AuditedAct } from '../../../core/audit/audit.ts';
import { RequestError } from '../../../core/errors.ts';
import type { ApiKey, KeyChange, KeyStore } from '../../../core/keys/key-store.ts';
import { newSecret, storeKey } from '../../../core/keys/keys.ts';
import type { Clock } from '../../../lib/clock.ts';
import type { Face } from '../../app.ts';
import type { Serve } from '../../route/serve.ts';
import { keyData } from '../../views/key-view.ts';
import { keyRoutes, keysPath } from './key-routes.ts';

export interface AdminKeysParts {
  serve: Serve;
  store: Pick<KeyStore, 'insertKey' | 'changeKey' | 'findKey' | 'listKeys'>;
  /** Whether the settings name this key, which is theirs to change then. */
  isFromSettings: (key: ApiKey) => Promise<boolean>;
  clock: Clock;
}

interface Revocation {
  params: { id: string };
  audited: () => AuditedAct;
}

export function adminKeysFace(parts: AdminKeysParts): Face {
  const { serve, store, clock } = parts;

  /** Revokes a key. Revoking it again is no error. */
  async function revoke({ params: { id }, audited }: Revocation): Promise<KeyData> {
    const key = await found(store, id);
    if (key.revokedAt !== null) return keyData(key);
    return apply(parts, key.id, { revokedAt: clock.now() }, audited());
  }

  return serve(keyRoutes, {
    listKeys: async () => ({ keys: (await store.listKeys()).map(keyData) }),
    async createKey({ readBody, audited }) {
      const now = clock.now();
      const given = await readBody((_read, faults, { expires_at: at, expires_in_seconds: lasts }) => {
        if (at != null && lasts != null)
          faults.unshift({ path: 'expires_in_seconds', message: 'is not taken beside expires_at' });
      });
      const { name, role = 'user', expires_at: at, expires_in_seconds: lasts } = given;
      const secret = newSecret();
      const end = at == null ? null : at * 1000;
      const expiresAt = lasts == null ? end : now + lasts * 1000;
      const key = await storeKey(store, { secret, name, role, now, expiresAt, audited: audited() });
      return { ...keyData(key), secret };
    },
    async changeKey({ params, readBody, audited }) {
      const { name, expires_at: at } = await readBody();
      const change = {
        ...(name === undefined ? {} : { name }),
        ...(at === undefined ? {} : { expiresAt: at === null ? null : at * 1000 }),
      };
      return apply(parts, params.id, change, audited());
    },
    revokeKey: revoke,
    deleteKey: revoke,
  });
}

async function found(store: AdminKeysParts['store'], id: string): Promise<ApiKey> {
  const key = await store.findKey(id);
  if (key === null)
    throw new RequestError('not_found', `There is no key with this id. GET ${keysPath} lists them.`);
  return key;
}

/** Rejects with `RequestError`: `not_found`, and `conflict` for a change that may not be. */
async function apply(
  { store, isFromSettings, clock }: AdminKeysParts,
  id: string,
  wanted: KeyChange,
  audited: AuditedAct,
): Promise<KeyData> {
  if (await isFromSettings(await found(store, id)))
    throw new RequestError(
      'conflict',
      'This key is the admin_key of the settings. Change or remove it there and start the server anew; another one in its place revokes it.',
    );
  const changed = await store.changeKey(id, wanted, clock.now(), audited);
  if (changed === 'revoked')
    throw new RequestError('conflict', 'This key was revoked, which can’t be undone. Make a new one.');
  if (changed === 'last_admin')
    throw new RequestError(
      'conflict',
      'This is the last usable admin key: without it nobody could manage the server. Make another admin key first.',
    );
  return keyData(await found(store, id));
}
