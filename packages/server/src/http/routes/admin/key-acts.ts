// Acts of the operator on API keys, by calls and by commands alike: what a body or a command line says is checked against the owners and models
// that there are.

import type { AuditedAct } from '../../../core/audit/audit.ts';
import { type Fault, RequestError } from '../../../core/errors.ts';
import { adminKeyMark } from '../../../core/keys/declared-keys.ts';
import type { ApiKey, KeyChange, KeyChanged, KeyStore } from '../../../core/keys/key-store.ts';
import { hashSecret, hintOf, newKey, newSecret } from '../../../core/keys/keys.ts';
import type { ModelTable } from '../../../core/models/models.ts';
import type { OwnerStore } from '../../../core/owners/owner-store.ts';
import type { Clock } from '../../../lib/clock.ts';
import { invalid } from '../../refusals/invalid.ts';
import type { Given } from '../../route/members.ts';
import { readModels } from './key-members.ts';
import { keysPath } from './key-routes.ts';
import { type GivenLimited, limitedChangeOf } from './limited-members.ts';

export interface KeyActsParts {
  store: Pick<KeyStore, 'insertKey' | 'changeKey' | 'rollKey' | 'findKey'> & Pick<OwnerStore, 'findOwner'>;
  /** Whether the settings have an admin key, which is theirs to change then. */
  settings: { hasAdminKey: boolean };
  models: ModelTable;
  clock: Pick<Clock, 'now'>;
}

/** Changes a key as a body says. Rejects with `RequestError`. */
export async function changeKey(
  parts: KeyActsParts,
  id: string,
  { limits, budget, expires_at: at, ...given }: Partial<GivenKey>,
  audited: AuditedAct,
): Promise<void> {
  const limited = limitedChangeOf({ limits, budget });
  const change = {
    ...(await readRights(parts, given)),
    ...(given.name === undefined ? {} : { name: given.name }),
    ...(at === undefined ? {} : { expiresAt: at === null ? null : at * 1000 }),
    ...(limited === null ? {} : { limited }),
  };
  // Even where nothing is asked of it, so that a key that may not change is refused.
  await applyChange(parts, id, change, audited);
}

/**
 * Gives the key a new secret, beside which the one before is taken for so long, and ends its sessions but for one that is kept. Rejects with
 * `RequestError`.
 */
export async function rollKey(
  parts: KeyActsParts,
  id: string,
  { overlapMs, keptSession }: { overlapMs: number; keptSession?: string | undefined },
  audited: AuditedAct,
) {
  const { store, clock } = parts;
  refuseSettled(parts, await foundKey(store, id));
  const secret = newSecret();
  const rolled = { hash: hashSecret(secret), hint: hintOf(secret) };
  const previousUntil = clock.now() + overlapMs;
  if ((await store.rollKey(id, { ...rolled, previousUntil, keptSession }, audited)) === 'revoked')
    throw revokedBefore();
  return secret;
}

interface GivenRights extends Partial<Pick<ApiKey, 'scopes' | 'networks'>> {
  owner_id?: string | null;
  models?: readonly string[] | null;
  priority_max?: number;
}

/** Rights that a body names, of an owner and models that there are. Rejects with `RequestError`. */
async function readRights({ store, models: table }: KeyActsParts, given: GivenRights) {
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

export const checkNewKey = (_read: unknown, faults: Fault[], given: Given): void => {
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

/** Makes a key with what is set for it. Rejects with `RequestError`. */
export async function makeKey(parts: KeyActsParts, given: GivenKey, audited: AuditedAct) {
  const { store, clock } = parts;
  const { name, role = 'user', expires_at: at, expires_in_seconds: lasts, limits, budget } = given;
  const now = clock.now();
  const end = at == null ? null : at * 1000;
  const expiresAt = lasts == null ? end : now + lasts * 1000;
  const secret = newSecret();
  const key = newKey({ secret, name, role, now, expiresAt, ...(await readRights(parts, given)) });
  const limited = limitedChangeOf({ limits, budget });
  await store.insertKey(key, hashSecret(secret), audited, limited ?? undefined);
  return { secret, key };
}

export async function foundKey(store: KeyActsParts['store'], id: string): Promise<ApiKey> {
  const key = await store.findKey(id);
  if (key === null)
    throw new RequestError('not_found', `There is no key with this id. GET ${keysPath} lists them.`);
  return key;
}

function revokedBefore(): RequestError {
  return new RequestError('conflict', 'This key was revoked, which can’t be undone. Make a new one.');
}

/** Throws `RequestError` for a key that is the settings' to change. */
function refuseSettled({ settings }: KeyActsParts, { declaredAs }: ApiKey): void {
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

/** Revokes a key, one that the settings have too: there is no waiting for a start in an emergency. Rejects with `RequestError`. */
export async function revokeKey(parts: KeyActsParts, id: string, audited: AuditedAct): Promise<void> {
  const { store, clock } = parts;
  if ((await foundKey(store, id)).revokedAt !== null) return;
  refuseUnchanged(await store.changeKey(id, { revokedAt: clock.now() }, clock.now(), audited));
}

/** Rejects with `RequestError`: `not_found`, and `conflict` for a change that may not be. */
async function applyChange(
  parts: KeyActsParts,
  id: string,
  wanted: KeyChange,
  audited: AuditedAct,
): Promise<void> {
  const { store, clock } = parts;
  refuseSettled(parts, await foundKey(store, id));
  refuseUnchanged(await store.changeKey(id, wanted, clock.now(), audited));
}

/** Throws `RequestError` (`conflict`) where a change was refused. */
function refuseUnchanged(changed: KeyChanged): void {
  if (changed === 'revoked') throw revokedBefore();
  if (changed === 'last_admin')
    throw new RequestError(
      'conflict',
      'This is the last usable admin key: without it nobody could manage the server. Make another admin key first.',
    );
}
