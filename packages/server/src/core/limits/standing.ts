// Standing of budgets: how much of each is used.

import type { Clock } from '../../lib/clock.ts';
import type { LedgerStore } from '../ledger/ledger.ts';
import type { Standing } from './judge-submit.ts';
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

/** Reads the standings of budgets that are set for owners and keys themselves. */
export function createStandingOf(store: Pick<LedgerStore, 'standingsOf'>, clock: Clock): StandingOf {
  return async (subjects) => {
    const asked = subjects.map(({ id }) => ({ kind: 'key', id }) as const);
    const standings = await store.standingsOf(asked, clock.now());
    return new Map(standings.map((standing) => [standing.id, budgetStanding(standing)]));
  };
}

export function budgetStanding({ limited, period, spent, reserved }: Standing): BudgetStanding {
  const isRenewed = limited.budget !== null && limited.budget.period !== 'total';
  return {
    spentMicroUsd: spent,
    reservedMicroUsd: reserved,
    resetsAt: isRenewed && period !== null ? period.endsAt : null,
  };
}

/** Gives the standings of these owners and keys by their ids. */
export type StandingOf = (
  subjects: readonly { id: string; budget: Budget }[],
) => Promise<ReadonlyMap<string, BudgetStanding>>;
