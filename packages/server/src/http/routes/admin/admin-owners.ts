// For the operator: owners are listed, made, changed and deleted.

import type { OwnerData } from '@plantain/client';
import { ownerSubject, type StandingsOf } from '../../../core/limits/standing.ts';
import type { DeclarationStore } from '../../../core/keys/declaration-store.ts';
import type { OwnerPosition, OwnerStore } from '../../../core/owners/owner-store.ts';
import type { Clock } from '../../../lib/clock.ts';
import type { Face } from '../../app.ts';
import { usuallyListed } from '../../queries/task-query.ts';
import type { Serve } from '../../route/serve.ts';
import { readLimitedData } from '../../views/limited-view.ts';
import { ownerData } from '../../views/owner-view.ts';
import { changeOwner, deleteOwner, foundOwner, makeOwner } from './owner-acts.ts';
import { ownerRoutes } from './owner-routes.ts';

export interface AdminOwnersParts {
  serve: Serve;
  store: OwnerStore & Pick<DeclarationStore, 'readDeclarations'>;
  standingsOf: StandingsOf;
  clock: Clock;
  /** Told of each change, so that it holds on this server at once. */
  forgetKeys: () => void;
}

export function adminOwnersFace({ serve, store, standingsOf, clock, forgetKeys }: AdminOwnersParts): Face {
  async function shown(id: string): Promise<OwnerData> {
    const owner = await foundOwner(store, id);
    return ownerData(owner, (await readLimitedData(store, standingsOf, [ownerSubject(owner)]))(id));
  }

  return serve(ownerRoutes, {
    async listOwners({ query: { limit = usuallyListed, cursor } }) {
      const owners = await store.listOwners({ after: cursor === undefined ? null : behind(cursor), limit });
      const limitedOf = await readLimitedData(store, standingsOf, owners.map(ownerSubject));
      const last = owners.length < limit ? undefined : owners.at(-1);
      return {
        owners: owners.map((owner) => ownerData(owner, limitedOf(owner.id))),
        next_cursor: last === undefined ? null : `${last.createdAt}.${last.id}`,
      };
    },
    async createOwner({ readBody, audited }) {
      return await shown(await makeOwner({ store, clock }, await readBody(), audited()));
    },
    getOwner: ({ params }) => shown(params.owner_id),
    async changeOwner({ params: { owner_id: id }, readBody, audited }) {
      await foundOwner(store, id);
      await changeOwner(store, id, await readBody(), audited());
      forgetKeys();
      return await shown(id);
    },
    async deleteOwner({ params: { owner_id: id }, audited }) {
      await deleteOwner({ store, clock }, id, audited());
      forgetKeys();
      return { owner_id: id, deleted: true };
    },
  });
}

function behind(cursor: string): OwnerPosition {
  const [createdAt = '', ...id] = cursor.split('.');
  return { createdAt: Number(createdAt), id: id.join('.') };
}
