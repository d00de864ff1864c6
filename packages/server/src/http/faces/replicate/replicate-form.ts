// Refusals in Replicate's form: https://replicate.com/docs/reference/http#errors. Its library raises an ApiError with the whole text, and
// tries again at 429, and at 5xx where it only asks (npm replicate 1.4.0, index.js).

import type { RequestErrorType } from '@plantain/client';
import { reference } from '../../openapi/components.ts';
import type { FaceForm } from '../../refusals/face-form.ts';
import type { ReplicateError } from './answers.ts';

/** Beginning of every path. */
export const replicateRoot = '/replicate/v1';

const titles: Record<RequestErrorType, string> = {
  invalid_request: 'Input validation failed',
  unauthenticated: 'Unauthenticated',
  forbidden: 'Forbidden',
  not_found: 'Not found',
  conflict: 'Conflict',
  too_large: 'Request too large',
  unsupported_media: 'Unsupported media type',
  input_unreachable: 'Input validation failed',
  budget_exhausted: 'Insufficient credit',
  rate_limited: 'Request was throttled',
  internal: 'Internal server error',
  overloaded: 'Service unavailable',
};

export const replicateForm: FaceForm = {
  schema: reference('ReplicateError'),
  refuse({ status: given, type, message, details, retryAfterSeconds }) {
    // A wrong method and a slow body have a status of their own, and no type.
    const isOther = type === 'invalid_request' && given !== 400;
    const status = type === 'invalid_request' && !isOther ? 422 : given;
    const body: ReplicateError = {
      // No call of this face answers with the failure of a task: a prediction says it.
      title: isOther ? 'Bad request' : titles[type as RequestErrorType],
      detail: message,
      status,
      ...(details === undefined
        ? {}
        : {
            invalid_fields: details.map(({ path, message: description }) => ({
              type: 'invalid',
              field: path,
              description,
            })),
          }),
      ...(retryAfterSeconds === undefined ? {} : { retry_after: retryAfterSeconds }),
    };
    return { status, body };
  },
};
