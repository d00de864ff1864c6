// For the operator: API keys are listed, made, changed, given another secret and revoked. A secret is in one answer only, that of the
// call which made it. No call here takes away the last key that could undo it, and in open mode all are refused.

import type { KeyData } from '@plantain/client';
import type { AuditedAct } from '../../../core/audit/audit.ts';
import type { KeyStore } from '../../../core/keys/key-store.ts';
import { keySubject, type StandingsOf } from '../../../core/limits/standing.ts';
import type { OwnerStore } from '../../../core/owners/owner-store.ts';
import type { Face } from '../../app.ts';
import type { Serve } from '../../route/serve.ts';
import { keyData } from '../../views/key-view.ts';
import { readLimitedData } from '../../views/limited-view.ts';
import {
  changeKey,
  checkNewKey,
  foundKey,
  type KeyActsParts,
  makeKey,
  revokeKey,
  rollKey,
} from './key-acts.ts';
import { keyRoutes } from './key-routes.ts';

export interface AdminKeysParts extends KeyActsParts {
  serve: Serve;
  store: KeyActsParts['store'] & Pick<KeyStore, 'listKeys'> & Pick<OwnerStore, 'readLimited'>;
  standingsOf: StandingsOf;
  /** Told of each change, so that it holds on this server at once. */
  forgetKeys: () => void;
}

interface Revocation {
  params: { id: string };
  audited: () => AuditedAct;
}

export function adminKeysFace(parts: AdminKeysParts): Face {
  const { serve, store, standingsOf, forgetKeys } = parts;

  async function shown(id: string): Promise<KeyData> {
    const key = await foundKey(store, id);
    return keyData(key, (await readLimitedData(store, standingsOf, [keySubject(key)]))(id));
  }

  /** Revokes a key. Revoking it again is no error. */
  async function revoke({ params: { id }, audited }: Revocation): Promise<KeyData> {
    await revokeKey(parts, id, audited());
    forgetKeys();
    return await shown(id);
  }

  return serve(keyRoutes, {
    async listKeys() {
      const keys = await store.listKeys();
      const limitedOf = await readLimitedData(store, standingsOf, keys.map(keySubject));
      return { keys: keys.map((key) => keyData(key, limitedOf(key.id))) };
    },
    getKey: ({ params }) => shown(params.id),
    async createKey({ readBody, audited }) {
      const given = await readBody(checkNewKey);
      const { secret, key } = await makeKey(parts, given, audited());
      return { ...(await shown(key.id)), secret };
    },
    async changeKey({ params: { id }, readBody, audited }) {
      await changeKey(parts, id, await readBody(), audited());
      forgetKeys();
      return await shown(id);
    },
    async rollKey({ params: { id }, readBody, caller, audited }) {
      const { overlap_seconds: overlap = 0 } = await readBody();
      // Its page has to show the new secret, which nobody sees again.
      const roll = { overlapMs: overlap * 1000, keptSession: caller.sessionId };
      const secret = await rollKey(parts, id, roll, audited());
      forgetKeys();
      return { ...(await shown(id)), secret };
    },
    revokeKey: revoke,
    deleteKey: revoke,
  });
}
