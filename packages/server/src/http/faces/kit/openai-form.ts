// Refusals in OpenAI's form, for the faces below /openai/v1: https://platform.openai.com/docs/guides/error-codes. The library raises its error by
// the status, and decides by X-Should-Retry, Retry-After-Ms and Retry-After whether and when it tries again (npm openai 7.59.0, client.js).

import { reference } from '../../openapi/components.ts';
import { type FaceForm, type FaceRefusal, mayHaveCost } from '../../refusals/face-form.ts';
import type { OpenAiError } from './openai-error.ts';

export interface OpenAiWords {
  status: number;
  type: string;
  code: string | null;
}

const invalid = (status: number, code: string | null): OpenAiWords => ({
  status,
  type: 'invalid_request_error',
  code,
});
const api = (status: number, code: string): OpenAiWords => ({ status, type: 'api_error', code });

/** OpenAI's words for what is refused and for what fails. */
export const openAiWords: Record<FaceRefusal['type'], OpenAiWords> = {
  invalid_request: invalid(400, null),
  unauthenticated: invalid(401, 'invalid_api_key'),
  forbidden: invalid(403, 'insufficient_permissions'),
  not_found: invalid(404, 'not_found'),
  conflict: invalid(409, 'idempotency_conflict'),
  too_large: invalid(413, 'request_too_large'),
  unsupported_media: invalid(415, 'unsupported_media_type'),
  input_unreachable: invalid(400, 'invalid_image'),
  budget_exhausted: { status: 429, type: 'insufficient_quota', code: 'insufficient_quota' },
  rate_limited: { status: 429, type: 'requests', code: 'rate_limit_exceeded' },
  overloaded: { status: 503, type: 'server_error', code: 'overloaded' },
  internal: api(500, 'internal'),
  content_rejected: { status: 400, type: 'image_generation_user_error', code: 'moderation_blocked' },
  no_image: invalid(400, 'no_image'),
  upstream_bad_request: invalid(400, 'upstream_bad_request'),
  upstream_rate_limited: api(502, 'upstream_rate_limited'),
  upstream_quota: api(502, 'upstream_quota'),
  upstream_billing: api(502, 'upstream_billing'),
  upstream_auth: api(502, 'upstream_auth'),
  upstream_unavailable: api(502, 'upstream_unavailable'),
  deadline_exceeded: api(504, 'deadline_exceeded'),
  cancelled: invalid(499, 'cancelled'),
};

/** Beginning of the paths of all of them. */
export const openAiRoot = '/openai/v1';

export const openAiForm: FaceForm = {
  schema: reference('OpenAiError'),
  refuse(refusal) {
    const { type, message, details, retryAfterSeconds } = refusal;
    const named = openAiWords[type];
    // A wrong method, a slow body and a foreign host have a status of their own, and no type.
    const status = type === 'invalid_request' || type === 'forbidden' ? refusal.status : named.status;
    const param = details?.[0]?.path ?? '';
    const body: OpenAiError = {
      error: { message, type: named.type, param: param === '' ? null : param, code: named.code },
    };
    return {
      status,
      headers: {
        ...(isFinal(refusal) ? { 'X-Should-Retry': 'false' } : {}),
        ...(retryAfterSeconds === undefined ? {} : { 'Retry-After-Ms': String(retryAfterSeconds * 1000) }),
      },
      body,
    };
  },
};

/** Whether the library, which tries again by the status alone, is to leave it: the repeat would fail again, or be paid once more. */
function isFinal({ type, task }: FaceRefusal): boolean {
  if (type === 'budget_exhausted' || type === 'conflict') return true;
  return task !== undefined && (task.failure?.retryable !== true || mayHaveCost(task));
}
