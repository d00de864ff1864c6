// The budget or the limit that refused a request: whose it is, how much of it is left, and when it begins anew.

import type { LimitFault } from '@plantain/client';
import type { Format } from '../format/format.ts';
import type { Say } from '../../words/words.ts';
import { isMoney } from './fields.ts';
import type { limitedWords } from './words.ts';

type SayLimited = Say<keyof typeof limitedWords.en>;
type LimitFormat = Pick<Format, 'fullDollars' | 'number' | 'time'>;

/** Short texts in the order in which a person asks; times are local. */
export function limitFaultTexts(fault: LimitFault, say: SayLimited, format: LimitFormat): string[] {
  const { of, id, resets_at: resets, fits } = fault;
  return [
    say(of === 'owner' ? 'ofOwner' : 'ofKey', { id }),
    ...(fault.limit === 'budget' ? budgetTexts(fault, say, format) : maxTexts(fault, say, format)),
    ...(resets === undefined ? [] : [say('resets', { when: format.time(resets) })]),
    ...(fits === undefined || fits === 0 ? [] : [say('fits', { count: format.number(fits) })]),
  ];
}

function budgetTexts(fault: LimitFault, say: SayLimited, { fullDollars }: LimitFormat): string[] {
  const { limit_micro_usd: sum, spent_micro_usd: spent = 0, reserved_micro_usd: reserved = 0 } = fault;
  const { period = 'total', cost_micro_usd: cost } = fault;
  if (sum === undefined) return [];
  return [
    `${say('budget')} ${say('sum', { amount: fullDollars(sum), period: say(`period_${period}`) })}`,
    say('spent', { amount: fullDollars(spent) }),
    say('reserved', { amount: fullDollars(reserved) }),
    say('left', { amount: fullDollars(sum - spent - reserved) }),
    ...(cost === undefined ? [] : [say('asked', { amount: fullDollars(cost) })]),
  ];
}

function maxTexts(fault: LimitFault, say: SayLimited, format: LimitFormat): string[] {
  const name = say(`limit_${fault.limit}` as keyof typeof limitedWords.en);
  const show = isMoney(fault.limit) ? format.fullDollars : format.number;
  const { max, used } = fault;
  if (max === undefined) return [name];
  if (used === undefined) return [say('limit', { name, max: show(max) })];
  return [say('limitUsed', { name, used: show(used), max: show(max) })];
}
