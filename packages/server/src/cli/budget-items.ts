// Budgets with what is left of them, as the lists of keys and owners print it.

import { dollars } from '../core/limits/dollars.ts';
import type { LimitedData } from '../http/views/limited-view.ts';

/** One item for the budget in force; none without one. */
export function budgetItems({ in_force: { budget } }: LimitedData): string[] {
  if (budget === null) return [];
  const { amount_micro_usd: amount, spent_micro_usd: spent = 0, reserved_micro_usd: reserved = 0 } = budget;
  const whole = `${dollars(amount)} ${budget.period === 'total' ? 'in total' : `a ${budget.period}`}`;
  return [
    `${dollars(amount - spent - reserved)} left of ${whole}: ${dollars(spent)} spent, ${dollars(reserved)} reserved`,
  ];
}
