// Refusals in Google's form, and failures of tasks, of which those that are about the picture are no errors at Google: an answer of status 200
// says why there is none. https://ai.google.dev/gemini-api/docs/generate-content/api-errors, https://cloud.google.com/apis/design/errors

import type { Fault, LimitFault } from '@plantain/client';
import { reference } from '../../openapi/components.ts';
import type { FaceForm, FaceRefusal } from '../../refusals/face-form.ts';
import type { GeminiDetail, GeminiError } from './answers.ts';
import { pictureless } from './pictureless.ts';

interface Named {
  code: number;
  status: string;
}

const unavailable: Named = { code: 503, status: 'UNAVAILABLE' };
const exhausted: Named = { code: 429, status: 'RESOURCE_EXHAUSTED' };
const invalidArgument: Named = { code: 400, status: 'INVALID_ARGUMENT' };

const names: Record<FaceRefusal['type'], Named> = {
  invalid_request: invalidArgument,
  // Google answers a wrong key with 400.
  unauthenticated: invalidArgument,
  forbidden: { code: 403, status: 'PERMISSION_DENIED' },
  not_found: { code: 404, status: 'NOT_FOUND' },
  // Clients try 409 again.
  conflict: { code: 400, status: 'FAILED_PRECONDITION' },
  too_large: { code: 413, status: 'INVALID_ARGUMENT' },
  unsupported_media: invalidArgument,
  input_unreachable: invalidArgument,
  budget_exhausted: exhausted,
  rate_limited: exhausted,
  overloaded: unavailable,
  internal: { code: 500, status: 'INTERNAL' },
  content_rejected: { code: 200, status: 'OK' },
  no_image: { code: 200, status: 'OK' },
  upstream_bad_request: invalidArgument,
  upstream_rate_limited: unavailable,
  upstream_quota: unavailable,
  upstream_billing: unavailable,
  upstream_auth: unavailable,
  upstream_unavailable: unavailable,
  deadline_exceeded: { code: 504, status: 'DEADLINE_EXCEEDED' },
  cancelled: { code: 499, status: 'CANCELLED' },
};

/** Statuses that a refusal has by itself: of a wrong method, and of a body that comes too slowly. */
const statusNames: Readonly<Record<number, string>> = { 405: 'UNIMPLEMENTED', 408: 'DEADLINE_EXCEEDED' };

export const geminiForm: FaceForm = {
  schema: reference('GeminiError'),
  refuse(refusal) {
    const body = pictureless(refusal);
    if (body !== undefined) return { status: 200, body };
    const { code, status } = named(refusal);
    const error = { code, message: refusal.message, status, details: detailsOf(refusal) };
    return { status: code, body: { error } satisfies GeminiError };
  },
};

/** Status of a refusal, and its name. */
export function named({ type, status }: Pick<FaceRefusal, 'type' | 'status'>): Named {
  const own = type === 'invalid_request' ? statusNames[status] : undefined;
  return own === undefined ? names[type] : { code: status, status: own };
}

const rpc = (name: string) => `type.googleapis.com/google.rpc.${name}`;

function detailsOf(refusal: FaceRefusal): GeminiDetail[] {
  const { type, details: faults = [], retryAfterSeconds, message } = refusal;
  const info =
    type === 'unauthenticated'
      ? { reason: 'API_KEY_INVALID', domain: 'googleapis.com' }
      : { reason: type.toUpperCase(), domain: 'plantain' };
  const found: GeminiDetail[] = [{ '@type': rpc('ErrorInfo'), ...info }];
  const fields = faults.filter(({ path }) => path !== '');
  if (fields.length > 0)
    found.push({
      '@type': rpc('BadRequest'),
      fieldViolations: fields.map(({ path, message: description }) => ({ field: path, description })),
    });
  if (type === 'rate_limited' || type === 'budget_exhausted') {
    const limits = faults.length === 0 ? [{ message }] : faults;
    found.push({
      '@type': rpc('QuotaFailure'),
      violations: limits.map(violationOf),
    });
  }
  if (retryAfterSeconds !== undefined && type !== 'budget_exhausted')
    found.push({ '@type': rpc('RetryInfo'), retryDelay: `${retryAfterSeconds}s` });
  return found;
}

/** Faults of limits say which limit of which key or owner it is. */
function violationOf(
  fault: Pick<Fault, 'message'> & Partial<Pick<LimitFault, 'of' | 'id' | 'limit'>>,
): object {
  const { of: kind, id, limit, message } = fault;
  return {
    ...(limit === undefined ? {} : { subject: `${kind}:${id}`, quotaId: limit }),
    description: message,
  };
}
