// Wire form of limits, and of budgets with what is left of them.

import type { BudgetData, LimitsData, Standing as StandingData } from '@plantain/client';
import { budgetMembers, limitMembers } from '../../core/limits/limit-names.ts';
import type { Budget, Limited } from '../../core/limits/limits.ts';
import type { Standing as InForce } from '../../core/limits/judge-submit.ts';
import { type BudgetStanding, budgetStanding, type StandingOf } from '../../core/limits/standing.ts';
import { nothingLimited } from '../../core/limits/subjects.ts';
import { secondsText } from '../../lib/time/unix-time.ts';
import type { OwnerStore } from '../../core/owners/owner-store.ts';

export interface LimitedData {
  limits: LimitsData;
  budget: BudgetData | null;
}

/** Reads what is set for owners and keys, with the standing of their budgets where it is known. */
export async function readLimitedData(
  store: Pick<OwnerStore, 'readLimited'>,
  standingOf: StandingOf | undefined,
  ids: readonly string[],
): Promise<(id: string) => LimitedData> {
  const limited = await store.readLimited(ids);
  const budgets = [...limited].flatMap(([id, { budget }]) => (budget === null ? [] : [{ id, budget }]));
  const standings = budgets.length === 0 ? undefined : await standingOf?.(budgets);
  return (id) => limitedData(limited.get(id) ?? nothingLimited, standings?.get(id));
}

function limitedData({ limits, budget }: Limited, standing: BudgetStanding | undefined): LimitedData {
  return { limits: limitMembers(limits), budget: budget && budgetData(budget, standing) };
}

/** Limits in force, and how much of them is used. */
export function standingData(standing: InForce): StandingData {
  const { limited, waiting, picturesToday, reservedInAll } = standing;
  const { limits, budget } = limited;
  return {
    limits: limitMembers(limits),
    used: {
      ...(limits.waiting === undefined ? {} : { waiting }),
      ...(limits.picturesPerDay === undefined ? {} : { pictures_per_day: picturesToday }),
      ...(limits.reservedMicroUsd === undefined ? {} : { reserved_micro_usd: reservedInAll }),
    },
    budget: budget && budgetData(budget, budgetStanding(standing)),
  };
}

function budgetData(budget: Budget, standing: BudgetStanding | undefined): BudgetData {
  if (standing === undefined) return budgetMembers(budget);
  const { spentMicroUsd, reservedMicroUsd, resetsAt } = standing;
  return {
    ...budgetMembers(budget),
    spent_micro_usd: spentMicroUsd,
    reserved_micro_usd: reservedMicroUsd,
    left_micro_usd: budget.amountMicroUsd - spentMicroUsd - reservedMicroUsd,
    resets_at: resetsAt === null ? null : secondsText(resetsAt),
  };
}
