// For whoever signs in with a key: whose it is.

import type { NamedKey, OperatorSees } from '@plantain/client';
import { RequestError } from '../../core/errors.ts';
import type { KeyStore } from '../../core/keys/key-store.ts';
import { isOpenCaller, openCaller } from '../../core/keys/keys.ts';
import { subjectsOf } from '../../core/limits/judge-submit.ts';
import type { StandingsOf } from '../../core/limits/standing.ts';
import type { OwnerStore } from '../../core/owners/owner-store.ts';
import { key } from '../access/access.ts';
import type { Face } from '../app.ts';
import { data } from '../route/forms.ts';
import { route } from '../route/route.ts';
import type { Serve } from '../route/serve.ts';
import { namedKey, rightsData } from '../views/key-view.ts';
import { standingData } from '../views/limited-view.ts';

const withoutKeys: NamedKey = {
  key_id: openCaller.keyId,
  name: '',
  role: openCaller.role,
  hint: '',
  expires_at: null,
};

export const meRoutes = {
  whoAmI: route({
    method: 'get',
    path: '/api/me',
    tag: 'Operating',
    summary: 'The key that asks',
    access: key,
    counts: 'nothing',
    answers: data('Me', 'The key, its rights, its limits, and what is left of them'),
  }),
};

export interface MeParts {
  serve: Serve;
  store: Pick<KeyStore, 'findKey'> & Pick<OwnerStore, 'findOwner'>;
  standingsOf: StandingsOf;
  operatorSees: OperatorSees;
}

export function meFace({ serve, store, standingsOf, operatorSees }: MeParts): Face {
  return serve(meRoutes, {
    async whoAmI({ caller }) {
      const found = await store.findKey(caller.keyId);
      if (found === null && !isOpenCaller(caller))
        throw new RequestError('unauthenticated', 'This API key is not known any more.');
      const standings = await standingsOf(subjectsOf(caller));
      const [own, ofOwner] = standings.toSorted((one) => (one.kind === 'key' ? -1 : 1)).map(standingData);
      const owner = found?.ownerId == null ? null : await store.findOwner(found.ownerId);
      return {
        ...(found === null ? withoutKeys : namedKey(found)),
        ...rightsData(caller),
        ...own!,
        owner:
          owner === null || ofOwner === undefined
            ? null
            : { owner_id: owner.id, name: owner.name, ...ofOwner },
        operator_sees: operatorSees,
      };
    },
  });
}
