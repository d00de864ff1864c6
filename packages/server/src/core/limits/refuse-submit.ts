// The refusal of a submit in words: whose budget or limit it is, how much of it is used, and when it begins anew.

import type { LimitFault } from '@plantain/client';
import { comingSecondsText } from '../../lib/time/unix-time.ts';
import { RequestError } from '../errors.ts';
import { dollars } from './dollars.ts';
import type { Refusal, Subject } from './judge-submit.ts';

/** Makes the error of a refused submit. */
export function submitRefused(refusal: Refusal, now: number): RequestError {
  if (refusal.limit === 'unpriced') return unpricedError(refusal);
  const { of, limit, fits, asked } = refusal;
  const resetsAt = 'resetsAt' in refusal ? refusal.resetsAt : null;
  const { sentence, members } = wordsOf(refusal);
  const message = [sentence, ...fittingWords({ fits, asked })].join(' ');
  const detail: LimitFault = {
    path: '',
    message,
    of: of.kind,
    id: of.id,
    limit,
    ...members,
    ...(resetsAt === null ? {} : { resets_at: comingSecondsText(resetsAt) }),
    fits,
  };
  return new RequestError(limit === 'budget' ? 'budget_exhausted' : 'rate_limited', message, {
    details: [detail],
    ...retryAfter(refusal, resetsAt, now),
  });
}

/** Seconds after which to ask again where tasks have to begin or to end first, and nobody knows when: for the next of many that is soon. */
const askAgainSeconds = 2;

function retryAfter(
  { limit, isNever }: LimitRefusal,
  resetsAt: number | null,
  now: number,
): { retryAfterSeconds?: number } {
  // Waiting for a limit that is too small as a whole would be in vain.
  if (isNever) return {};
  if (resetsAt !== null) return { retryAfterSeconds: Math.max(1, Math.ceil((resetsAt - now) / 1000)) };
  return limit === 'budget' ? {} : { retryAfterSeconds: askAgainSeconds };
}

type LimitRefusal = Exclude<Refusal, { limit: 'unpriced' }>;

function unpricedError({ of, model }: Extract<Refusal, { limit: 'unpriced' }>): RequestError {
  return new RequestError(
    'invalid_request',
    `The price of ${model} is not known here, and ${whose(of)} has a budget. The operator can set it under prices or selling_prices, or permit such tasks by unpriced: allow.`,
    { details: [{ path: 'model', message: 'has no price in the settings’ prices' }] },
  );
}

interface Words {
  sentence: string;
  members: Partial<LimitFault>;
}

type OfLimit<Limit extends LimitRefusal['limit']> = Extract<LimitRefusal, { limit: Limit }>;

function wordsOf(refusal: LimitRefusal): Words {
  if (refusal.limit === 'budget') return budgetWords(refusal);
  if (refusal.limit === 'reserved_micro_usd') return reservedWords(refusal);
  const { of, max, used, isNever } = refusal;
  const isWaiting = refusal.limit === 'waiting';
  const most = isWaiting
    ? `At most ${max} ${max === 1 ? 'task' : 'tasks'} of ${whose(of)} may wait at once`
    : `At most ${max} ${max === 1 ? 'picture a day is' : 'pictures a day are'} made for ${whose(of)}`;
  const use = isWaiting
    ? `and ${used} ${used === 1 ? 'does' : 'do'}. Submit again when some of them have begun.`
    : `and ${used} ${used === 1 ? 'was' : 'were'} asked for. The count begins anew at ${new Date(refusal.resetsAt).toISOString()}.`;
  return { sentence: `${most}, ${isNever ? neverWords(refusal) : use}`, members: { max, used } };
}

function budgetWords(refusal: OfLimit<'budget'>): Words {
  const { of, asked, budget, spentMicroUsd, reservedMicroUsd, costMicroUsd, resetsAt, isNever } = refusal;
  const period = budget.period === 'total' ? 'in total' : `a ${budget.period}`;
  // Nothing but a change of it helps then.
  const raise = budget.period === 'total' ? ' The operator of this server can raise it.' : '';
  const reset = resetsAt === null ? raise : ` It begins anew at ${new Date(resetsAt).toISOString()}.`;
  const amount = `${dollars(budget.amountMicroUsd)} ${period}`;
  const cost = dollars(costMicroUsd);
  return {
    sentence: isNever
      ? `The whole budget of ${whose(of)} is ${amount}, less than the cost of ${cost}, ${neverWords(refusal)}${raise}`
      : `The budget of ${whose(of)} is exhausted: of ${amount}, ${dollars(spentMicroUsd)} are spent and ${dollars(reservedMicroUsd)} reserved, and ${these(asked)} would cost ${cost}.${reset}`,
    members: {
      period: budget.period,
      limit_micro_usd: budget.amountMicroUsd,
      spent_micro_usd: spentMicroUsd,
      reserved_micro_usd: reservedMicroUsd,
      cost_micro_usd: costMicroUsd,
    },
  };
}

function reservedWords(refusal: OfLimit<'reserved_micro_usd'>): Words {
  const { of, asked, max, reservedMicroUsd, costMicroUsd, isNever } = refusal;
  const most = `At most ${dollars(max)} may be reserved at once for ${whose(of)}`;
  const cost = dollars(costMicroUsd);
  return {
    sentence: isNever
      ? `${most}, less than the cost of ${cost}, ${neverWords(refusal)}`
      : `${most}: ${dollars(reservedMicroUsd)} are, and ${these(asked)} would cost ${cost}. Submit again when earlier tasks have ended.`,
    members: {
      max,
      used: reservedMicroUsd,
      reserved_micro_usd: reservedMicroUsd,
      cost_micro_usd: costMicroUsd,
    },
  };
}

const neverWords = ({ asked }: { asked: number }): string =>
  `so ${these(asked)} ${asked === 1 ? 'is never accepted' : 'are never accepted together'}.`;

const these = (asked: number): string => (asked === 1 ? 'this task' : `these ${asked} tasks`);

function fittingWords({ fits, asked }: { fits: number; asked: number }): string[] {
  if (asked === 1) return [];
  return [fits === 0 ? 'None of them fits.' : `The first ${fits} of them would fit.`];
}

const whose = ({ kind, id }: Subject): string => `the ${kind} ${id}`;
