// Refusals that close the connection: the rest of such a request is not worth reading.

import { RequestError } from '../../core/errors.ts';

/** A refused request whose connection is closed with the answer. */
export class ClosingError extends RequestError {}

/** A request that arrived too slowly. HTTP has a status for it (408), the closed list of error types has no type. */
export class SlowRequestError extends ClosingError {
  constructor(message: string) {
    super('invalid_request', message);
  }
}
