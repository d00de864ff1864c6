// Charge of a task to its owner, decided when it ends, and again when its hold does.

import type { Attempt, Task } from '../tasks/task.ts';
import type { Charge, FinalCharge } from './money.ts';

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

/** Ended task: its attempts are closed. */
type Ended = Pick<Task, 'attempts' | 'money'>;

/** Decides the charge of a task that ends at `at`. */
export function chargeAtEnd(
  { attempts, money }: Ended,
  { succeeded, at }: { succeeded: boolean; at: number },
  policy: ChargePolicy,
): Charge {
  if (succeeded) return chargeOfSuccess({ attempts, money }, policy);
  const isHeld = (money.reservedMicroUsd ?? 0) > 0 && attempts.some(isUnknown);
  return isHeld ? { kind: 'hold', until: at + holdMs } : chargeOfFailure({ attempts, money }, policy);
}

/** Decides the charge of a failed task whose cost did not become known while it was held. */
export function chargeAfterHold({ attempts, money }: Ended, policy: ChargePolicy): FinalCharge {
  const { estimatedMicroUsd } = money;
  if (policy.unknownOutcomes === 'charge' && estimatedMicroUsd !== null)
    return { kind: 'settle', chargedMicroUsd: estimatedMicroUsd, reason: 'unknown_charged' };
  const known = chargeOfFailure({ attempts, money }, policy);
  return known.kind === 'settle' ? known : { kind: 'release', reason: 'unknown_absorbed' };
}

/** The agreed price, whatever the upstream's cost was; without one that cost, and where it is not known, the estimate. */
function chargeOfSuccess({ attempts, money }: Ended, { failedButBilled }: ChargePolicy): FinalCharge {
  const { unitMicroUsd, estimatedMicroUsd } = money;
  if (unitMicroUsd !== null && estimatedMicroUsd !== null)
    return { kind: 'settle', chargedMicroUsd: estimatedMicroUsd, reason: 'price' };
  const cost = attempts.findLast(({ outcome }) => outcome === 'succeeded')?.costMicroUsd ?? null;
  const billed = failedButBilled === 'charge' ? billedForFailures(attempts) : 0;
  const chargedMicroUsd = (cost ?? estimatedMicroUsd ?? 0) + billed;
  const reason = cost !== null ? 'cost' : estimatedMicroUsd === null ? 'unpriced' : 'estimate';
  return { kind: 'settle', chargedMicroUsd, reason };
}

/** Nothing, unless the owner bears what was billed: the agreed price then, or without one the upstream's cost. */
function chargeOfFailure({ attempts, money }: Ended, { failedButBilled }: ChargePolicy): FinalCharge {
  const billed = billedForFailures(attempts);
  if (billed === 0) return { kind: 'release', reason: 'not_billed' };
  if (failedButBilled === 'absorb') return { kind: 'release', reason: 'absorbed' };
  const agreed = money.unitMicroUsd === null ? null : money.estimatedMicroUsd;
  return { kind: 'settle', chargedMicroUsd: agreed ?? billed, reason: 'billed_failure' };
}

function billedForFailures(attempts: readonly Attempt[]): number {
  return attempts
    .filter(({ outcome }) => outcome !== 'succeeded')
    .reduce((sum, { costMicroUsd }) => sum + (costMicroUsd ?? 0), 0);
}

/** Whether the attempt may have been billed, and nobody knows how much. */
function isUnknown({ maybeBilled, costMicroUsd }: Attempt): boolean {
  return maybeBilled && costMicroUsd === null;
}
