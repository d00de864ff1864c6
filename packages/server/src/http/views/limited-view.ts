// Wire form of limits, and of budgets with what is left of them.

import type { BudgetData, LimitsData, Standing as StandingData } from '@plantain/client';
import { budgetMembers, limitMembers } from '../../core/limits/limit-names.ts';
import type { Standing, Subject } from '../../core/limits/judge-submit.ts';
import type { StandingsOf, WholeStanding } from '../../core/limits/standing.ts';
import { nothingLimited } from '../../core/limits/subjects.ts';
import { secondsText } from '../../lib/time/unix-time.ts';
import type { OwnerStore } from '../../core/owners/owner-store.ts';

export interface LimitedData {
  limits: LimitsData;
  budget: BudgetData | null;
  in_force: StandingData;
}

/** Reads what is set for owners and keys, what is in force for them, and how much of it is used. Gives it by their ids. */
export async function readLimitedData(
  store: Pick<OwnerStore, 'readLimited'>,
  standingsOf: StandingsOf,
  subjects: readonly Subject[],
): Promise<(id: string) => LimitedData> {
  const set = await store.readLimited(subjects.map(({ id }) => id));
  const standings = await standingsOf(subjects);
  const inForce = new Map(standings.map((standing) => [standing.id, standingData(standing)]));
  return (id) => {
    const { limits, budget } = set.get(id) ?? nothingLimited;
    const standing = inForce.get(id)!;
    // A budget that is set is the one in force.
    return { limits: limitMembers(limits), budget: budget && standing.budget, in_force: standing };
  };
}

/** Limits in force, and how much of them is used. */
export function standingData(standing: WholeStanding): StandingData {
  const { limited, waiting, picturesToday, reservedInAll, running, submits, queries } = standing;
  const { limits } = limited;
  return {
    limits: limitMembers(limits),
    used: {
      ...(submits === undefined ? {} : { submits_per_minute: submits }),
      ...(queries === undefined ? {} : { queries_per_minute: queries }),
      ...(running === undefined ? {} : { running }),
      ...(limits.waiting === undefined ? {} : { waiting }),
      ...(limits.picturesPerDay === undefined ? {} : { pictures_per_day: picturesToday }),
      ...(limits.reservedMicroUsd === undefined ? {} : { reserved_micro_usd: reservedInAll }),
    },
    budget: budgetData(standing),
  };
}

function budgetData({ limited: { budget }, period, spent, reserved }: Standing): BudgetData | null {
  if (budget === null) return null;
  const isRenewed = budget.period !== 'total' && period !== null;
  return {
    ...budgetMembers(budget),
    spent_micro_usd: spent,
    reserved_micro_usd: reserved,
    left_micro_usd: budget.amountMicroUsd - spent - reserved,
    resets_at: isRenewed ? secondsText(period.endsAt) : null,
  };
}
