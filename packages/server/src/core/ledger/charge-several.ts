// Charge of a task for several pictures: each that is there is charged as a success for one, and each that is missing as a failure of one.

import { countOf, type Task } from '../tasks/task.ts';
import { deliveredIndices, deliveriesOf } from '../tasks/deliveries.ts';
import { type PictureGroup, groupsOf } from '../tasks/several-pictures.ts';
import { billedForFailures, type ChargePolicy, holdMs, isUnknown } from './charge-policy.ts';
import type { Charge, FinalCharge } from './money.ts';

type Ended = Pick<Task, 'attempts' | 'money'> & { request: Pick<Task['request'], 'count'> };

/** Held whole while it is not known whether a missing picture was billed: a task is settled or released once. */
export function chargeSeveralAtEnd(
  ended: Ended,
  { succeeded, at }: { succeeded: boolean; at: number },
  policy: ChargePolicy,
): Charge {
  const isHeld =
    (ended.money.reservedMicroUsd ?? 0) > 0 &&
    missingGroups(ended, succeeded).some(({ attempts }) => attempts.some(isUnknown));
  return isHeld
    ? { kind: 'hold', until: at + holdMs }
    : chargeSeveral(ended, { succeeded, isKnown: true }, policy);
}

/** `isKnown` is false when the hold ended and it did not become known what missing pictures cost. */
export function chargeSeveral(
  ended: Ended,
  { succeeded, isKnown }: { succeeded: boolean; isKnown: boolean },
  policy: ChargePolicy,
): FinalCharge {
  const groups = missingGroups(ended, succeeded);
  const missing = groups.reduce((sum, { indices }) => sum + indices.length, 0);
  const failures = groups.map((group) => chargeOfGroup(ended, group, { succeeded, isKnown }, policy));
  // Pictures that were asked for together and went on apart have their first call in common, which was billed once.
  const billed = new Map(
    failures.flatMap(({ billedBy }) => billedBy.map(({ number, costMicroUsd }) => [number, costMicroUsd])),
  );
  const forFailures = sumOf([...failures.map(({ sum }) => sum), ...[...billed.values()].map(knownCost)]);
  if (succeeded) {
    const { sum, reason } = chargeOfPictures(ended, policy);
    return {
      kind: 'settle',
      chargedMicroUsd: sum + forFailures,
      reason,
      ...(missing > 0 ? { missing } : {}),
    };
  }
  const reason = failures.some((each) => each.isUnknown) ? 'unknown_charged' : 'billed_failure';
  if (forFailures > 0) return { kind: 'settle', chargedMicroUsd: forFailures, reason };
  if (!isKnown) return { kind: 'release', reason: 'unknown_absorbed' };
  const isBilled = ended.attempts.some(({ costMicroUsd }) => (costMicroUsd ?? 0) > 0);
  return { kind: 'release', reason: isBilled ? 'absorbed' : 'not_billed' };
}

/** All pictures are missing where the task failed, those too that were there when it was cancelled. */
function missingGroups({ request, attempts }: Ended, succeeded: boolean): PictureGroup[] {
  return groupsOf({ request, attempts }, succeeded ? deliveredIndices({ attempts }) : new Set());
}

const priceOfOne = ({ money, request }: Ended): number | null =>
  money.estimatedMicroUsd === null ? null : Math.ceil(money.estimatedMicroUsd / countOf(request));

/** Pictures that are there: the agreed price of each, without one what their calls cost, and where that is not known, the estimate. */
function chargeOfPictures(ended: Ended, { failedButBilled }: ChargePolicy) {
  const { money, attempts } = ended;
  const made = deliveriesOf({ attempts });
  const pictures = sumOf(made.map((one) => one.pictures.length));
  if (money.unitMicroUsd !== null) return { sum: money.unitMicroUsd * pictures, reason: 'price' } as const;
  const each = priceOfOne(ended);
  const isKnown = made.every(({ attempt }) => attempt.costMicroUsd !== null);
  const costs = sumOf(
    made.map(({ attempt, pictures: { length } }) => attempt.costMicroUsd ?? (each ?? 0) * length),
  );
  const there = deliveredIndices({ attempts });
  const paid = new Set(made.map(({ attempt }) => attempt.number));
  const before = attempts.filter(
    ({ number, indices = [] }) => !paid.has(number) && indices.every((index) => there.has(index)),
  );
  const billed = failedButBilled === 'charge' ? billedForFailures(before) : 0;
  const reason = isKnown ? 'cost' : each === null ? 'unpriced' : 'estimate';
  return { sum: costs + billed, reason } as const;
}

/** Charge of missing pictures: a sum of their own, and the calls whose costs are charged beside it, each once. */
interface GroupCharge {
  sum: number;
  billedBy: PictureGroup['attempts'];
  isUnknown: boolean;
}

/** Missing pictures: nothing, unless the owner bears what was billed for them, or may have been. */
function chargeOfGroup(
  ended: Ended,
  { indices, attempts }: PictureGroup,
  { succeeded, isKnown }: { succeeded: boolean; isKnown: boolean },
  policy: ChargePolicy,
): GroupCharge {
  const each = priceOfOne(ended);
  if (!isKnown && policy.unknownOutcomes === 'charge' && each !== null && attempts.some(isUnknown))
    return { sum: each * indices.length, billedBy: [], isUnknown: true };
  // A call that brought others of its pictures is charged with those.
  const paid = new Set(deliveriesOf(ended).map(({ attempt }) => attempt.number));
  const billedBy = attempts.filter(
    ({ number, costMicroUsd }) => (!succeeded || !paid.has(number)) && knownCost(costMicroUsd) > 0,
  );
  const { unitMicroUsd } = ended.money;
  if (billedBy.length === 0 || policy.failedButBilled === 'absorb')
    return { sum: 0, billedBy: [], isUnknown: false };
  return unitMicroUsd === null
    ? { sum: 0, billedBy, isUnknown: false }
    : { sum: unitMicroUsd * indices.length, billedBy: [], isUnknown: false };
}

const knownCost = (costMicroUsd: number | null): number => costMicroUsd ?? 0;

const sumOf = (numbers: readonly number[]): number => numbers.reduce((sum, each) => sum + each, 0);
