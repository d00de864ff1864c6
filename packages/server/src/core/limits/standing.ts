// Standing of budgets: how much of each is used.

import type { Budget } from './limits.ts';

/** Use of a budget in the period that runs. */
export interface BudgetStanding {
  /** Charged for tasks that have ended, micro-dollars. */
  spentMicroUsd: number;
  /** Held for tasks that have not. */
  reservedMicroUsd: number;
  /** Unix milliseconds; `null` for a budget that is never renewed. */
  resetsAt: number | null;
}

/** Gives the standings of these owners and keys by their ids. */
export type StandingOf = (
  subjects: readonly { id: string; budget: Budget }[],
) => Promise<ReadonlyMap<string, BudgetStanding>>;
