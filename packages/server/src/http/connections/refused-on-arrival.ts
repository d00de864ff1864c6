// Refuses, with the same envelope as elsewhere, requests that Node would otherwise refuse by itself, with a status and no body.

import type { IncomingMessage } from 'node:http';
import { RequestError } from '../../core/errors.ts';

/** Refusal of a request before anything else is done with it. */
export interface ArrivalRefusal {
  status: number;
  error: RequestError;
}

/**
 * Refuses a request without `Host`; gives `null` where it has one, or HTTP/1.0 allows none:
 * https://www.rfc-editor.org/rfc/rfc9112.html#section-3.2
 */
export function refuseHostless({ headers, httpVersion }: IncomingMessage): ArrivalRefusal | null {
  if (headers.host !== undefined || httpVersion !== '1.1') return null;
  const error = new RequestError(
    'invalid_request',
    'The request has no Host header, which HTTP/1.1 demands.',
  );
  return { status: 400, error };
}

/** Refuses an expectation other than `100-continue`: https://www.rfc-editor.org/rfc/rfc9110.html#section-15.5.18 */
export function refuseExpectation(): ArrivalRefusal {
  const message =
    'The header Expect asks for something that this server can’t do. It knows 100-continue only.';
  return { status: 417, error: new RequestError('invalid_request', message) };
}
