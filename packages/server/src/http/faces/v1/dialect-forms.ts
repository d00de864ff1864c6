// Refusals in the forms of the dialects. APIMart and EvoLink have the status again as a number and a word for its kind; sub2api has OpenAI's
// errors.

import type { RequestErrorType, TaskErrorType } from '@plantain/client';
import { reference } from '../../openapi/components.ts';
import type { FaceForm, FaceRefusal } from '../../refusals/face-form.ts';
import { type OpenAiWords, openAiWords } from '../kit/openai-form.ts';
import type { DialectError, Sub2apiError } from './dialect-answers.ts';

/** https://docs.apimart.ai/en/api-reference/images/gpt-image-2/generation: the answers 400 to 502. Those that it lacks are EvoLink's. */
const apimartTypes: Record<RequestErrorType, string> = {
  invalid_request: 'invalid_request_error',
  unauthenticated: 'authentication_error',
  budget_exhausted: 'payment_required',
  forbidden: 'permission_error',
  not_found: 'not_found_error',
  conflict: 'invalid_request_error',
  too_large: 'request_too_large_error',
  unsupported_media: 'invalid_request_error',
  input_unreachable: 'invalid_request_error',
  rate_limited: 'rate_limit_error',
  internal: 'server_error',
  overloaded: 'service_unavailable_error',
};

const evolinkTypes: Record<RequestErrorType, string> = {
  ...apimartTypes,
  budget_exhausted: 'insufficient_quota_error',
  internal: 'internal_server_error',
};

function dialectForm(types: Readonly<Record<RequestErrorType, string>>): FaceForm {
  return {
    schema: reference('DialectError'),
    refuse({ status, type, message, details }) {
      const param = paramOf(details);
      const error = {
        code: status,
        message,
        // No call of these faces waits for its task.
        type: types[type as RequestErrorType],
        ...(param === null ? {} : { param }),
      };
      return { status, body: { error, message } satisfies DialectError };
    },
  };
}

export const apimartForm = dialectForm(apimartTypes);
export const evolinkForm = dialectForm(evolinkTypes);

/** sub2api's own words, where they are not OpenAI's. */
const sub2apiWords: Record<RequestErrorType | TaskErrorType, OpenAiWords> = {
  ...openAiWords,
  unauthenticated: { status: 401, type: 'authentication_error', code: 'invalid_api_key' },
  forbidden: { status: 403, type: 'permission_error', code: 'insufficient_permissions' },
  not_found: { status: 404, type: 'not_found_error', code: 'not_found' },
  rate_limited: { status: 429, type: 'rate_limit_error', code: 'rate_limit_exceeded' },
  overloaded: { status: 503, type: 'api_error', code: 'overloaded' },
};

/** Gives how sub2api's face calls the failure of a task, with the status that a call that waits for it would have had. */
export function sub2apiFailure(type: TaskErrorType, message: string) {
  const { status, type: word, code } = sub2apiWords[type];
  return { http_status: status, error: { type: word, code, message } };
}

export const sub2apiForm: FaceForm = {
  schema: reference('Sub2apiError'),
  refuse({ status: given, type, message, details }) {
    const { status, type: word, code } = sub2apiWords[type];
    const error = { type: word, code, message, param: paramOf(details) };
    return {
      // A wrong method, a slow body and a foreign host have a status of their own, and no type.
      status: type === 'invalid_request' || type === 'forbidden' ? given : status,
      headers: type === 'budget_exhausted' ? { 'X-Should-Retry': 'false' } : {},
      body: { error } satisfies Sub2apiError,
    };
  },
};

function paramOf(details: FaceRefusal['details']): string | null {
  const path = details?.[0]?.path ?? '';
  return path === '' ? null : path;
}
