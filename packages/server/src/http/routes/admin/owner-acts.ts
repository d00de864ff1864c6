// Acts of the operator on owners, by calls and by commands alike.

import { randomBytes } from 'node:crypto';
import type { AuditedAct } from '../../../core/audit/audit.ts';
import { RequestError } from '../../../core/errors.ts';
import type { DeclarationStore } from '../../../core/keys/declaration-store.ts';
import { declaredOwnerId } from '../../../core/keys/declared-keys.ts';
import type { OwnerChange, OwnerInUse, OwnerStore } from '../../../core/owners/owner-store.ts';
import type { Clock } from '../../../lib/clock.ts';
import { type GivenLimited, limitedChangeOf } from './limited-members.ts';
import { ownersPath } from './owner-routes.ts';

type GivenOwner = Omit<OwnerChange, 'limited'> & GivenLimited;

interface OwnerActsParts {
  store: OwnerStore;
  clock: Pick<Clock, 'now'>;
}

/** Makes an owner with what is set for it; gives its id. */
export async function makeOwner(
  { store, clock }: OwnerActsParts,
  { name, weight = 1, shared = false, ...given }: GivenOwner & { name: string },
  audited: AuditedAct,
): Promise<string> {
  const id = `own_${randomBytes(9).toString('base64url')}`;
  const change = limitedChangeOf(given);
  const owner = { id, name, weight, shared, createdAt: clock.now(), deletedAt: null };
  await store.insertOwner(owner, audited, change ?? undefined);
  return id;
}

/** Rejects with `RequestError` (`not_found`). */
export async function changeOwner(
  store: OwnerStore,
  id: string,
  { limits, budget, ...change }: GivenOwner,
  audited: AuditedAct,
): Promise<void> {
  const limited = limitedChangeOf({ limits, budget });
  const wanted = { ...change, ...(limited === null ? {} : { limited }) };
  if (!(await store.changeOwner(id, wanted, audited))) throw unknownOwner();
}

/** Rejects with `RequestError`: `not_found`, and `conflict` while the last usable admin key is one of the owner's, or the settings declare it. */
export async function deleteOwner(
  { store, clock }: { store: OwnerStore & ReadDeclarations } & Pick<OwnerActsParts, 'clock'>,
  id: string,
  audited: AuditedAct,
): Promise<void> {
  await refuseDeclared(store, id);
  const outcome = await store.deleteOwner(id, clock.now(), audited);
  if (outcome === 'unknown') throw unknownOwner();
  if (outcome === 'last_admin')
    throw new RequestError(
      'conflict',
      'The last usable admin key is one of this owner’s: without it nobody could manage the server. Make another admin key first.',
    );
}

type ReadDeclarations = Pick<DeclarationStore, 'readDeclarations'>;

/** An owner that is deleted while it is declared would keep each server from its next start. */
async function refuseDeclared(store: ReadDeclarations, ownerId: string): Promise<void> {
  const declarations = await store.readDeclarations();
  const declared = declarations.find(({ kind, id }) => kind === 'owner' && declaredOwnerId(id) === ownerId);
  if (declared !== undefined)
    throw new RequestError(
      'conflict',
      `The settings declare this owner as owners.${declared.id}. Take it out of plantain.yaml with its keys, start a server with --accept-keys, and delete it then.`,
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
