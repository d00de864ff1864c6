// For the operator: API keys are listed, made, changed, given another secret and revoked. A secret is in one answer only, that of the
// call which made it. No call here takes away the last key that could undo it, and in open mode all are refused.

import type { KeyData } from '@plantain/client';
import type { AuditedAct } from '../../../core/audit/audit.ts';
import { type Fault, RequestError } from '../../../core/errors.ts';
import type { ApiKey, KeyChange, KeyStore } from '../../../core/keys/key-store.ts';
import { adminKeyMark } from '../../../core/keys/declared-keys.ts';
import { hashSecret, hintOf, newKey, newSecret } from '../../../core/keys/keys.ts';
import type { StandingOf } from '../../../core/limits/standing.ts';
import type { ModelTable } from '../../../core/models/models.ts';
import type { OwnerStore } from '../../../core/owners/owner-store.ts';
import type { Clock } from '../../../lib/clock.ts';
import type { Face } from '../../app.ts';
import { invalid } from '../../refusals/invalid.ts';
import type { Given } from '../../route/members.ts';
import type { Serve } from '../../route/serve.ts';
import { keyData } from '../../views/key-view.ts';
import { readLimitedData } from '../../views/limited-view.ts';
import { readModels } from './key-members.ts';
import { keyRoutes, keysPath } from './key-routes.ts';
import { type GivenLimited, limitedChangeOf } from './limited-members.ts';

export interface AdminKeysParts {
  serve: Serve;
  store: Pick<KeyStore, 'insertKey' | 'changeKey' | 'rollKey' | 'findKey' | 'listKeys'> &
    Pick<OwnerStore, 'findOwner' | 'readLimited' | 'changeLimited'>;
  /** Whether the settings have an admin key, which is theirs to change then. */
  settings: { hasAdminKey: boolean };
  models: ModelTable;
  /** Absent where nothing counts what is spent. */
  standingOf?: StandingOf | undefined;
  clock: Clock;
}

interface Revocation {
  params: { id: string };
  audited: () => AuditedAct;
}

export function adminKeysFace(parts: AdminKeysParts): Face {
  const { serve, store, standingOf, clock } = parts;

  async function shown(id: string): Promise<KeyData> {
    const key = await found(store, id);
    return keyData(key, (await readLimitedData(store, standingOf, [id]))(id));
  }

  /** Revokes a key. Revoking it again is no error. */
  async function revoke({ params: { id }, audited }: Revocation): Promise<KeyData> {
    const key = await found(store, id);
    if (key.revokedAt === null) await apply(parts, id, { revokedAt: clock.now() }, audited());
    return await shown(id);
  }

  return serve(keyRoutes, {
    async listKeys() {
      const keys = await store.listKeys();
      const limitedOf = await readLimitedData(
        store,
        standingOf,
        keys.map(({ id }) => id),
      );
      return { keys: keys.map((key) => keyData(key, limitedOf(key.id))) };
    },
    getKey: ({ params }) => shown(params.id),
    async createKey({ readBody, audited }) {
      const given = await readBody(checkNewKey);
      const { secret, key } = await makeKey(parts, given, audited());
      return { ...(await shown(key.id)), secret };
    },
    async changeKey({ params: { id }, readBody, audited }) {
      const { limits, budget, expires_at: at, ...given } = await readBody();
      const change = {
        ...(await readRights(parts, given)),
        ...(given.name === undefined ? {} : { name: given.name }),
        ...(at === undefined ? {} : { expiresAt: at === null ? null : at * 1000 }),
      };
      const limited = limitedChangeOf({ limits, budget });
      // One change at least, so that a key that may not change is refused whatever is asked of it.
      await apply(parts, id, change, audited());
      if (limited !== null) await store.changeLimited(id, limited, audited());
      return await shown(id);
    },
    async rollKey({ params: { id }, readBody, audited }) {
      const { overlap_seconds: overlap = 0 } = await readBody();
      const secret = await roll(parts, id, overlap * 1000, audited());
      return { ...(await shown(id)), secret };
    },
    revokeKey: revoke,
    deleteKey: revoke,
  });
}

/** Gives the key a new secret, beside which the one before is taken for so long. Rejects with `RequestError`. */
async function roll(parts: AdminKeysParts, id: string, overlapMs: number, audited: AuditedAct) {
  const { store, clock } = parts;
  refuseSettled(parts, await found(store, id));
  const secret = newSecret();
  const rolled = { hash: hashSecret(secret), hint: hintOf(secret) };
  const previousUntil = clock.now() + overlapMs;
  if ((await store.rollKey(id, { ...rolled, previousUntil }, audited)) === 'revoked') throw revokedBefore();
  return secret;
}

interface GivenRights extends Partial<Pick<ApiKey, 'scopes' | 'networks'>> {
  owner_id?: string | null;
  models?: readonly string[] | null;
  priority_max?: number;
}

/** Rights that a body names, of an owner and models that there are. Rejects with `RequestError`. */
async function readRights({ store, models: table }: AdminKeysParts, given: GivenRights) {
  const { owner_id: ownerId, scopes, networks, priority_max: priorityMax } = given;
  const faults: Fault[] = [];
  const models = readModels(given.models, table, faults);
  const owner = ownerId == null ? undefined : await store.findOwner(ownerId);
  if (owner === null || typeof owner?.deletedAt === 'number')
    faults.push({ path: 'owner_id', message: 'is no owner of this server' });
  if (faults.length > 0) throw invalid(faults);
  return {
    ...(ownerId === undefined ? {} : { ownerId }),
    ...(scopes === undefined ? {} : { scopes: [...new Set(scopes)] }),
    ...(models === undefined ? {} : { models }),
    ...(networks === undefined ? {} : { networks }),
    ...(priorityMax === undefined ? {} : { priorityMax }),
  };
}

const checkNewKey = (_read: unknown, faults: Fault[], given: Given): void => {
  if (given['expires_at'] != null && given['expires_in_seconds'] != null)
    faults.unshift({ path: 'expires_in_seconds', message: 'is not taken beside expires_at' });
  if (given['role'] !== undefined && given['scopes'] !== undefined)
    faults.push({ path: 'role', message: 'is not taken beside scopes' });
};

interface GivenKey extends GivenRights, GivenLimited {
  name: string;
  role?: ApiKey['role'];
  expires_at?: number | null;
  expires_in_seconds?: number | null;
}

async function makeKey(parts: AdminKeysParts, given: GivenKey, audited: AuditedAct) {
  const { store, clock } = parts;
  const { name, role = 'user', expires_at: at, expires_in_seconds: lasts, limits, budget } = given;
  const now = clock.now();
  const end = at == null ? null : at * 1000;
  const expiresAt = lasts == null ? end : now + lasts * 1000;
  const secret = newSecret();
  const key = newKey({ secret, name, role, now, expiresAt, ...(await readRights(parts, given)) });
  const limited = limitedChangeOf({ limits, budget });
  // Before the key, so that it never works without them.
  if (limited !== null) await store.changeLimited(key.id, limited, audited);
  await store.insertKey(key, hashSecret(secret), audited);
  return { secret, key };
}

async function found(store: AdminKeysParts['store'], id: string): Promise<ApiKey> {
  const key = await store.findKey(id);
  if (key === null)
    throw new RequestError('not_found', `There is no key with this id. GET ${keysPath} lists them.`);
  return key;
}

function revokedBefore(): RequestError {
  return new RequestError('conflict', 'This key was revoked, which can’t be undone. Make a new one.');
}

/** Throws `RequestError` for a key that is the settings' to change. */
function refuseSettled({ settings }: AdminKeysParts, { declaredAs }: ApiKey): void {
  if (declaredAs === adminKeyMark && settings.hasAdminKey)
    throw new RequestError(
      'conflict',
      'This key is the admin_key of the settings. Change or remove it there and start the server anew; another one in its place revokes it.',
    );
  if (declaredAs !== null && declaredAs !== adminKeyMark)
    throw new RequestError(
      'conflict',
      `This key is declared in the settings as ${declaredAs}. Change or remove it there, in keys, and start the servers anew.`,
    );
}

/** Rejects with `RequestError`: `not_found`, and `conflict` for a change that may not be. */
async function apply(
  parts: AdminKeysParts,
  id: string,
  wanted: KeyChange,
  audited: AuditedAct,
): Promise<void> {
  const { store, clock } = parts;
  refuseSettled(parts, await found(store, id));
  const changed = await store.changeKey(id, wanted, clock.now(), audited);
  if (changed === 'revoked') throw revokedBefore();
  if (changed === 'last_admin')
    throw new RequestError(
      'conflict',
      'This is the last usable admin key: without it nobody could manage the server. Make another admin key first.',
    );
}
