// For whoever signs in with a key: whose it is.

import type { MeData } from '@plantain/client';
import { RequestError } from '../../core/errors.ts';
import type { KeyStore } from '../../core/keys/key-store.ts';
import { openCaller } from '../../core/keys/keys.ts';
import type { Face } from '../app.ts';
import type { Authorize } from '../access/authorization.ts';
import { meData } from '../views/key-view.ts';

const withoutKeys: MeData = {
  key_id: openCaller.keyId,
  name: '',
  role: openCaller.role,
  hint: '',
  expires_at: null,
};

export function meFace({
  authorize,
  store,
}: {
  authorize: Authorize;
  store: Pick<KeyStore, 'findKey'>;
}): Face {
  return (app, answers) => {
    app.get('/api/me', (request, reply) => {
      const caller = authorize(request.headers.authorization);
      const key = store.findKey(caller.keyId);
      if (key === null && caller !== openCaller)
        throw new RequestError('unauthenticated', 'This API key is not known any more.');
      return answers.success(request, reply, JSON.stringify(key === null ? withoutKeys : meData(key)));
    });
  };
}
