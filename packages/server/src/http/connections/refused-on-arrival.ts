// Requests that Node would refuse by itself, with a status and not a word: they are refused in the words of every other.

import type { IncomingMessage } from 'node:http';
import { RequestError } from '../../core/errors.ts';

/** A request that is refused before anything else is done with it, and the HTTP status for it. */
export interface ArrivalRefusal {
  status: number;
  error: RequestError;
}

/** `null` for a request that names a host, or may leave it out: https://www.rfc-editor.org/rfc/rfc9112.html#section-3.2 */
export function refuseHostless({ headers, httpVersion }: IncomingMessage): ArrivalRefusal | null {
  if (headers.host !== undefined || httpVersion !== '1.1') return null;
  const error = new RequestError(
    'invalid_request',
    'The request has no Host header, which HTTP/1.1 demands.',
  );
  return { status: 400, error };
}

/** Expectation Failed: https://www.rfc-editor.org/rfc/rfc9110.html#section-15.5.18 */
export function refuseExpectation(): ArrivalRefusal {
  const message =
    'The header Expect asks for something that this server can’t do. It knows 100-continue only.';
  return { status: 417, error: new RequestError('invalid_request', message) };
}
