// The envelope that every answer of the nano-banana API is wrapped in, and the one table from error types to HTTP.

import type { Fault, RequestErrorType, TaskErrorType } from '@plantain/client';
import { RequestError } from '../../core/errors.ts';
import { ArrivalError } from '../connections/refused-on-arrival.ts';
import { SlowRequestError } from '../connections/closing-error.ts';

/** The HTTP status, and so the `code`, of each type of refusal. */
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

/**
 * The number that the error of a failed task has where errors have one, as a status would say it. 499 is that of a client that went
 * away: https://nginx.org/en/docs/dev/development_guide.html#http_return_codes
 */
export const codeOf: Record<TaskErrorType, number> = {
  content_rejected: 400,
  no_image: 400,
  upstream_bad_request: 400,
  input_unreachable: 422,
  cancelled: 499,
  internal: 500,
  upstream_rate_limited: 502,
  upstream_quota: 502,
  upstream_billing: 502,
  upstream_auth: 502,
  upstream_unavailable: 502,
  deadline_exceeded: 504,
};

/** Request Timeout (RFC 9110, section 15.5.9). */
const slowRequestStatus = 408;

/** Parts of a request that its envelope tells. */
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
  /** Seconds after which to try again; `undefined` where nobody knows. */
  retryAfterSeconds?: number | undefined;
}

/** Writes what went wrong into `message` too, which is where programs written for other APIs look for it. */
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
    status: ownStatusOf(error) ?? statusOf[type],
    type,
    message:
      known?.message ??
      `A fault inside this server. Its log has the details under the request id ${requestId}.`,
    requestId,
    details: known?.details,
    retryAfterSeconds: known?.retryAfterSeconds,
  };
}

/** Status of an error that has one beside its type. */
function ownStatusOf(error: unknown): number | undefined {
  if (error instanceof SlowRequestError) return slowRequestStatus;
  return error instanceof ArrivalError ? error.status : undefined;
}

/** Seconds, to the microsecond. Put together from whole microseconds: `toFixed` costs several times as much. */
function elapsed(startedAt: number): string {
  const microseconds = Math.round((performance.now() - startedAt) * 1000);
  const seconds = Math.floor(microseconds / 1_000_000);
  return `${seconds}.${String(microseconds % 1_000_000).padStart(6, '0')}`;
}
