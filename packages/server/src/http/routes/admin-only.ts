// The door of every call below /api/admin.

import { RequestError } from '../../core/errors.ts';
import type { Authorize } from '../access/authorization.ts';

/** Finds the caller, or throws `RequestError`: `unauthenticated`, and `forbidden` for a key that is no admin's. */
export function adminOnly(authorize: Authorize): Authorize {
  return (header) => {
    const caller = authorize(header);
    if (caller.role !== 'admin') throw new RequestError('forbidden', 'This call needs an admin key.');
    return caller;
  };
}
