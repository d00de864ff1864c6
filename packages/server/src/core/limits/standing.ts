// Standing of budgets: how much of each is used.

import type { Clock } from '../../lib/clock.ts';
import type { LedgerStore } from '../ledger/ledger.ts';
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

/** Makes the function that reads standings out of the ledger. */
export function createStandingOf(store: Pick<LedgerStore, 'standingsOf'>, clock: Clock): StandingOf {
  return async (subjects) => {
    // Ids of owners have a beginning of their own.
    const asked = subjects.map(({ id }) => ({ kind: id.startsWith('own_') ? 'owner' : 'key', id }) as const);
    const standings = await store.standingsOf(asked, clock.now());
    return new Map(
      standings.map(({ id, limited, spent, reserved, period }) => [
        id,
        {
          spentMicroUsd: spent,
          reservedMicroUsd: reserved,
          resetsAt: limited.budget?.period === 'total' || period === null ? null : period.endsAt,
        },
      ]),
    );
  };
}
