// The refusal of a request that has faults: every one of them at once.

import { type Fault, RequestError } from '../../core/errors.ts';

/** How many faults an answer lists. */
export const maxDetails = 200;

/** The refusal that names every fault: the first ones in words, as many as anybody reads in its details. */
export function invalid(faults: Fault[]): RequestError {
  const sentences = faults.slice(0, 3).map(inWords);
  const more = faults.length > 3 ? `; and ${faults.length - 3} more` : '';
  return new RequestError('invalid_request', `The request is not valid: ${sentences.join('; ')}${more}.`, {
    details: faults.slice(0, maxDetails),
  });
}

/** Most messages go on with the path, and some are sentences of their own. */
function inWords({ path, message }: Fault): string {
  return /^[A-Z]/.test(message) ? `${path}: ${message.replace(/\.$/, '')}` : `${path} ${message}`;
}
