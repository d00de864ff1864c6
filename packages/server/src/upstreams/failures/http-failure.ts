// Meaning of an answer with an error status where the upstream's own wire says nothing more precise: one table from HTTP
// status to failure, for every upstream that keeps to the meaning of the statuses. Pure.

import type { IncomingHttpHeaders } from 'node:http';
import type { TaskFailure } from '../../core/errors.ts';
import { readDelayMs } from '../../lib/delay-in-words.ts';
import { readRetryAfterMs } from '../../lib/retry-after.ts';
import { safeText } from '../../lib/safe-text.ts';
import {
  saysAccountClosed,
  saysModelForbidden,
  saysModelUnknown,
  saysNoCredit,
  saysPerDay,
} from './account-words.ts';
import { asCharged } from './charging.ts';
import { bodyWords, searchedWords } from './error-words.ts';
import type { Body } from './error-words.ts';
import { isRetryable, leftOpen, type Meaning, upstreamFailure } from './upstream-failure.ts';

/** How much of an upstream's error message stands in a failure's message, and of its words in the reason. */
const maxQuoteLength = 300;
const maxReasonLength = 120;
/** A day. Whoever asks for more is confused, and would take a key out of use for good. */
const maxDelayMs = 86_400_000;

export interface ErrorAnswer {
  /** The upstream's name as people write it, such as `OpenAI`. */
  upstream: string;
  status: number;
  headers: IncomingHttpHeaders;
  /** Whether the body has the upstream's own form; a page of HTML from a gateway has not. */
  recognised: boolean;
  /** The sentence in the body, else `""`. */
  message: string;
  /** The whole body, for what stands in it that is not of the upstream's form: what was said last is told, whoever said it. */
  body?: Body | undefined;
  /** The codes in the body, such as `insufficient_quota`. */
  codes: string[];
  /** Meaning by the upstream's codes, where they say more than the status does. */
  means?: Meaning | undefined;
  /** The delay that a member of the body asks for; it goes before the headers', and those before that of the message. */
  retryAfterMs?: number | undefined;
  /** Whether the call is one that may be charged for; default true. Asking after an operation, or for a list of models, is not. */
  billable?: boolean | undefined;
}

/** `now` in Unix milliseconds; `secrets` never appear in the failure. */
export function httpFailure(
  answer: ErrorAnswer,
  { now, secrets }: { now: number; secrets: readonly string[] },
): TaskFailure {
  const { type, says, modelUnknown, modelOverloaded } =
    answer.means ?? credentialMeaning(answer, secrets) ?? meaningOf(answer);
  const unknown = type === 'upstream_unavailable' && mayHaveWorked(answer);
  // A delay asked for gives the try back: obeyed on calls that may cost, it could run up a bill until the deadline.
  const askedMs = isRetryable(type) && !unknown ? askedDelayMs(answer, now) : undefined;
  const said = answer.message === '' && answer.body !== undefined ? bodyWords(answer.body) : answer.message;
  const message = withQuote(says, said, { upstream: answer.upstream, secrets });
  const failure = upstreamFailure(
    type,
    message,
    reasonFrom([answer.status, ...answer.codes].join(' '), secrets),
    {
      ...(askedMs === undefined ? {} : { retryAfterMs: Math.min(askedMs, maxDelayMs) }),
      ...(unknown ? leftOpen : {}),
      ...(modelUnknown === true ? { modelUnknown } : {}),
      ...(modelOverloaded === true ? { modelOverloaded } : {}),
    },
  );
  return answer.billable === false ? failure : asCharged(failure, answer.message, secrets);
}

function askedDelayMs({ retryAfterMs, headers, message }: ErrorAnswer, now: number): number | undefined {
  return retryAfterMs ?? readRetryAfterMs(headers, now) ?? readDelayMs(message, now);
}

/** A sentence of ours, and behind it what the upstream said, without the secrets. */
export function withQuote(
  says: string,
  said: string,
  { upstream, secrets }: { upstream: string; secrets: readonly string[] },
): string {
  const quote = safeText(said, secrets, maxQuoteLength);
  return quote === '' ? says : `${says} ${upstream} said: "${quote}"`;
}

/** An upstream's own code or word, as it may stand in `upstreamReason`. */
export function reasonFrom(words: string, secrets: readonly string[]): string {
  return safeText(words, secrets, maxReasonLength);
}

/** Why a request to drop an operation was refused. Nothing of the answer is quoted: whoever cancels has no prompt to take out of it. */
export function cancelFailure(
  upstream: string,
  { status, headers }: { status: number; headers: IncomingHttpHeaders },
  now: number,
): TaskFailure {
  const answer = { upstream, status, headers, recognised: false, message: '', codes: [], billable: false };
  return httpFailure(answer, { now, secrets: [] });
}

/** How Google, OpenAI and the gateways before them say that it is the model that has too much to do, and not this key. */
const overloadWords =
  /overloaded|high demand|capacity[ _](?:exhausted|exceeded|constraints?)|(?:at|out of|no|insufficient) capacity|负载已饱和|负载过高/i;

/** Whether an answer of this status with these words is about the model, so that no other key helps. */
function isOverload({ status, message, codes }: ErrorAnswer): boolean {
  return (status === 429 || status >= 500) && [message, ...codes].some((words) => overloadWords.test(words));
}

export function creditUsedUp(upstream: string): Meaning {
  return {
    type: 'upstream_billing',
    says: `The credit of the ${upstream} account is used up, or a spending limit is reached. The operator should add credit or raise the limit.`,
  };
}

export function dayUsedUp(upstream: string): Meaning {
  return {
    type: 'upstream_quota',
    says: `The day's quota of the ${upstream} account is used up. It comes back within a day; the operator can raise it or use another account.`,
  };
}

/** Of this account, so that another key may well do, and this one for other models. */
export function modelForbidden(upstream: string): Meaning {
  return {
    type: 'upstream_auth',
    says: `The ${upstream} account may not use this model. The operator should give the account access to it, or take the model out of the routes.`,
    modelUnknown: true,
  };
}

function unknownModel(upstream: string): Meaning {
  return {
    type: 'upstream_bad_request',
    says: `${upstream} does not know the model. The operator should check the routes.`,
    modelUnknown: true,
  };
}

function accountClosed(upstream: string): Meaning {
  return {
    type: 'upstream_auth',
    says: `The ${upstream} account, or this key of it, is closed or blocked. The operator should see to the account.`,
  };
}

/** Servers of all kinds say what is wrong with an account under the status of something else. */
function credentialMeaning(
  { upstream, status, recognised, message, codes }: ErrorAnswer,
  secrets: readonly string[],
): Meaning | undefined {
  if (!recognised || status >= 500) return undefined;
  const words = [...codes, searchedWords(message, secrets)];
  if (status === 429 && words.some(saysPerDay)) return dayUsedUp(upstream);
  if (words.some(saysNoCredit)) return creditUsedUp(upstream);
  if ([400, 422].includes(status) && words.some(saysModelUnknown)) return unknownModel(upstream);
  if (![400, 401, 403].includes(status)) return undefined;
  if (words.some(saysModelForbidden)) return modelForbidden(upstream);
  return words.some(saysAccountClosed) ? accountClosed(upstream) : undefined;
}

function meaningOf(answer: ErrorAnswer): Meaning {
  const { upstream, status, recognised } = answer;
  // A page that is not the upstream's: a firewall stopped this one request, or a proxy has lost the upstream. Neither says
  // anything of the key or the model, which would be given up for all tasks.
  if (!recognised && (status === 403 || status === 404))
    return {
      type: 'upstream_unavailable',
      says: `Something in front of ${upstream} answered in its place (${status}). Trying again later may help; if it stays so, the operator should check the base URL, and whether a firewall stops the request.`,
    };
  if (isOverload(answer))
    return {
      type: 'upstream_unavailable',
      says: `The model is overloaded at ${upstream}. Trying again later helps, and so may another model.`,
      modelOverloaded: true,
    };
  if (status === 429)
    return {
      type: 'upstream_rate_limited',
      says: `${upstream} takes no more requests for the moment (rate limit). Trying again later helps.`,
    };
  if (status === 402) return creditUsedUp(upstream);
  if (status === 401 || status === 403)
    return {
      type: 'upstream_auth',
      says: `${upstream} refused the API key, or the key may not do this. The operator should check the key.`,
    };
  if (status === 404)
    return {
      type: 'upstream_bad_request',
      says: `${upstream} does not know the model or the address. The operator should check the routes and the base URL.`,
      modelUnknown: true,
    };
  if (status >= 500 || status === 408 || status === 499)
    return {
      type: 'upstream_unavailable',
      says: `${upstream} is overloaded or failed. Trying again later helps.`,
    };
  return {
    type: 'upstream_bad_request',
    says: `${upstream} did not accept the request as it was sent. Change the prompt, the pictures or the options.`,
  };
}

/** The upstream's own 5xx made no picture, but nobody knows how far it came behind a gateway's page, or when somebody gave up waiting. */
function mayHaveWorked({ status, recognised, billable = true }: ErrorAnswer): boolean {
  if (!billable || status === 403 || status === 404) return false;
  return !recognised || status === 504 || status === 499 || status === 408;
}
