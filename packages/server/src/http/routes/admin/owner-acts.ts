// Acts of the operator on owners, by calls and by commands alike.

import { randomBytes } from 'node:crypto';
import type { AuditedAct } from '../../../core/audit/audit.ts';
import { RequestError } from '../../../core/errors.ts';
import type { OwnerChange, OwnerInUse, OwnerStore } from '../../../core/owners/owner-store.ts';
import type { Clock } from '../../../lib/clock.ts';
import { type GivenLimited, limitedChangeOf } from './limited-members.ts';
import { ownersPath } from './owner-routes.ts';

interface OwnerActsParts {
  store: OwnerStore;
  clock: Pick<Clock, 'now'>;
}

/** Makes an owner with what is set for it; gives its id. */
export async function makeOwner(
  { store, clock }: OwnerActsParts,
  { name, weight = 1, shared = false, ...given }: OwnerChange & GivenLimited & { name: string },
  audited: AuditedAct,
): Promise<string> {
  const id = `own_${randomBytes(9).toString('base64url')}`;
  const change = limitedChangeOf(given);
  // Before the owner, so that it never is there without them.
  if (change !== null) await store.changeLimited(id, change, audited);
  await store.insertOwner({ id, name, weight, shared, createdAt: clock.now(), deletedAt: null }, audited);
  return id;
}

/** Rejects with `RequestError` (`not_found`). */
export async function changeOwner(
  store: OwnerStore,
  id: string,
  { limits, budget, ...change }: OwnerChange & GivenLimited,
  audited: AuditedAct,
): Promise<void> {
  const limited = limitedChangeOf({ limits, budget });
  if (Object.keys(change).length > 0 && !(await store.changeOwner(id, change, audited))) throw unknownOwner();
  if (limited !== null) await store.changeLimited(id, limited, audited);
}

/** Rejects with `RequestError`: `not_found`, and `conflict` while the last usable admin key is one of the owner's. */
export async function deleteOwner(
  { store, clock }: OwnerActsParts,
  id: string,
  audited: AuditedAct,
): Promise<void> {
  const outcome = await store.deleteOwner(id, clock.now(), audited);
  if (outcome === 'unknown') throw unknownOwner();
  if (outcome === 'last_admin')
    throw new RequestError(
      'conflict',
      'The last usable admin key is one of this owner’s: without it nobody could manage the server. Make another admin key first.',
    );
}

/** Rejects with `RequestError` (`not_found`). */
export async function foundOwner(store: Pick<OwnerStore, 'findOwner'>, id: string): Promise<OwnerInUse> {
  const owner = await store.findOwner(id);
  if (owner === null || owner.deletedAt !== null) throw unknownOwner();
  return owner;
}

function unknownOwner(): RequestError {
  return new RequestError('not_found', `There is no owner with this id. GET ${ownersPath} lists them.`);
}
