// Ends the hold of a task of which it did not become known whether its upstream billed it.

import type { Clock } from '../../lib/clock.ts';
import type { Emit } from '../events.ts';
import { readyView, type TaskViews } from '../tasks/task-views.ts';
import type { Task } from '../tasks/task.ts';
import { chargeAfterHold } from './charge.ts';
import { type ChargePolicy } from './charge-policy.ts';
import type { LedgerStore } from './ledger.ts';
import { afterCharge } from './money.ts';

/** Decides who bears the cost, and shows the task anew. False when the hold had ended before. */
export type EndHold = (task: Task) => Promise<boolean>;

export function createEndHold({
  store,
  views,
  clock,
  emit,
  charging,
}: {
  store: Pick<LedgerStore, 'endHold'>;
  views: TaskViews;
  clock: Clock;
  emit: Emit;
  charging: ChargePolicy;
}): EndHold {
  return async (task) => {
    const at = clock.now();
    const charge = chargeAfterHold(task, charging);
    const ended = {
      ...task,
      updatedAt: Math.max(task.updatedAt, at),
      money: afterCharge(task.money, charge),
    };
    if (!(await store.endHold(task.id, { at, charge, view: readyView(views, ended) }))) return false;
    const chargedMicroUsd = ended.money.chargedMicroUsd ?? 0;
    emit('hold_ended', { task: task.id, model: task.model, chargedMicroUsd });
    return true;
  };
}
