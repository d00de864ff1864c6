// Sums that a task adds to the usage of its place at its submit, at its end and at the end of its hold. Pure.

import type { Charge } from '../ledger/money.ts';
import type { TaskEnd } from '../tasks/task-queue.ts';
import { noUsage, type UsagePlace, type UsageSums } from './usage.ts';
import { dayOf } from '../../lib/time/days.ts';

/** Sums to be added at a place; some may be negative. */
export type UsageChange = UsagePlace & UsageSums;

export interface UsedTask {
  keyId: string;
  ownerId: string;
  model: string;
  createdAt: number;
}

const placeOf = ({ keyId, ownerId, model, createdAt }: UsedTask, upstream: string): UsagePlace => ({
  day: dayOf(createdAt),
  owner: ownerId,
  key: keyId,
  model,
  upstream,
});

export interface UsedEnd {
  outcome: TaskEnd['outcome'];
  charge: Charge;
  /** Sum that was held until then. */
  reserved: number;
  cost: number;
  /** Upstream of the last attempt; `null` where there was none. */
  upstream: string | null;
}

/** Moves a task that has ended to its upstream. */
export function usageOfEnd(task: UsedTask, end: UsedEnd): UsageChange[] {
  const { outcome, charge, reserved, cost, upstream } = end;
  const hasSucceeded = outcome.state === 'succeeded';
  const isCancelled = !hasSucceeded && outcome.failure.type === 'cancelled';
  return [
    { ...noUsage, ...placeOf(task, ''), submitted: -1, reservedMicroUsd: -reserved },
    {
      ...placeOf(task, upstream ?? ''),
      submitted: 1,
      succeeded: hasSucceeded ? 1 : 0,
      failed: hasSucceeded || isCancelled ? 0 : 1,
      cancelled: isCancelled ? 1 : 0,
      pictures: hasSucceeded ? outcome.result.pictures.length : 0,
      costMicroUsd: cost,
      chargedMicroUsd: charge.kind === 'settle' ? charge.chargedMicroUsd : 0,
      reservedMicroUsd: charge.kind === 'hold' ? reserved : 0,
    },
  ];
}

/** Moves a task that waits, and that a wrong clock had put into the future, to the day of `now`. */
export function usageOfPull(
  task: UsedTask,
  { reserved, now }: { reserved: number; now: number },
): UsageChange[] {
  if (dayOf(task.createdAt) === dayOf(now)) return [];
  return [
    { ...noUsage, ...placeOf(task, ''), submitted: -1, reservedMicroUsd: -reserved },
    { ...noUsage, ...placeOf({ ...task, createdAt: now }, ''), submitted: 1, reservedMicroUsd: reserved },
  ];
}

/** Sums of an entry of the ledger that is written when no task ends: of a hold's end, and of an adjustment. */
export function usageOfEntry(
  task: UsedTask,
  upstream: string | null,
  { reservedDelta, spentDelta }: { reservedDelta: number; spentDelta: number },
): UsageChange {
  const place = placeOf(task, upstream ?? '');
  return { ...noUsage, ...place, chargedMicroUsd: spentDelta, reservedMicroUsd: reservedDelta };
}

/** Task of which an adjustment is said to be: of the day on which it counts. */
export function adjustedTask({
  keyId,
  ownerId,
  reservedAt,
}: {
  keyId: string | null;
  ownerId: string;
  reservedAt: number;
}): UsedTask {
  return { keyId: keyId ?? '', ownerId, model: '', createdAt: reservedAt };
}
