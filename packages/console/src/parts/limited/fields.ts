// A budget and limits as a form holds them, in texts and in dollars, and the change that a body asks for.

import type { BudgetBody, BudgetData, LimitName, LimitsData, OwnerChangeBody } from '@plantain/client';

export const limitNames = [
  'submits_per_minute',
  'queries_per_minute',
  'running',
  'waiting',
  'pictures_per_day',
  'stored_bytes',
  'reserved_micro_usd',
] as const satisfies readonly LimitName[];

export const periods = ['day', 'month', 'total'] as const satisfies readonly BudgetBody['period'][];

/** Empty texts stand for none. */
export interface LimitedFields {
  limits: Readonly<Record<LimitName, string>>;
  /** Dollars of the budget. */
  amount: string;
  period: BudgetBody['period'];
  timeZone: string;
}

/** Whether the number is one of micro-dollars, which a person sees in dollars. */
export function isMoney(name: string): boolean {
  return name.endsWith('_micro_usd');
}

export function toLimitedFields({
  limits,
  budget,
}: {
  limits: LimitsData;
  budget: BudgetData | null;
}): LimitedFields {
  const texts = limitNames.map((name) => [name, textOf(name, limits[name])] as const);
  return {
    limits: Object.fromEntries(texts) as Record<LimitName, string>,
    amount: textOf('amount_micro_usd', budget?.amount_micro_usd),
    period: budget?.period ?? 'month',
    timeZone: budget?.time_zone ?? new Intl.DateTimeFormat().resolvedOptions().timeZone,
  };
}

/** Members of a body, of what differs from the fields before. */
export function limitedChange(
  fields: LimitedFields,
  before: LimitedFields,
): Pick<OwnerChangeBody, 'limits' | 'budget'> {
  const changed = limitNames.filter((name) => fields.limits[name] !== before.limits[name]);
  const limits = Object.fromEntries(changed.map((name) => [name, numberOf(name, fields.limits[name])]));
  const budget = budgetOf(fields);
  const isSame = JSON.stringify(budget) === JSON.stringify(budgetOf(before));
  return { ...(changed.length > 0 && { limits }), ...(!isSame && { budget }) };
}

function budgetOf({ amount, period, timeZone }: LimitedFields): BudgetBody | null {
  const micro = numberOf('amount_micro_usd', amount);
  if (micro === null) return null;
  const zone = timeZone.trim();
  return { period, amount_micro_usd: micro, ...(zone !== '' && { time_zone: zone }) };
}

function textOf(name: string, value: number | undefined): string {
  if (value === undefined) return '';
  return String(isMoney(name) ? value / 1_000_000 : value);
}

function numberOf(name: string, text: string): number | null {
  if (text.trim() === '') return null;
  return isMoney(name) ? Math.round(Number(text) * 1_000_000) : Number(text);
}
