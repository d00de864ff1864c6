// A budget with what is left of it, and limits, in a line each.

import type { BudgetData, LimitsData } from '@plantain/client';
import { type Format, useFormat } from '../format/format.ts';
import { type Say, useWords } from '../../words/words.ts';
import { isMoney, limitNames } from './fields.ts';
import { limitedWords } from './words.ts';

type SayLimited = Say<keyof typeof limitedWords.en>;

/** `isDefault` is true where it is that of the settings. */
export function BudgetText({
  budget,
  isDefault = false,
}: {
  budget: BudgetData | null;
  isDefault?: boolean;
}) {
  const say = useWords(limitedWords);
  const format = useFormat();
  if (budget === null) return say('noBudget');
  const text = budgetTexts(budget, say, format).join(' · ');
  return isDefault ? say('bySettings', { what: text }) : text;
}

interface Limits {
  limits: LimitsData;
  /** How much is used of those that the server tells it of. */
  used?: LimitsData;
  /** Limits that are no defaults of the settings; all where it is left out. */
  own?: LimitsData;
}

export function LimitsText(limits: Limits) {
  const say = useWords(limitedWords);
  const format = useFormat();
  const texts = limitTexts(limits, say, format);
  return texts.length === 0 ? say('noLimits') : texts.join(' · ');
}

/** The sum, then what the server counts of it. */
export function budgetTexts(
  budget: BudgetData,
  say: SayLimited,
  format: Pick<Format, 'fullDollars' | 'time'>,
): string[] {
  const { period, amount_micro_usd: amount, time_zone: zone, resets_at: resets } = budget;
  const sum = say('sum', { amount: format.fullDollars(amount), period: say(`period_${period}`) });
  const counted = [
    ['spent', budget.spent_micro_usd],
    ['reserved', budget.reserved_micro_usd],
    ['left', budget.left_micro_usd],
  ] as const;
  return [
    period === 'total' ? sum : `${sum} ${say('inZone', { zone })}`,
    ...counted.flatMap(([name, micro]) =>
      micro === undefined ? [] : say(name, { amount: format.fullDollars(micro) }),
    ),
    ...(resets == null ? [] : [say('resets', { when: format.time(resets) })]),
  ];
}

export function limitTexts(
  { limits, used = {}, own = limits }: Limits,
  say: SayLimited,
  format: Pick<Format, 'fullDollars' | 'number'>,
): string[] {
  return limitNames.flatMap((name) => {
    const show = isMoney(name) ? format.fullDollars : format.number;
    const max = limits[name];
    if (max === undefined) return [];
    const values = { name: say(`limit_${name}`), max: show(max) };
    const count = used[name];
    const text =
      count === undefined ? say('limit', values) : say('limitUsed', { ...values, used: show(count) });
    return own[name] === undefined ? say('bySettings', { what: text }) : text;
  });
}
