// Everything by which Gemini says no: `endings` for an HTTP 200 without a picture (which is how Gemini reports refusals)
// and, for an error status, `errorRules` where its words say more than the status. Pure.
// Source: finish and block reasons of @google/genai 3.1.0, ai.google.dev/gemini-api/docs/generate-content/api-errors;
// who pays: "If your request fails with a 400 or 500 error, you won't be charged" (ai.google.dev/gemini-api/docs/billing).

import type { TaskFailure } from '../../core/errors.ts';
import { safeText } from '../../lib/safe-text.ts';
import { saidOfCharging } from '../failures/charging.ts';
import { searchedWords } from '../failures/error-words.ts';
import { httpFailure, reasonFrom, withQuote } from '../failures/http-failure.ts';
import { refusingStatuses, saysRefused } from '../failures/refusal-words.ts';
import type { Answer } from '../transport.ts';
import { readError } from './error-body.ts';
import type { GeminiError } from './error-body.ts';
import type { Meaning } from '../failures/upstream-failure.ts';
import { upstreamFailure } from '../failures/upstream-failure.ts';

/** Characters of a model's words that stand in a failure without a picture. */
const maxWordsLength = 200;

interface EndingRow {
  rejected: boolean;
  says: string;
}

/** Meanings of the reasons on a candidate. Rejections stay so when repeated; the others are often luck, and worth another try. */
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

const blockedPrompt: EndingRow = { rejected: true, says: 'it blocked the prompt or one of its pictures' };
/** Words in reasons that are not known yet. */
const refusingReason = /SAFETY|PROHIBIT|BLOCK|POLICY|MODERAT|SENSITIV/;
const unknownEnding: EndingRow = { rejected: false, says: 'it ended for a reason that is not known here' };

/** An answer of status 200 without a picture: the parts that say why. */
export interface Ending {
  /** `promptFeedback.blockReason`. */
  blockReason?: string | undefined;
  /** `finishReason` of every candidate that has one. */
  finishReasons: string[];
  /** Words of Gemini about the ending, such as `finishMessage`. */
  said: string;
  /** Words of the model in the place of a picture. */
  words: string;
}

/** Whether the answer says plainly that there is no picture because none may be made. */
export function isRejection(
  { blockReason, finishReasons, said }: Ending,
  secrets: readonly string[],
): boolean {
  return (
    blockReason !== undefined || finishReasons.some((reason) => endingOf(reason, said, secrets).rejected)
  );
}

/** The words go before a reason that says nothing of content. */
function endingOf(reason: string, said: string, secrets: readonly string[]): EndingRow {
  // Clients in Python write `FinishReason.SAFETY`.
  const name = reason.slice(reason.lastIndexOf('.') + 1).toUpperCase();
  const row = Object.hasOwn(endings, name) ? endings[name]! : unknownEnding;
  if (row.rejected) return row;
  const words = searchedWords(said, secrets);
  const isRefused = (row === unknownEnding && refusingReason.test(name)) || saysRefused({ words });
  return isRefused ? { rejected: true, says: 'a filter stopped the answer or the picture' } : row;
}

/**
 * Why an answer of status 200 held no picture: `content_rejected`, or `no_image`. Maybe billed unless Gemini says that it is not,
 * since Google spares only error statuses. A blocked prompt is a rejection whatever its reason, `OTHER` included.
 */
export function endingFailure(ending: Ending, secrets: readonly string[]): TaskFailure {
  const { blockReason, finishReasons } = ending;
  const reason = finishReasons.find((each) => each !== 'STOP') ?? finishReasons[0] ?? 'no finishReason';
  const { rejected, says } =
    blockReason === undefined ? endingOf(reason, ending.said, secrets) : blockedPrompt;
  const maybeBilled = saidOfCharging(ending.said, secrets) ?? true;
  const known = {
    upstreamReason: reasonFrom(blockReason === undefined ? reason : `promptFeedback ${blockReason}`, secrets),
    ...(maybeBilled ? { maybeBilled } : {}),
  };
  const quoted = (message: string) => withQuote(message, ending.said, { upstream: 'Gemini', secrets });
  if (rejected) {
    const billed = maybeBilled ? ', and it may have been billed' : '';
    const message = `Gemini refused the request: ${says}. Change the prompt or the pictures; the same request is not tried again${billed}.`;
    return { type: 'content_rejected', message: quoted(message), retryable: false, ...known };
  }
  const words = safeText(ending.words, secrets, maxWordsLength);
  const billed = maybeBilled ? '; the call may have been billed' : '';
  const message = `Gemini gave no picture: ${says}. Trying again may help, as may a prompt that asks plainly for a picture${billed}.`;
  const wrote = words === '' ? '' : ` The model wrote: "${words}"`;
  return { type: 'no_image', message: `${quoted(message)}${wrote}`, retryable: true, ...known };
}

/** Caps that the operator or Google set, and prepaid credit that is used up; Google says so with 429 as well, without details. */
const noMoneyWords =
  /\bspend(?:ing)?[ -](?:caps?|limits?)\b|\bprepa(?:y|id|yment) credits?\b|\bcredits? (?:\w{1,12} ){0,3}(?:depleted|exhausted|used up)|\bbilling (?:\w{1,12} ){0,3}(?:disabled|enabled|closed|suspended)/i;

/** Meanings of Gemini's own words where they say more than the status; the first row that fits holds. */
export const errorRules: readonly { when(status: number, error: GeminiError): boolean; means: Meaning }[] = [
  {
    // A limit of nothing is never renewed, whatever delay comes with it.
    when: (status, { emptyQuota }) => status === 429 && emptyQuota,
    means: {
      type: 'upstream_quota',
      says: 'This Gemini account has no quota at all for this model (limit: 0), and waiting brings none. The operator should set up a paid plan for it, or use another account or model.',
    },
  },
  {
    when: (status, { message, reasons }) =>
      [400, 402, 403, 429].includes(status) &&
      (reasons.includes('BILLING_DISABLED') || noMoneyWords.test(message)),
    means: {
      type: 'upstream_billing',
      says: 'The credit of the Gemini account is used up, a spending cap is reached, or billing is off. The operator should see to the billing of the account.',
    },
  },
  {
    when: (status, { quotaIds }) => status === 429 && quotaIds.some((id) => /PerDay/i.test(id)),
    means: {
      type: 'upstream_quota',
      says: "The day's Gemini quota is used up. It is renewed at midnight Pacific time; the operator can raise it or use another account.",
    },
  },
  {
    // Google answers a wrong key with 400, not 401.
    when: (status, { reasons, message }) =>
      status === 400 &&
      (reasons.includes('API_KEY_INVALID') ||
        /\bAPI key (?:not (?:valid|found)|is (?:not valid|invalid)|expired)/i.test(message)),
    means: { type: 'upstream_auth', says: 'Gemini refused the API key. The operator should check the key.' },
  },
  {
    // Google's own cure for this code is a paid plan; no change to the request and no other key helps.
    when: (status, { code }) => status === 400 && /^failed_precondition$/i.test(code),
    means: {
      type: 'upstream_billing',
      says: "Gemini does not serve this account from the server's region without billing, or not at all. The operator should set up a paid plan or another region.",
    },
  },
];

const contentRefused: Meaning = {
  type: 'content_rejected',
  says: 'Gemini refused the request: a filter found the prompt or a picture against the rules. Change the prompt or the pictures; the same request is not tried again.',
};

function meaningOf(status: number, error: GeminiError, secrets: readonly string[]): Meaning | undefined {
  const rule = errorRules.find(({ when }) => when(status, error));
  if (rule !== undefined) return rule.means;
  const words = searchedWords(error.message, secrets);
  const isRefused = saysRefused({ codes: [error.code, ...error.reasons], words });
  return refusingStatuses.has(status) && isRefused ? contentRefused : undefined;
}

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
      means: meaningOf(status, error, options.secrets),
      retryAfterMs: error.retryDelayMs,
      billable,
      body: answer,
    },
    options,
  );
}

export const notGemini: TaskFailure = upstreamFailure(
  'upstream_unavailable',
  'What answered was not Gemini: its answer was no JSON. The operator should check the base URL and what stands between.',
  'not JSON',
);
