// Sums over the points of a series.

import type { OverviewPoint } from '@plantain/client';

export interface Totals {
  submitted: number;
  succeeded: number;
  failed: number;
  cancelled: number;
  /** Sum of the three above. */
  ended: number;
  costMicroUsd: number;
  /** Cost for each task that succeeded, with that of the others shared among them; `null` where none did, or no cost is known. */
  costEachMicroUsd: number | null;
}

export function totalsOf(series: readonly OverviewPoint[]): Totals {
  const sum = (name: 'submitted' | 'succeeded' | 'failed' | 'cancelled' | 'cost_micro_usd') =>
    series.reduce((total, point) => total + point[name], 0);
  const [succeeded, failed, cancelled] = [sum('succeeded'), sum('failed'), sum('cancelled')];
  const costMicroUsd = sum('cost_micro_usd');
  return {
    submitted: sum('submitted'),
    succeeded,
    failed,
    cancelled,
    ended: succeeded + failed + cancelled,
    costMicroUsd,
    costEachMicroUsd: succeeded === 0 || costMicroUsd === 0 ? null : costMicroUsd / succeeded,
  };
}

/** The index of the latest point in which tasks succeeded, as only then it is known how long they took; -1 where none did. */
export function latestTimed(series: readonly OverviewPoint[]): number {
  return series.findLastIndex(({ duration_seconds: duration }) => duration !== null);
}
