// Meanings of OpenAI's error codes, as one table, and of the words of servers like it; what is in neither is judged by its status.
// The error's `type` alone is not enough: `image_generation_user_error` stands over refused content, bad sizes and unknown models alike.
// Sources: limits and credit: help.openai.com articles 6614457 and 5955604; the other codes as public bug reports quote them;
// compatible servers: localai.io/docs/api/api-errors (a number as `code`); the gateways One API and New API, and LiteLLM: their sources.

import { saysModelForbidden, saysNoCredit, saysPerDay } from '../failures/account-words.ts';
import { saysRefused } from '../failures/refusal-words.ts';
import type { ErrorBody } from './error-body.ts';
import type { Meaning } from '../failures/upstream-failure.ts';

const refused: Meaning = {
  type: 'content_rejected',
  says: 'The safety system of the upstream refused the prompt, a picture or the result. Change the prompt or the pictures; the same request is not tried again.',
};
const spent: Meaning = {
  type: 'upstream_billing',
  says: "The upstream account's credit is used up, or a spending limit is reached. The operator should add credit or raise the limit.",
};
const unknownModel: Meaning = {
  type: 'upstream_bad_request',
  says: 'The upstream does not know the model, or the account may not use it. The operator should check the routes.',
  modelUnknown: true,
};
/** Of this account, so that another key may well do, and this one for other models. */
const forbiddenModel: Meaning = {
  type: 'upstream_auth',
  says: 'The upstream account may not use this model. The operator should give the account access to it, which at OpenAI may need the organization to be verified, or take the model out of the routes.',
  modelUnknown: true,
};
const busyModel: Meaning = {
  type: 'upstream_unavailable',
  says: 'The upstream has nobody to give the model to at the moment. Trying again later helps; if it stays so, the operator should check the routes.',
  modelOverloaded: true,
};
const daySpent: Meaning = {
  type: 'upstream_quota',
  says: "The day's quota of the upstream account is used up. It comes back within a day; the operator can raise it or use another account.",
};
const wrongSize: Meaning = {
  type: 'upstream_bad_request',
  says: 'The upstream does not make pictures of the size that was asked for. Choose another aspect_ratio or image_size, or another model.',
};

const spentCodes: ReadonlySet<string> = new Set(
  [
    'insufficient_quota credit_balance_exhausted quota_not_enough Arrearage AccountOverdueError',
    'billing_hard_limit_reached billing_limit_user_error billing_not_active',
    'organization_spend_limit_exceeded project_spend_limit_exceeded organization_usage_limit_exceeded',
  ].flatMap((codes) => codes.split(' ')),
);

const modelForbiddenCode = /model[_-]?(?:access|permission|not[_-]?allowed|denied|forbidden)/i;
const noChannel = /no available channel|no endpoints? (?:found|available)|no allowed providers|无可用渠道/i;
const saturated = /负载已饱和|负载过高/;
const sizeRefused = /\b(?:invalid|unsupported) (?:value for |parameter:? )?['"`]?size\b|['"`]size['"`]/i;

/** Statuses that speak of the key, the credit, the address or the rate. */
const notOfContent: ReadonlySet<number> = new Set([401, 402, 404, 429]);
const keyStatuses: ReadonlySet<number> = new Set([400, 401, 403, 404]);

/** `words`: the message without the prompt, which may well be about what is looked for here. */
export function meaningOf(status: number, error: ErrorBody, words: string): Meaning | undefined {
  return ofAccount(status, error, words) ?? ofModel(status, error, words) ?? ofRequest(status, error, words);
}

function ofAccount(
  status: number,
  { code, type, innerCodes }: ErrorBody,
  words: string,
): Meaning | undefined {
  // New kinds of limits come as new codes under the old type.
  if (spentCodes.has(code) || type === 'insufficient_quota') return spent;
  if (status === 429 && saysPerDay(words)) return daySpent;
  return [code, ...innerCodes, words].some(saysNoCredit) ? spent : undefined;
}

function ofModel(status: number, { code, param }: ErrorBody, words: string): Meaning | undefined {
  if (saturated.test(words) || (noChannel.test(words) && (status >= 500 || status === 429))) return busyModel;
  const isOfKey = status === 401 || status === 403;
  if (keyStatuses.has(status) && saysModelForbidden(words)) return forbiddenModel;
  if (isOfKey && modelForbiddenCode.test(code)) return forbiddenModel;
  if (code === 'model_not_found' || noChannel.test(words)) return unknownModel;
  if (param !== 'model') return undefined;
  if (isOfKey) return forbiddenModel;
  return code === 'invalid_value' ? unknownModel : undefined;
}

function ofRequest(status: number, error: ErrorBody, words: string): Meaning | undefined {
  if (notOfContent.has(status)) return undefined;
  const { code, param, type, innerCodes } = error;
  const isUserError = code === 'image_generation_user_error' && param === '';
  if (saysRefused({ codes: [code, type, ...innerCodes], words }) || isUserError) return refused;
  return status < 500 && (param === 'size' || sizeRefused.test(words)) ? wrongSize : undefined;
}
