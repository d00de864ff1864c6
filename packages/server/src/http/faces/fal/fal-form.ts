// Refusals in fal's form: 422 with a list of faults for what was sent and for what the model refused, and a sentence for all else
// (https://fal.ai/docs/documentation/model-apis/errors, …/request-errors). The library tries again by the status alone: 429, 502, 503 and 504
// (npm @fal-ai/client 1.10.1, retry.js).

import { reference } from '../../openapi/components.ts';
import type { FaceForm, FaceRefusal } from '../../refusals/face-form.ts';
import type { FalError, FalFault } from './answers.ts';

interface Named {
  status: number;
  /** Type of the one fault, where `detail` is a list. */
  fault?: string;
}

const ofUpstream: Named = { status: 502, fault: 'downstream_service_error' };

const names: Record<FaceRefusal['type'], Named> = {
  invalid_request: { status: 422, fault: 'value_error' },
  unauthenticated: { status: 401 },
  forbidden: { status: 403 },
  not_found: { status: 404 },
  conflict: { status: 409 },
  too_large: { status: 413, fault: 'file_too_large' },
  unsupported_media: { status: 415 },
  input_unreachable: { status: 422, fault: 'file_download_error' },
  budget_exhausted: { status: 402 },
  rate_limited: { status: 429 },
  overloaded: { status: 503 },
  internal: { status: 500, fault: 'internal_server_error' },
  content_rejected: { status: 422, fault: 'content_policy_violation' },
  no_image: { status: 422, fault: 'no_media_generated' },
  upstream_bad_request: { status: 422, fault: 'downstream_service_error' },
  upstream_rate_limited: ofUpstream,
  upstream_quota: ofUpstream,
  upstream_billing: ofUpstream,
  upstream_auth: ofUpstream,
  upstream_unavailable: { status: 502, fault: 'downstream_service_unavailable' },
  deadline_exceeded: { status: 504, fault: 'generation_timeout' },
  cancelled: { status: 499 },
};

export const falForm: FaceForm = {
  schema: reference('FalError'),
  refuse(refusal) {
    const { type, message, task } = refusal;
    const { status, fault } = names[type];
    // A wrong method and a slow body have a status of their own, and no type.
    const isOther = type === 'invalid_request' && refusal.status !== 400;
    const isOfRequest = type === 'internal' && task === undefined;
    const body: FalError = {
      detail: fault === undefined || isOther || isOfRequest ? message : faultsOf(refusal, fault),
      message,
      error_type: type,
      ...(type === 'cancelled' ? { status: 'CANCELLED' } : {}),
    };
    return {
      status: isOther ? refusal.status : task !== undefined && type === 'internal' ? 502 : status,
      headers: headersOf(refusal),
      body,
    };
  },
};

function headersOf({ type, task }: FaceRefusal): Record<string, string> {
  return {
    ...(task === undefined
      ? {}
      : { 'X-Fal-Request-Id': task.id, 'X-Fal-Retryable': String(task.failure?.retryable === true) }),
    // The library does not try again what says so: neither the result nor the task would be another.
    ...(type === 'deadline_exceeded' ? { 'X-Fal-Request-Timeout-Type': 'user' } : {}),
  };
}

function faultsOf({ type, message, details = [], task }: FaceRefusal, fault: string): FalFault[] {
  if (task !== undefined || details.length === 0) {
    const loc = type === 'content_rejected' ? ['body', 'prompt'] : ['body'];
    return [{ loc, msg: message, type: fault }];
  }
  return details.map((each) => ({
    loc: placeOf(each.path),
    msg: each.message,
    type: each.message.startsWith('is required') ? 'missing' : fault,
  }));
}

/** Members of the query string that may be at fault. */
const ofQuery: ReadonlySet<string> = new Set(['fal_webhook', 'logs']);
/** Deeper paths are not taken apart. */
const maxParts = 8;

/** Makes a list of names and indices of a path such as `image_urls[1].url`. */
function placeOf(path: string): (string | number)[] {
  const parts = path
    .split(/[.[\]]+/, maxParts)
    .filter((part) => part !== '')
    .map((part) => (/^\d{1,6}$/.test(part) ? Number(part) : part));
  return [ofQuery.has(String(parts[0])) ? 'query' : 'body', ...parts];
}
