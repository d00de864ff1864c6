// Everything by which fal says no. Its queue takes nearly any request; what a model objects to stands in the answer to the
// question for the result, with the status that the model gave.
// Sources: fal.ai/docs/documentation/model-apis/errors and .../request-errors; the locked account, the 404 for a path
// and the limit of concurrent requests from public logs. Who pays: answers of 5xx are not billed
// (docs.fal.ai/model-apis/model-endpoints/reliability); for the rest `x-fal-billable-units` tells, where it is sent.

import { z } from 'zod';
import type { TaskFailure } from '../../core/errors.ts';
import type { Reading } from '../api-calls.ts';
import { httpFailure } from '../http-failure.ts';
import type { Meaning } from '../http-failure.ts';
import type { Answer } from '../transport.ts';

const text = z.string().optional().catch(undefined);
const detailEntry = z.object({ msg: text, type: text }).catch({});
const errorBody = z
  .object({
    detail: z
      .union([z.string(), z.array(detailEntry)])
      .optional()
      .catch(undefined),
    error_type: text,
    type: text,
    status: text,
  })
  .refine(({ detail, status }) => detail !== undefined || status !== undefined);

/** What fal's own words mean where they say more than the status. */
const meanings: ReadonlyMap<string, Meaning> = new Map([
  [
    'content_policy_violation',
    {
      type: 'content_rejected',
      retryable: false,
      says: 'fal refused the prompt or a picture: a content filter found it against the rules. Change the prompt or the pictures.',
    },
  ],
  [
    'no_media_generated',
    {
      type: 'no_image',
      retryable: true,
      says: 'The model at fal gave no picture for this prompt. Trying again often helps, and so does saying plainly that a picture is wanted.',
    },
  ],
  // Comes with status 400, and has nothing to do with the request.
  [
    'downstream_service_error',
    {
      type: 'upstream_unavailable',
      retryable: true,
      says: 'The service behind fal failed. Trying again later helps.',
    },
  ],
]);

const lockedAccount: Meaning = {
  type: 'upstream_billing',
  retryable: false,
  says: 'The fal account is locked because its balance is used up. The operator should add credit at fal.ai/dashboard/billing.',
};

interface FalError {
  /** Whether the body is fal's own; a page of HTML from a gateway is not. */
  recognised: boolean;
  message: string;
  codes: string[];
}

function readError(answer: Answer): FalError {
  const parsed = errorBody.safeParse(answer.json);
  const { detail, error_type: errorType, type, status } = parsed.data ?? {};
  const entries = Array.isArray(detail) ? detail : [];
  const codes = [...entries.map((entry) => entry.type), errorType, type, status];
  return {
    recognised: parsed.success,
    message: typeof detail === 'string' ? detail : entries.map(({ msg }) => msg ?? '').join(' '),
    codes: [...new Set(codes.filter((code) => code !== undefined))],
  };
}

export function isFals(answer: Answer): boolean {
  return readError(answer).recognised;
}

/** What an error answer means: for the request itself, and not for a job that was asked after. */
export function errorFailure(answer: Answer, { billable, ...known }: Reading): TaskFailure {
  const error = readError(answer);
  const locked = answer.status === 403 && /exhausted balance|user is locked/i.test(error.message);
  const means = locked
    ? lockedAccount
    : error.codes.map((code) => meanings.get(code)).find((meaning) => meaning !== undefined);
  return httpFailure(
    { upstream: 'fal', status: answer.status, headers: answer.headers, ...error, means, billable },
    known,
  );
}

/**
 * Whether an error answer to the question for the result is the end of the job. It is not when the key or the rate was
 * objected to, or when a gateway answered; a bare 500 is how a model that crashed looks.
 */
export function isEnding(answer: Answer): boolean {
  const { status } = answer;
  return status === 404 || status === 500 || (![401, 403, 429].includes(status) && isFals(answer));
}

/** How a job ended that has an error for its result. */
export function endingFailure(answer: Answer, reading: Reading): TaskFailure {
  // The queue takes a job for any path of an app; that there is no such path only the app knows.
  if (answer.status === 404 && !/^Path \S+ not found/.test(readError(answer).message)) return goneFailure();
  const failure = errorFailure(answer, reading);
  const units = answer.headers['x-fal-billable-units'];
  const billed =
    units === undefined ? ['content_rejected', 'no_image'].includes(failure.type) : Number(units) > 0;
  return billed ? { ...failure, maybeBilled: true } : failure;
}

/** fal no longer knows a job that it had taken. */
export function goneFailure(): TaskFailure {
  return {
    type: 'upstream_unavailable',
    message:
      'fal does not know the job any more, so its picture can not be fetched. Trying again may help, and pays for a new picture.',
    retryable: true,
    upstreamReason: 'job not found',
    maybeBilled: true,
    unknownOutcome: true,
  };
}

/** The job ended well and its result holds no picture. */
export function noImageFailure(): TaskFailure {
  return {
    type: 'no_image',
    message: 'The model at fal ended without a picture. Trying again often helps.',
    retryable: true,
    upstreamReason: 'no images in the result',
    maybeBilled: true,
  };
}

/** An answer without an error that can't be read. */
export function unreadableFailure(to: 'start' | 'poll'): TaskFailure {
  return {
    type: 'upstream_unavailable',
    message:
      to === 'start'
        ? 'fal answered with something that is not its own form, so whether it took the job is not known. The operator should check the base URL.'
        : 'fal answered a question after the job with something that is not its own form. It is asked again.',
    retryable: true,
    upstreamReason: 'unreadable answer',
    ...(to === 'start' ? { maybeBilled: true, unknownOutcome: true } : {}),
  };
}
