// For whoever signs in with a key: whose it is.

import type { NamedKey, OperatorSees } from '@plantain/client';
import { RequestError } from '../../core/errors.ts';
import type { KeyStore } from '../../core/keys/key-store.ts';
import { openCaller } from '../../core/keys/keys.ts';
import { key } from '../access/access.ts';
import type { Face } from '../app.ts';
import { data } from '../route/forms.ts';
import { route } from '../route/route.ts';
import type { Serve } from '../route/serve.ts';
import { namedKey } from '../views/key-view.ts';

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
    answers: data('Me', 'The key'),
  }),
};

export function meFace({
  serve,
  store,
  operatorSees,
}: {
  serve: Serve;
  store: Pick<KeyStore, 'findKey'>;
  operatorSees: OperatorSees;
}): Face {
  return serve(meRoutes, {
    async whoAmI({ caller }) {
      const found = await store.findKey(caller.keyId);
      if (found === null && caller !== openCaller)
        throw new RequestError('unauthenticated', 'This API key is not known any more.');
      return { ...(found === null ? withoutKeys : namedKey(found)), operator_sees: operatorSees };
    },
  });
}
