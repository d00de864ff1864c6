// Refuses, in the same form as elsewhere, requests that Node would otherwise refuse by itself, with a status and no body.

import type { IncomingMessage } from 'node:http';
import { RequestError, type RequestErrorType } from '../../core/errors.ts';

/** Refusal of a request before anything else is done with it, with a status that may be none of its type's. */
export class ArrivalError extends RequestError {
  readonly status: number;

  constructor(status: number, type: RequestErrorType, message: string) {
    super(type, message);
    this.status = status;
  }
}

/**
 * Refuses a request without `Host`; gives `null` where it has one, or HTTP/1.0 allows none:
 * https://www.rfc-editor.org/rfc/rfc9112.html#section-3.2
 */
export function refuseHostless({ headers, httpVersion }: IncomingMessage): ArrivalError | null {
  if (headers.host !== undefined || httpVersion !== '1.1') return null;
  return new ArrivalError(400, 'invalid_request', 'The request has no Host header, which HTTP/1.1 demands.');
}

/** Refuses an expectation other than `100-continue`: https://www.rfc-editor.org/rfc/rfc9110.html#section-15.5.18 */
export function refuseExpectation(): ArrivalError {
  const message =
    'The header Expect asks for something that this server can’t do. It knows 100-continue only.';
  return new ArrivalError(417, 'invalid_request', message);
}
