// Refusals after which the connection is not kept: whoever sent that is not worth waiting for.

import { RequestError } from '../../core/errors.ts';

/** A refused request whose connection is closed with the answer. */
export class ClosingError extends RequestError {}

/** The request took too long to arrive: HTTP has a status for it, the closed list of types has none. */
export class SlowRequestError extends ClosingError {
  constructor(message: string) {
    super('invalid_request', message);
  }
}
