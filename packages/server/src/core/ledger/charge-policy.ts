// Policy by which tasks are charged, and what attempts say of their bills.

import type { Attempt } from '../tasks/task.ts';

/** `absorb`: the operator bears it. `charge`: the task's owner does. */
export type Bearer = 'absorb' | 'charge';

export interface ChargePolicy {
  /** Bearer of what may have been billed, where that does not become known. */
  unknownOutcomes: Bearer;
  /** Bearer of what an upstream billed for attempts that brought no picture. */
  failedButBilled: Bearer;
}

/** Policy of an installation that says nothing: the operator bears whatever brought no picture. */
export const absorbing: ChargePolicy = { unknownOutcomes: 'absorb', failedButBilled: 'absorb' };

/** How long a sum is held for a task whose cost is not known. */
export const holdMs = 24 * 3_600_000;

export function billedForFailures(attempts: readonly Attempt[]): number {
  return attempts
    .filter(({ outcome }) => outcome !== 'succeeded')
    .reduce((sum, { costMicroUsd }) => sum + (costMicroUsd ?? 0), 0);
}

/** Whether the attempt may have been billed, and nobody knows how much. */
export function isUnknown({ maybeBilled, costMicroUsd }: Attempt): boolean {
  return maybeBilled && costMicroUsd === null;
}
