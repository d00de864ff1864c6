// The refusal of whoever shows something that opens nothing, apart from those who find callers, as several of them throw it.

import { RequestError } from '../../core/errors.ts';

/** The refusal of a caller whose key is not known, was revoked or has expired: which of them is not told. Its sender is slowed down. */
export class WrongKeyError extends RequestError {
  constructor(message = 'This API key is not known, or was revoked, or has expired.') {
    super('unauthenticated', message);
  }
}
