// Change of what is set for an owner or a key.

import type { Budget, Limited, Limits } from './limits.ts';

/** `null` takes away a limit, all limits or the budget; what is left out stays as it is. */
export interface LimitedChange {
  limits?: { readonly [Name in keyof Limits]?: number | null } | null;
  budget?: Budget | null;
}

/** Gives what is set after the change. */
export function changedLimited({ limits, budget }: Limited, change: LimitedChange): Limited {
  const changed = change.limits === undefined ? limits : { ...(change.limits && limits), ...change.limits };
  const set = Object.entries(changed).filter(([, limit]) => limit !== null);
  return {
    limits: Object.fromEntries(set),
    budget: change.budget === undefined ? budget : change.budget,
  };
}
