// Balances as they have to be: the test reckons them by itself from what became of each task.

import type { Balance } from '../../core/ledger/balance.ts';
import type { Interval } from '../../core/ledger/periods.ts';
import type { Charge } from '../../core/ledger/money.ts';
import type { Lease } from '../../core/tasks/task-queue.ts';
import type { Attempt } from '../../core/tasks/task.ts';

export interface KnownTask {
  id: string;
  keyId: string;
  ownerId: string;
  createdAt: number;
  estimate: number;
  /** Whether its reservation is in the ledger: a free task of whom nothing is limited has none. */
  isEntered: boolean;
  state: 'pending' | 'running' | 'final' | 'deleted';
  lease: Lease | null;
  attempts: readonly Attempt[];
  /** Set when it has ended. */
  charge: Charge | null;
}

export interface KnownAdjustment {
  keyId: string | null;
  ownerId: string;
  at: number;
  spentDelta: number;
}

/** Subjects of the test: two keys of an owner, and one that is its own. */
export const ownerOf: Readonly<Record<string, string>> = { key_a: 'own_a', key_b: 'own_a', key_c: 'key_c' };
export const keyIds = Object.keys(ownerOf);
export const subjects = [
  { kind: 'owner', id: 'own_a' },
  ...keyIds.map((id) => ({ kind: 'key', id }) as const),
] as const;

const isOf = (subjectId: string, { keyId, ownerId }: { keyId: string | null; ownerId: string }) =>
  keyId === subjectId || ownerId === subjectId;
const isIn = (at: number, { startsAt, endsAt }: Interval) => at >= startsAt && at < endsAt;

export function expectedBalance(
  subjectId: string,
  interval: Interval,
  tasks: Iterable<KnownTask>,
  adjustments: readonly KnownAdjustment[],
): Balance {
  const sum: Balance = { reserved: 0, spent: 0, pictures: 0 };
  for (const task of tasks) {
    if (!isOf(subjectId, task) || !isIn(task.createdAt, interval)) continue;
    const { charge, isEntered, estimate } = task;
    if (isEntered && (charge === null || charge.kind === 'hold')) sum.reserved += estimate;
    if (isEntered && charge?.kind !== 'release') sum.pictures += 1;
    if (charge?.kind === 'settle') sum.spent += charge.chargedMicroUsd;
  }
  for (const { spentDelta, at, ...whose } of adjustments)
    if (isOf(subjectId, whose) && isIn(at, interval)) sum.spent += spentDelta;
  return sum;
}
