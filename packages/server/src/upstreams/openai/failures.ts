// What OpenAI's error codes mean, as one table; what is not in it is judged by its status. The error's `type` alone is not
// enough: `image_generation_user_error` stands over refused content, bad sizes and unknown models alike.
// Sources: limits and credit: help.openai.com articles 6614457 and 5955604; the other codes as public bug reports quote them;
// compatible servers: localai.io/docs/api/api-errors (a number as `code`); some send a string as `error`.

import { z } from 'zod';
import type { TaskFailure } from '../../core/errors.ts';
import { readRetryAfterMs } from '../../lib/retry-after.ts';
import { safeText } from '../../lib/safe-text.ts';
import { httpFailure } from '../http-failure.ts';
import type { Meaning } from '../http-failure.ts';
import { saysRefused } from '../refusal-words.ts';
import type { Answer } from '../transport.ts';

const refused: Meaning = {
  type: 'content_rejected',
  retryable: false,
  says: 'The safety system of the upstream refused the prompt, a picture or the result. Change the prompt or the pictures; the same request is not tried again.',
};
const spent: Meaning = {
  type: 'upstream_billing',
  retryable: false,
  says: "The upstream account's credit is used up, or a spending limit is reached. The operator should add credit or raise the limit.",
};
const unknownModel: Meaning = {
  type: 'upstream_bad_request',
  retryable: false,
  says: 'The upstream does not know the model, or the account may not use it. The operator should check the routes.',
  modelUnknown: true,
};
const daySpent: Meaning = {
  type: 'upstream_quota',
  retryable: false,
  says: "The day's quota of the upstream account is used up. It comes back within a day; the operator can raise it or use another account.",
};

const meanings: ReadonlyMap<string, Meaning> = new Map([
  ['insufficient_quota', spent],
  ['credit_balance_exhausted', spent],
  ['billing_hard_limit_reached', spent],
  ['billing_limit_user_error', spent],
  ['billing_not_active', spent],
  ['organization_spend_limit_exceeded', spent],
  ['project_spend_limit_exceeded', spent],
  ['organization_usage_limit_exceeded', spent],
  ['model_not_found', unknownModel],
]);

/** What OpenAI's sentences tell of the account: the key but for its middle, the organisation, the project. */
const ofTheAccount = /\bsk-[\w*-]+|\borg-\w+|\bproj_\w+/g;
/** How much of a message is looked through for words with a meaning. */
const longestWords = 4_000;
/** Statuses that speak of the key, the credit or the address. */
const notOfContent: ReadonlySet<number> = new Set([401, 402, 404]);
const perDay = /\bper day\b|\/ ?day\b|\b[RIT]PD\b/i;

const text = z.string().catch('');
const members = z.object({
  message: text,
  type: text,
  param: text,
  code: text,
  moderation_details: z.object({ moderation_stage: text }).optional().catch(undefined),
});
const errorBody = z.object({
  error: z.union([z.string().transform((message) => members.parse({ message })), members]),
});

/** Why an answer with an error status failed. `secrets` never appear in it; `billable` as in `ErrorAnswer`. */
export function errorFailure(
  { status, headers, json }: Pick<Answer, 'status' | 'headers' | 'json'>,
  context: { upstream: string; now: number; secrets: readonly string[]; billable: boolean },
): TaskFailure {
  const { upstream, now, billable } = context;
  const parsed = errorBody.safeParse(json);
  const error = parsed.data?.error ?? members.parse({});
  const failure = httpFailure(
    {
      upstream,
      status,
      headers,
      recognised: parsed.success,
      message: error.message.replaceAll(ofTheAccount, '[removed]'),
      codes: [error.code === '' ? error.type : error.code].filter((code) => code !== ''),
      means: meaningOf(status, error, context.secrets),
      retryAfterMs: readRetryAfterMs(headers, now) ?? delayInWords(error.message),
      billable,
    },
    context,
  );
  // What was refused only after it was made may be charged.
  return error.moderation_details?.moderation_stage === 'output'
    ? { ...failure, maybeBilled: true }
    : failure;
}

function meaningOf(
  status: number,
  { code, type, param, message }: z.infer<typeof members>,
  secrets: readonly string[],
): Meaning | undefined {
  const known = meanings.get(code === '' ? type : code);
  if (known !== undefined) return known;
  // New kinds of limits come as new codes under the old type.
  if (type === 'insufficient_quota') return spent;
  if (param === 'model' && code === 'invalid_value') return unknownModel;
  if (status === 429) return perDay.test(message) ? daySpent : undefined;
  if (notOfContent.has(status)) return undefined;
  const words = safeText(message, secrets, longestWords);
  const isRefused = saysRefused({ codes: [code, type], words });
  return isRefused || (code === '' && type === 'image_generation_user_error') ? refused : undefined;
}

/** Milliseconds out of `Please try again in 1m2.5s` or `try again after 51.84 seconds`, for answers whose headers say nothing. */
function delayInWords(message: string): number | undefined {
  const words = /try again (?:in|after) (?:(\d{1,6})m(?!s))?(?:(\d{1,9}(?:\.\d{1,9})?) ?(ms|s))?/.exec(
    message,
  );
  if (words === null) return undefined;
  const [, minutes = '0', amount = '0', unit] = words;
  return Math.ceil(Number(minutes) * 60_000 + Number(amount) * (unit === 'ms' ? 1 : 1000)) || undefined;
}

/** A body that is no result, or one that can't be read, at a status that promised a result. */
export function unreadableFailure(upstream: string, upstreamReason: string): TaskFailure {
  return {
    type: 'upstream_unavailable',
    message: `The answer of ${upstream} could not be read (${upstreamReason}). Trying again may help; the call may have been billed.`,
    retryable: true,
    upstreamReason,
    maybeBilled: true,
    unknownOutcome: true,
  };
}

export function noPictureFailure(upstream: string): TaskFailure {
  return {
    type: 'no_image',
    message: `${upstream} answered without a picture. Trying again may help, as may another prompt; the call may have been billed.`,
    retryable: true,
    upstreamReason: 'no picture in the answer',
    maybeBilled: true,
  };
}
