// Charge of a task to its owner, decided when it ends, and again when its hold does.

import { countOf, type Task } from '../tasks/task.ts';
import { deliveriesOf } from '../tasks/deliveries.ts';
import { billedForFailures, type ChargePolicy, holdMs, isUnknown } from './charge-policy.ts';
import { chargeSeveral, chargeSeveralAtEnd } from './charge-several.ts';
import type { Charge, FinalCharge } from './money.ts';

/** Ended task: its attempts are closed. */
type Ended = Pick<Task, 'attempts' | 'money'> & { request?: Pick<Task['request'], 'count'> };

/** Decides the charge of a task that ends at `at`. Each of several pictures is charged as a task for one is. */
export function chargeAtEnd(
  { attempts, money, request = {} }: Ended,
  { succeeded, at }: { succeeded: boolean; at: number },
  policy: ChargePolicy,
): Charge {
  if (countOf(request) > 1)
    return chargeSeveralAtEnd({ attempts, money, request }, { succeeded, at }, policy);
  if (succeeded) return chargeOfSuccess({ attempts, money }, policy);
  const isHeld = (money.reservedMicroUsd ?? 0) > 0 && attempts.some(isUnknown);
  return isHeld ? { kind: 'hold', until: at + holdMs } : chargeOfFailure({ attempts, money }, policy);
}

/** Decides the charge of a task whose cost did not become known while it was held. */
export function chargeAfterHold(
  { attempts, money, request = {}, state }: Ended & { state?: Task['state'] },
  policy: ChargePolicy,
): FinalCharge {
  const { estimatedMicroUsd } = money;
  if (countOf(request) > 1)
    return chargeSeveral(
      { attempts, money, request },
      { succeeded: state === 'succeeded', isKnown: false },
      policy,
    );
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
  // Where none succeeded, that whose picture had been set aside and is shown all the same.
  const made =
    attempts.findLast(({ outcome }) => outcome === 'succeeded') ?? deliveriesOf({ attempts })[0]?.attempt;
  const cost = made?.costMicroUsd ?? null;
  const others = attempts.filter((each) => each !== made);
  const billed = failedButBilled === 'charge' ? billedForFailures(others) : 0;
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
