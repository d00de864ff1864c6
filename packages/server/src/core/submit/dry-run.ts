// Dry runs: submits that are checked in every way and not accepted.

import type { Gate } from '../limits/judge-submit.ts';
import { submitRefused } from '../limits/refuse-submit.ts';
import { noMoney } from '../ledger/money.ts';
import { renderReady, type TaskViews } from '../tasks/task-views.ts';
import type { NewTask, TaskIntake } from '../tasks/task-store.ts';
import type { Task } from '../tasks/task.ts';
import type { Submitter } from './new-tasks.ts';
import type { PrepareTasks } from './prepare-tasks.ts';
import type { Submission } from './submission.ts';

export interface DryRun {
  tasks: number;
  /** Sum that would be reserved; `null` where the price of one is not known. */
  estimatedMicroUsd: number | null;
  /** View of the first task as it would be now, as JSON. */
  view: string;
}

/** Throws as a submit does. Nothing is stored, and an idempotency key is not used. */
export type DryRunSubmit = (
  caller: Submitter,
  submissions: readonly Submission[],
  options: { signal: AbortSignal },
) => Promise<DryRun>;

/** `prepare` must store no inputs. */
export function createDryRun({
  prepare,
  store,
  gate,
  views,
}: {
  prepare: PrepareTasks;
  store: Pick<TaskIntake, 'judge'>;
  gate: Gate;
  views: TaskViews;
}): DryRunSubmit {
  return async (caller, submissions, options) => {
    const tasks = await prepare(caller, submissions, options);
    const refusal = await store.judge(tasks, gate);
    const [first] = tasks;
    if (refusal !== null) throw submitRefused(refusal, first?.createdAt ?? 0);
    const estimates = tasks.map(({ price }) => price?.estimatedMicroUsd ?? null);
    const known = estimates.filter((estimate) => estimate !== null);
    const view = first === undefined ? '{}' : (await renderReady(views, asStored(first))).text;
    return {
      tasks: tasks.length,
      estimatedMicroUsd:
        known.length < estimates.length ? null : known.reduce((sum, estimate) => sum + estimate, 0),
      view,
    };
  };
}

/** The task as it would be stored. */
function asStored(task: NewTask): { keyId: string; task: Task } {
  const { keyId, ownerId = keyId, priority = 0, batchId = null, price, createdAt } = task;
  const shown: Task = {
    ...task,
    ownerId,
    priority,
    batchId,
    money: { ...noMoney, ...price },
    state: 'pending',
    updatedAt: createdAt,
    changed: 0,
    cancelRequestedAt: null,
    dueAt: createdAt,
    finishedAt: null,
    progress: 0,
    triesUsed: 0,
    result: null,
    failure: null,
    attempts: [],
  };
  return { keyId, task: shown };
}
