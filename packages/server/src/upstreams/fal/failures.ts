// Everything by which fal says no. Its queue takes nearly any request; what a model objects to stands in the answer to the
// question for the result, with the status that the model gave.
// Sources: fal.ai/docs/documentation/model-apis/errors and .../request-errors; the locked account, the 404 for a path
// and the limit of concurrent requests from public logs. Who pays: answers of 5xx are not billed
// (docs.fal.ai/model-apis/model-endpoints/reliability); for the rest `x-fal-billable-units` tells, where it is sent.

import { z } from 'zod';
import type { TaskFailure } from '../../core/errors.ts';
import { asMeantProblem } from '../api-calls.ts';
import type { Reading } from '../api-calls.ts';
import { asCharged } from '../failures/charging.ts';
import { errorWords, searchedWords } from '../failures/error-words.ts';
import { httpFailure, withQuote } from '../failures/http-failure.ts';
import { refusingStatuses, saysRefused } from '../failures/refusal-words.ts';
import { isOk } from '../transport.ts';
import type { Answer } from '../transport.ts';
import type { Meaning } from '../failures/upstream-failure.ts';
import { leftOpen, upstreamFailure } from '../failures/upstream-failure.ts';

const text = z.string().optional().catch(undefined);
const typed = z.object({ type: text, code: text }).catch({});
const errorBody = z.object({
  /** A sentence, or a list with an entry for each member of the input that is at fault. */
  detail: z.union([z.array(typed), typed.transform((each) => [each])]).catch([]),
  /** In the form of others. */
  error: typed,
  error_type: text,
  type: text,
  status: text,
});

const contentRefused: Meaning = {
  type: 'content_rejected',
  says: 'fal refused the prompt or a picture: a content filter found it against the rules. Change the prompt or the pictures.',
};

const overloaded: Meaning = {
  type: 'upstream_unavailable',
  says: 'fal had no machine for the model. Trying again later helps.',
  modelOverloaded: true,
};

/** Meanings of fal's own codes, which say more than the status. */
const meanings: ReadonlyMap<string, Meaning> = new Map([
  ['content_policy_violation', contentRefused],
  [
    'no_media_generated',
    {
      type: 'no_image',
      says: 'The model at fal gave no picture for this prompt. Trying again often helps, and so does saying plainly that a picture is wanted.',
    },
  ],
  [
    'concurrent_requests_limit',
    {
      type: 'upstream_rate_limited',
      says: 'fal works on as many operations of this account as it may have at once. Trying again later helps.',
    },
  ],
  ['runner_scheduling_failure', overloaded],
  // Comes with status 400, and has nothing to do with the request.
  [
    'downstream_service_error',
    { type: 'upstream_unavailable', says: 'The service behind fal failed. Trying again later helps.' },
  ],
]);

const lockedAccount: Meaning = {
  type: 'upstream_billing',
  says: 'The fal account is locked because its balance is used up. The operator should add credit at fal.ai/dashboard/billing.',
};

const noError = errorBody.parse({});

const failedOtherwise: Meaning = {
  type: 'upstream_unavailable',
  says: 'The operation failed at fal. Trying again later may help.',
};

const modelUnknown: Meaning = {
  type: 'upstream_bad_request',
  says: 'fal does not know the model. The operator should check the routes.',
  modelUnknown: true,
};

const keyRefused: Meaning = {
  type: 'upstream_auth',
  says: 'fal refused the API key. The operator should check the key.',
};

interface FalError {
  /** Whether the body is fal's own; a page of HTML from a gateway is not. */
  recognised: boolean;
  message: string;
  codes: string[];
}

function readError({ json }: Answer): FalError {
  const { detail, error, error_type: errorType, type, status } = errorBody.safeParse(json).data ?? noError;
  const entries = [...detail, error].flatMap((entry) => [entry.type, entry.code]);
  const codes = [...new Set([...entries, errorType, type, status])].filter((code) => code !== undefined);
  const message = errorWords(json);
  return { recognised: message !== '' || codes.length > 0, message, codes };
}

/** Whether an error in the place of the result says no more than that the operation goes on. */
export function saysNotYet(answer: Answer): boolean {
  return /\b(?:still )?in[ _](?:progress|queue)\b|\bnot (?:yet )?(?:completed|finished|ready)\b/i.test(
    searchedWords(readError(answer).message, []),
  );
}

export function isFals(answer: Answer): boolean {
  return readError(answer).recognised;
}

/** Reads the meaning of an error answer to a request. For an operation that was asked after it means nothing. */
export function errorFailure(answer: Answer, { billable, ...known }: Reading): TaskFailure {
  const error = readError(answer);
  const means = error.codes.map((code) => meanings.get(code)).find((meaning) => meaning !== undefined);
  return httpFailure(
    {
      upstream: 'fal',
      status: answer.status,
      headers: answer.headers,
      ...error,
      means: means ?? meaningInWords(answer.status, error, known.secrets),
      billable,
      body: answer,
    },
    known,
  );
}

/** Meaning of an error without a code of fal's own. The prompt is not taken for one of its words. */
function meaningInWords(
  status: number,
  { message, codes }: FalError,
  secrets: readonly string[],
): Meaning | undefined {
  if (status >= 500) return undefined;
  const words = searchedWords(message, secrets);
  if (/exhausted balance|user is locked/i.test(words)) return lockedAccount;
  if (/no user found for key|authentication is required/i.test(words)) return keyRefused;
  if (/^Application \S+ not found/.test(words)) return modelUnknown;
  return refusingStatuses.has(status) && saysRefused({ codes, words }) ? contentRefused : undefined;
}

/**
 * Whether an error in the place of the result is the end of the operation. It is not when the key or the rate was
 * objected to, or when a gateway answered; a bare 500 is how a model that crashed looks.
 */
export function isEnding(answer: Answer): boolean {
  const { status } = answer;
  return status === 404 || status === 500 || (![401, 403, 429].includes(status) && isFals(answer));
}

export function endingFailure(answer: Answer, reading: Reading): TaskFailure {
  // The queue takes an operation for any path of an app; that there is no such path only the app knows.
  if (answer.status === 404 && !/^Path \S+ not found/.test(readError(answer).message)) return goneFailure();
  return objectionFailure(answer, reading);
}

export function objectionFailure(answer: Answer, reading: Reading): TaskFailure {
  const failure = errorFailure(answer, reading);
  const units = answer.headers['x-fal-billable-units'];
  if (units !== undefined) return Number(units) > 0 ? { ...failure, maybeBilled: true } : failure;
  const billed = ['content_rejected', 'no_image'].includes(failure.type) ? { maybeBilled: true } : {};
  return asCharged({ ...failure, ...billed }, readError(answer).message, reading.secrets);
}

export function goneFailure(): TaskFailure {
  const message =
    'fal does not know the operation any more, so its picture can not be fetched. Trying again may help, and pays for a new picture.';
  return upstreamFailure('upstream_unavailable', message, 'job not found', leftOpen);
}

/** Failure of an operation that ended well without a picture. `said`: words of the model in its place. */
export function noImageFailure(said: string, secrets: readonly string[]): TaskFailure {
  const says = 'The model at fal ended without a picture. Trying again often helps.';
  const message = withQuote(says, said, { upstream: 'fal', secrets });
  return upstreamFailure('no_image', message, 'no images in the result', { maybeBilled: true });
}

/** Failure of a poll whose answer can't be read. */
export function unreadablePoll(): TaskFailure {
  const message =
    'fal answered a question after the operation with something that is not its own form. If it stays so, the operator should check the base URL.';
  return upstreamFailure('upstream_unavailable', message, 'unreadable answer');
}

/** Failure of a poll whose answer has no state; an error in it says nothing of the operation. */
export function notAState(answer: Answer, reading: Reading): TaskFailure {
  const meant = asMeantProblem(answer);
  return isOk(meant) ? unreadablePoll() : errorFailure(meant, reading);
}

/** Failure of an operation that the queue calls failed and whose result gives no reason. */
export function failedFailure(state: Answer, secrets: readonly string[]): TaskFailure {
  const error = readError(state);
  const { type, says } = meaningInWords(422, error, secrets) ?? failedOtherwise;
  const message = withQuote(says, error.message, { upstream: 'fal', secrets });
  return asCharged(
    upstreamFailure(type, message, 'job failed', { maybeBilled: true }),
    error.message,
    secrets,
  );
}
