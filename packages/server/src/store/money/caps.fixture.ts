// Whether submits kept to budgets and limits.

import assert from 'node:assert/strict';
import type { Standing } from '../../core/limits/judge-submit.ts';
import type { Inserted, NewTask } from '../../core/tasks/task-store.ts';
import { type KnownTask, ownerOf } from './expected-money.fixture.ts';
import type { SubmitStep } from './steps.fixture.ts';

/** A submit, and its answer; `null` where none came. */
export interface Submission {
  step: SubmitStep;
  tasks: NewTask[];
  inserted: Inserted | null;
}

/** A submit, when it is known whether its tasks are there. */
export interface Learnt extends Submission {
  isThere: boolean;
}

export type Standings = readonly Standing[];

interface Meanwhile {
  /** Tasks whose end came at the same time, and may have come before. */
  ended: readonly KnownTask[];
  /** Whether anything else happened. */
  others: boolean;
}

const isOf = (id: string, { keyId }: { keyId: string }) => keyId === id || ownerOf[keyId] === id;
const sumOf = (numbers: readonly number[]) => numbers.reduce((sum, number) => sum + number, 0);

/** Checks that what was accepted had room by what was there before, and what ended meanwhile; and, alone, that what was refused had none. */
export function checkCaps(
  before: Standings,
  submissions: readonly Learnt[],
  { ended, others }: Meanwhile,
): void {
  for (const { id, limited, spent, reserved, reservedInAll, picturesToday, waiting } of before) {
    const mine = submissions.filter(({ step }) => isOf(id, step));
    const accepted = mine.filter(({ isThere }) => isThere);
    const cost = sumOf(accepted.flatMap(({ step }) => step.estimates));
    const count = accepted.flatMap(({ step }) => step.estimates).length;
    const over = ended.filter((task) => isOf(id, task));
    const freed = sumOf(over.map(({ estimate }) => estimate));
    const { budget, limits } = limited;
    const left = budget === null ? Infinity : budget.amountMicroUsd - spent - reserved;
    const leftInAll = (limits.reservedMicroUsd ?? Infinity) - reservedInAll;
    if (cost > 0) {
      assert.ok(cost <= left + freed);
      assert.ok(cost <= leftInAll + freed);
    }
    if (count > 0) {
      assert.ok(count <= (limits.picturesPerDay ?? Infinity) - picturesToday + over.length);
      if (!others) assert.ok(count <= (limits.waiting ?? Infinity) - waiting + over.length);
    }
    if (others || over.length > 0) continue;
    for (const { step, inserted } of mine) {
      // Of equal requests the first one is judged.
      if (inserted?.kind !== 'refused' || inserted.refusal.of.id !== id || step.once !== null) continue;
      const asked = sumOf(step.estimates);
      if (inserted.refusal.limit === 'budget') assert.ok(cost + asked > left);
      if (inserted.refusal.limit === 'reserved_micro_usd') assert.ok(cost + asked > leftInAll);
    }
  }
}
