// Everything by which Gemini says no: `endings` for an HTTP 200 without a picture (which is how Gemini reports refusals)
// and, for an error status, `errorRules` where its words say more than the status. Pure.
// Source: finish and block reasons of @google/genai 3.1.0, ai.google.dev/gemini-api/docs/generate-content/api-errors;
// who pays: "If your request fails with a 400 or 500 error, you won't be charged" (ai.google.dev/gemini-api/docs/billing).

import type { TaskFailure } from '../../core/errors.ts';
import { safeText } from '../../lib/safe-text.ts';
import { httpFailure, reasonFrom } from '../http-failure.ts';
import type { Meaning } from '../http-failure.ts';
import type { Answer } from '../transport.ts';
import { readError } from './error-body.ts';
import type { GeminiError } from './error-body.ts';

/** How much of a model's words without a picture stands in a failure. */
const longestWords = 200;

interface EndingRow {
  rejected: boolean;
  says: string;
}

/** What a reason on a candidate means. Rejections stay so when repeated; the others are often luck, and worth another try. */
export const endings: Readonly<Record<string, EndingRow>> = {
  SAFETY: { rejected: true, says: 'its safety filters stopped the answer' },
  PROHIBITED_CONTENT: { rejected: true, says: 'the content is of a kind that it never makes' },
  BLOCKLIST: { rejected: true, says: 'the content has words from a block list' },
  SPII: { rejected: true, says: 'the content may hold sensitive personal information' },
  IMAGE_SAFETY: { rejected: true, says: 'its safety filters stopped the picture' },
  IMAGE_PROHIBITED_CONTENT: { rejected: true, says: 'the picture is of a kind that it never makes' },
  RECITATION: { rejected: true, says: 'the answer was too close to an existing work' },
  IMAGE_RECITATION: { rejected: true, says: 'the picture was too close to an existing work' },
  NO_IMAGE: { rejected: false, says: 'the model made no picture' },
  IMAGE_OTHER: { rejected: false, says: 'the picture failed for a reason that it does not give' },
  OTHER: { rejected: false, says: 'the answer failed for a reason that it does not give' },
  MALFORMED_RESPONSE: { rejected: false, says: 'the model gave a malformed answer' },
  STOP: { rejected: false, says: 'the model answered without a picture' },
  MAX_TOKENS: { rejected: false, says: 'the token limit was reached before a picture was done' },
};

const unknownEnding: EndingRow = { rejected: false, says: 'it ended for a reason that is not known here' };

/** An answer of status 200 that holds no picture, as far as it matters why. */
export interface Ending {
  /** `promptFeedback.blockReason`. */
  blockReason?: string | undefined;
  /** `finishReason` of every candidate that has one. */
  finishReasons: string[];
  /** What the model wrote instead of a picture. */
  words: string;
}

/**
 * Why an answer of status 200 held no picture: `content_rejected`, or `no_image`. Always maybe billed, since Google
 * spares only error statuses. A blocked prompt is a rejection whatever its reason, `OTHER` included.
 */
export function endingFailure(ending: Ending, secrets: readonly string[]): TaskFailure {
  const { blockReason, finishReasons } = ending;
  if (blockReason !== undefined) {
    const says = 'it blocked the prompt or one of its pictures';
    return rejection(says, `promptFeedback ${reasonFrom(blockReason, secrets)}`);
  }
  const reason = finishReasons.find((each) => each !== 'STOP') ?? finishReasons[0] ?? 'no finishReason';
  const row = Object.hasOwn(endings, reason) ? endings[reason]! : unknownEnding;
  const upstreamReason = reasonFrom(reason, secrets);
  if (row.rejected) return rejection(row.says, upstreamReason);
  const words = safeText(ending.words, secrets, longestWords);
  return {
    type: 'no_image',
    message: `Gemini gave no picture: ${row.says}. Trying again may help, as may a prompt that asks plainly for a picture; the call may have been billed.${words === '' ? '' : ` The model wrote: "${words}"`}`,
    retryable: true,
    upstreamReason,
    maybeBilled: true,
  };
}

function rejection(says: string, upstreamReason: string): TaskFailure {
  return {
    type: 'content_rejected',
    message: `Gemini refused the request: ${says}. Change the prompt or the pictures; the same request is not tried again, and it may have been billed.`,
    retryable: false,
    upstreamReason,
    maybeBilled: true,
  };
}

/** What Gemini's own words say more precisely than the status does; the first row that fits holds. */
export const errorRules: readonly { when(status: number, error: GeminiError): boolean; means: Meaning }[] = [
  {
    when: (status, { quotaIds }) => status === 429 && quotaIds.some((id) => /PerDay/i.test(id)),
    means: {
      type: 'upstream_quota',
      retryable: false,
      says: "The day's Gemini quota is used up. It is renewed at midnight Pacific time; the operator can raise it or use another account.",
    },
  },
  {
    // Google answers a wrong key with 400, not 401.
    when: (status, { reasons, message }) =>
      status === 400 && (reasons.includes('API_KEY_INVALID') || /API key (not valid|expired)/i.test(message)),
    means: {
      type: 'upstream_auth',
      retryable: false,
      says: 'Gemini refused the API key. The operator should check the key.',
    },
  },
  {
    // Google's own cure for this code is a paid plan; no change to the request and no other key helps.
    when: (status, { code }) => status === 400 && /^failed_precondition$/i.test(code),
    means: {
      type: 'upstream_billing',
      retryable: false,
      says: "Gemini does not serve this account from the server's region without billing, or not at all. The operator should set up a paid plan or another region.",
    },
  },
];

/** Why an answer with an error status failed. `RetryInfo` in the body goes before the headers' delay. */
export function errorFailure(
  answer: Answer,
  { billable, ...options }: { now: number; secrets: readonly string[]; billable?: boolean },
): TaskFailure {
  const { status, headers } = answer;
  const error = readError(answer.json);
  return httpFailure(
    {
      upstream: 'Gemini',
      status,
      headers,
      recognised: error.recognised,
      message: error.message,
      codes: [error.code, ...error.quotaIds, ...error.reasons],
      means: errorRules.find(({ when }) => when(status, error))?.means,
      retryAfterMs: error.retryDelayMs,
      billable,
    },
    options,
  );
}

/** What answers under the base URL is no API at all. */
export const notGemini: TaskFailure = {
  type: 'upstream_unavailable',
  message:
    'What answered was not Gemini: its answer was no JSON. The operator should check the base URL and what stands between.',
  retryable: true,
  upstreamReason: 'not JSON',
};
