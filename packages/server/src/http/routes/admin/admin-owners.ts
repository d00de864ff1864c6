// For the operator: owners are listed, made, changed and deleted.

import { randomBytes } from 'node:crypto';
import type { OwnerData } from '@plantain/client';
import { RequestError } from '../../../core/errors.ts';
import type { StandingOf } from '../../../core/limits/standing.ts';
import type { OwnerInUse, OwnerPosition, OwnerStore } from '../../../core/owners/owner-store.ts';
import type { Clock } from '../../../lib/clock.ts';
import type { Face } from '../../app.ts';
import { usuallyListed } from '../../queries/task-query.ts';
import type { Serve } from '../../route/serve.ts';
import { readLimitedData } from '../../views/limited-view.ts';
import { ownerData } from '../../views/owner-view.ts';
import { limitedChangeOf } from './limited-members.ts';
import { ownerRoutes, ownersPath } from './owner-routes.ts';

export interface AdminOwnersParts {
  serve: Serve;
  store: OwnerStore;
  /** Absent where nothing counts what is spent. */
  standingOf?: StandingOf | undefined;
  clock: Clock;
}

export function adminOwnersFace({ serve, store, standingOf, clock }: AdminOwnersParts): Face {
  async function shown(id: string): Promise<OwnerData> {
    const owner = await found(store, id);
    return ownerData(owner, (await readLimitedData(store, standingOf, [id]))(id));
  }

  return serve(ownerRoutes, {
    async listOwners({ query: { limit = usuallyListed, cursor } }) {
      const owners = await store.listOwners({ after: cursor === undefined ? null : behind(cursor), limit });
      const limitedOf = await readLimitedData(
        store,
        standingOf,
        owners.map(({ id }) => id),
      );
      const last = owners.length < limit ? undefined : owners.at(-1);
      return {
        owners: owners.map((owner) => ownerData(owner, limitedOf(owner.id))),
        next_cursor: last === undefined ? null : `${last.createdAt}.${last.id}`,
      };
    },
    async createOwner({ readBody, audited }) {
      const { name, weight = 1, shared = false, ...given } = await readBody();
      const id = `own_${randomBytes(9).toString('base64url')}`;
      const change = limitedChangeOf(given);
      // Before the owner, so that it never is there without them.
      if (change !== null) await store.changeLimited(id, change, audited());
      const owner = { id, name, weight, shared, createdAt: clock.now(), deletedAt: null };
      await store.insertOwner(owner, audited());
      return await shown(id);
    },
    getOwner: ({ params }) => shown(params.owner_id),
    async changeOwner({ params: { owner_id: id }, readBody, audited }) {
      await found(store, id);
      const { limits, budget, ...change } = await readBody();
      const limitedChange = limitedChangeOf({ limits, budget });
      if (Object.keys(change).length > 0 && !(await store.changeOwner(id, change, audited())))
        throw unknownOwner();
      if (limitedChange !== null) await store.changeLimited(id, limitedChange, audited());
      return await shown(id);
    },
    async deleteOwner({ params: { owner_id: id }, audited }) {
      const outcome = await store.deleteOwner(id, clock.now(), audited());
      if (outcome === 'unknown') throw unknownOwner();
      if (outcome === 'last_admin')
        throw new RequestError(
          'conflict',
          'The last usable admin key is one of this owner’s: without it nobody could manage the server. Make another admin key first.',
        );
      return { owner_id: id, deleted: true };
    },
  });
}

async function found(store: Pick<OwnerStore, 'findOwner'>, id: string): Promise<OwnerInUse> {
  const owner = await store.findOwner(id);
  if (owner === null || owner.deletedAt !== null) throw unknownOwner();
  return owner;
}

function unknownOwner(): RequestError {
  return new RequestError('not_found', `There is no owner with this id. GET ${ownersPath} lists them.`);
}

function behind(cursor: string): OwnerPosition {
  const [createdAt = '', ...id] = cursor.split('.');
  return { createdAt: Number(createdAt), id: id.join('.') };
}
