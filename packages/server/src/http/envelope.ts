// The envelope that every answer of the nano-banana API is wrapped in, and the one table from error types to HTTP.

import type { Fault, RequestErrorType } from '@plantain/client';
import { RequestError } from '../core/errors.ts';
import { SlowRequestError } from './closing-error.ts';

/** Which HTTP status, and so which `code`, each type of refusal has. */
export const statusOf: Record<RequestErrorType, number> = {
  invalid_request: 400,
  unauthenticated: 401,
  budget_exhausted: 402,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  too_large: 413,
  unsupported_media: 415,
  input_unreachable: 422,
  rate_limited: 429,
  internal: 500,
  overloaded: 503,
};

/** Request Timeout (RFC 9110, section 15.5.9). */
const slowRequestStatus = 408;

/** What an envelope needs to know of its request. */
export interface Exchange {
  /** `performance.now()` when the request arrived. */
  startedAt: number;
  /** The caller's address as a JSON string, quotes included. */
  address: string;
}

/** The whole answer around a `data` member that is JSON text already. */
export function successEnvelope(dataText: string, { startedAt, address }: Exchange): string {
  return `{"code":200,"msg":"success","data":${dataText},"exec_time":${elapsed(startedAt)},"ip":${address}}`;
}

export interface Refusal {
  status: number;
  type: RequestErrorType;
  message: string;
  requestId: string;
  details: Fault[] | undefined;
}

/** What went wrong stands in `message` too, which is where programs written for other APIs look for it. */
export function errorEnvelope(refusal: Refusal, { startedAt, address }: Exchange): string {
  const { status, type, message, requestId, details } = refusal;
  const error = { type, message, request_id: requestId, ...(details === undefined ? {} : { details }) };
  const said = JSON.stringify(message);
  return (
    `{"code":${status},"msg":${said},"message":${said},"data":null,"exec_time":${elapsed(startedAt)},` +
    `"ip":${address},"error":${JSON.stringify(error)}}`
  );
}

/** Turns whatever was thrown into what the caller may know of it. */
export function toRefusal(error: unknown, requestId: string): Refusal {
  const known = error instanceof RequestError ? error : null;
  const type = known?.type ?? 'internal';
  return {
    status: error instanceof SlowRequestError ? slowRequestStatus : statusOf[type],
    type,
    message:
      known?.message ??
      `A fault inside this server. Its log has the details under the request id ${requestId}.`,
    requestId,
    details: known?.details,
  };
}

/** Seconds, to the microsecond. Put together from whole microseconds: `toFixed` costs several times as much. */
function elapsed(startedAt: number): string {
  const microseconds = Math.round((performance.now() - startedAt) * 1000);
  const seconds = Math.floor(microseconds / 1_000_000);
  return `${seconds}.${String(microseconds % 1_000_000).padStart(6, '0')}`;
}
