// Everything by which Gemini says no, as two tables: `endings` for an HTTP 200 without a picture (which is how Gemini
// reports refusals) and `errorRules` for an error status. Pure: what was read goes in, a TaskFailure comes out.
// Source: finish and block reasons of @google/genai 3.1.0, ai.google.dev/gemini-api/docs/generate-content/api-errors;
// who pays: "If your request fails with a 400 or 500 error, you won't be charged" (ai.google.dev/gemini-api/docs/billing).

import type { TaskErrorType, TaskFailure } from '../../core/errors.ts';
import { safeText } from '../../lib/safe-text.ts';
import type { GeminiError } from './error-body.ts';

/** How much of Gemini's error message, and of a model's words without a picture, stands in a failure's message. */
const longestQuote = 300;
const longestWords = 200;
const longestReason = 120;

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
    return rejection(says, `promptFeedback ${safeText(blockReason, secrets, longestReason)}`);
  }
  const reason = finishReasons.find((each) => each !== 'STOP') ?? finishReasons[0] ?? 'no finishReason';
  const row = Object.hasOwn(endings, reason) ? endings[reason]! : unknownEnding;
  const upstreamReason = safeText(reason, secrets, longestReason);
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

interface ErrorRule {
  name: string;
  when(error: GeminiError): boolean;
  type: TaskErrorType;
  retryable: boolean;
  /** What happened and what to do. */
  says: string;
}

/** The first row that fits holds; the last fits always. */
export const errorRules: readonly ErrorRule[] = [
  {
    name: 'daily quota',
    when: ({ status, quotaIds }) => status === 429 && quotaIds.some((id) => /PerDay/i.test(id)),
    type: 'upstream_quota',
    retryable: false,
    says: "The day's Gemini quota is used up. It is renewed at midnight Pacific time; the operator can raise it or use another account.",
  },
  {
    name: 'rate limit',
    when: ({ status }) => status === 429,
    type: 'upstream_rate_limited',
    retryable: true,
    says: 'Gemini takes no more requests for the moment (rate limit). Trying again later helps.',
  },
  {
    name: 'credit used up',
    when: ({ status }) => status === 402,
    type: 'upstream_billing',
    retryable: false,
    says: 'The prepaid credit of the Gemini account is used up. The operator should add credit.',
  },
  {
    name: 'key refused',
    // Google answers a wrong key with 400, not 401.
    when: ({ status, reasons, message }) =>
      status === 401 ||
      status === 403 ||
      (status === 400 &&
        (reasons.includes('API_KEY_INVALID') || /API key (not valid|expired)/i.test(message))),
    type: 'upstream_auth',
    retryable: false,
    says: 'Gemini refused the API key, or the key may not use this model. The operator should check GEMINI_API_KEY.',
  },
  {
    name: 'account not ready',
    // Google's own cure for this code is a paid plan; no change to the request and no other key setting helps.
    when: ({ status, code }) => status === 400 && /^failed_precondition$/i.test(code),
    type: 'upstream_billing',
    retryable: false,
    says: "Gemini does not serve this account from the server's region without billing, or not at all. The operator should set up a paid plan or another region.",
  },
  {
    name: 'unavailable',
    when: ({ status }) => status >= 500 || status === 408 || status === 499,
    type: 'upstream_unavailable',
    retryable: true,
    says: 'Gemini is overloaded or failed. Trying again later helps.',
  },
  {
    name: 'no such model',
    when: ({ status }) => status === 404,
    type: 'upstream_bad_request',
    retryable: false,
    says: 'Gemini does not know the model or the address. The operator should check the model table and GEMINI_BASE_URL.',
  },
  {
    name: 'bad request',
    when: () => true,
    type: 'upstream_bad_request',
    retryable: false,
    says: 'Gemini did not accept the request as it was sent. Change the prompt, the pictures or the options.',
  },
];

/** Why an answer with an error status failed. `headerDelayMs` is the delay that its headers ask for; `RetryInfo` comes first. */
export function errorFailure(
  error: GeminiError,
  headerDelayMs: number | undefined,
  secrets: readonly string[],
): TaskFailure {
  const { type, retryable, says } = errorRules.find((rule) => rule.when(error))!;
  const quote = safeText(error.message, secrets, longestQuote);
  const words = [error.status, error.code, ...error.quotaIds, ...error.reasons];
  const maybeBilled = type === 'upstream_unavailable' && mayHaveWorked(error);
  // A delay asked for gives the try back: obeyed on calls that may cost, it could run up a bill until the deadline.
  const retryAfterMs = retryable && !maybeBilled ? (error.retryDelayMs ?? headerDelayMs) : undefined;
  return {
    type,
    message: quote === '' ? says : `${says} Gemini said: "${quote}"`,
    retryable,
    upstreamReason: safeText(words.join(' '), secrets, longestReason),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(maybeBilled ? { maybeBilled } : {}),
  };
}

/** Gemini's own 5xx is free of charge, but nobody knows how far it came behind a gateway's page, or when somebody gave up waiting. */
function mayHaveWorked({ status, isGeminis }: GeminiError): boolean {
  return !isGeminis || status === 504 || status === 499 || status === 408;
}

/** A body that is neither a result nor an error of Gemini's, at a status that promised a result. */
export function unreadableFailure(upstreamReason: string): TaskFailure {
  return {
    type: 'upstream_unavailable',
    message: `Gemini's answer could not be read (${upstreamReason}). Trying again may help; the call may have been billed.`,
    retryable: true,
    upstreamReason,
    maybeBilled: true,
  };
}
