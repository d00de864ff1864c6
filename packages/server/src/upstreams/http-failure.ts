// What an answer with an error status means where the upstream's own wire says nothing more precise: one table from HTTP
// status to failure, for every upstream that keeps to the meaning of the statuses. Pure.

import type { IncomingHttpHeaders } from 'node:http';
import type { TaskErrorType, TaskFailure } from '../core/errors.ts';
import { readRetryAfterMs } from '../lib/retry-after.ts';
import { safeText } from '../lib/safe-text.ts';

/** How much of an upstream's error message stands in a failure's message, and of its words in the reason. */
const longestQuote = 300;
const longestReason = 120;

export interface ErrorAnswer {
  /** The upstream's name as people write it, such as `OpenAI`. */
  upstream: string;
  status: number;
  headers: IncomingHttpHeaders;
  /** Whether the body has the upstream's own form; a page of HTML from a gateway has not. */
  recognised: boolean;
  /** The sentence in the body, else `""`. */
  message: string;
  /** The codes in the body, such as `insufficient_quota`. */
  codes: string[];
  /** What the upstream's codes mean, where they say more than the status does. */
  means?: Meaning | undefined;
  /** The delay that the body asks for; it goes before the headers'. */
  retryAfterMs?: number | undefined;
  /** Whether the call is one that may be charged for; default true. Asking after a job, or for a list of models, is not. */
  billable?: boolean | undefined;
}

/** What kind of failure an answer is. */
export interface Meaning {
  type: TaskErrorType;
  retryable: boolean;
  /** A sentence for people: what happened and what to do. */
  says: string;
  modelUnknown?: boolean;
}

/** `now` in Unix milliseconds; `secrets` never appear in the failure. */
export function httpFailure(
  answer: ErrorAnswer,
  { now, secrets }: { now: number; secrets: readonly string[] },
): TaskFailure {
  const { type, retryable, says, modelUnknown } = answer.means ?? meaningOf(answer);
  const quote = safeText(answer.message, secrets, longestQuote);
  const unknown = type === 'upstream_unavailable' && mayHaveWorked(answer);
  // A delay asked for gives the try back: obeyed on calls that may cost, it could run up a bill until the deadline.
  const retryAfterMs =
    retryable && !unknown ? (answer.retryAfterMs ?? readRetryAfterMs(answer.headers, now)) : undefined;
  return {
    type,
    message: quote === '' ? says : `${says} ${answer.upstream} said: "${quote}"`,
    retryable,
    upstreamReason: safeText([answer.status, ...answer.codes].join(' '), secrets, longestReason),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(unknown ? { maybeBilled: true, unknownOutcome: true } : {}),
    ...(modelUnknown === true ? { modelUnknown } : {}),
  };
}

function meaningOf({ upstream, status }: ErrorAnswer): Meaning {
  if (status === 429)
    return {
      type: 'upstream_rate_limited',
      retryable: true,
      says: `${upstream} takes no more requests for the moment (rate limit). Trying again later helps.`,
    };
  if (status === 402)
    return {
      type: 'upstream_billing',
      retryable: false,
      says: `The credit of the ${upstream} account is used up. The operator should add credit.`,
    };
  if (status === 401 || status === 403)
    return {
      type: 'upstream_auth',
      retryable: false,
      says: `${upstream} refused the API key, or the key may not do this. The operator should check the key.`,
    };
  if (status === 404)
    return {
      type: 'upstream_bad_request',
      retryable: false,
      says: `${upstream} does not know the model or the address. The operator should check the routes and the base URL.`,
      modelUnknown: true,
    };
  if (status >= 500 || status === 408 || status === 499)
    return {
      type: 'upstream_unavailable',
      retryable: true,
      says: `${upstream} is overloaded or failed. Trying again later helps.`,
    };
  return {
    type: 'upstream_bad_request',
    retryable: false,
    says: `${upstream} did not accept the request as it was sent. Change the prompt, the pictures or the options.`,
  };
}

/** The upstream's own 5xx made no picture, but nobody knows how far it came behind a gateway's page, or when somebody gave up waiting. */
function mayHaveWorked({ status, recognised, billable = true }: ErrorAnswer): boolean {
  return billable && (!recognised || status === 504 || status === 499 || status === 408);
}
