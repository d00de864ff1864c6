// Wire form of a task for the operator. Of what a task is about it has nothing, unless the settings let the operator see everything: no
// prompt, input, picture or metadata, and no words of an upstream, which may speak of them.

import type { OperatorAttempt, OperatorFailure, OperatorTaskData } from '@plantain/client';
import type { TaskFailure } from '../../core/errors.ts';
import type { Attempt, Task } from '../../core/tasks/task.ts';
import { secondsText } from '../../lib/time/unix-time.ts';
import { taskRequestData } from '../submit/task-request.ts';
import { attemptData, errorData, imagesData, type Links, shownProgress } from './task-view.ts';
import { knownCost, taskCost } from './task-cost.ts';

/** Parts that everything is shown with. `linkTo` makes a link to a path that works until then (Unix seconds). */
export interface OperatorLinks {
  links: Links;
  linkTo: (path: string, expiresAt: number) => string;
  now: number;
}

/** `shown` is `null` where the operator sees records only. */
export function operatorTaskData(task: Task, shown: OperatorLinks | null): OperatorTaskData {
  const { failure, cancelRequestedAt, state } = task;
  const wordsOf = (of: TaskFailure) => (shown === null ? withoutWords(of) : errorData(of));
  return {
    task_id: task.id,
    key_id: task.keyId,
    owner_id: task.ownerId,
    state,
    action: task.action,
    model: task.model,
    priority: task.priority,
    progress: shownProgress(task.progress),
    create_time: secondsText(task.createdAt),
    update_time: secondsText(task.updatedAt),
    deadline: secondsText(task.deadlineAt),
    end_time: task.finishedAt === null ? null : secondsText(task.finishedAt),
    batch_id: task.batchId,
    ...(cancelRequestedAt !== null && state === 'running' ? { cancel_requested: true } : {}),
    pictures: task.result?.pictures.length ?? 0,
    attempts: task.attempts.map((attempt) => operatorAttempt(attempt, wordsOf)),
    ...(failure === null ? {} : { error: { ...wordsOf(failure), retryable: failure.retryable } }),
    cost_micro_usd: knownCost(task.attempts),
    cost: taskCost(task),
    ...(shown === null ? {} : contentOf(task, shown)),
  };
}

function contentOf(
  task: Task,
  { links, linkTo, now }: OperatorLinks,
): Pick<OperatorTaskData, 'data' | 'request'> {
  return { data: imagesData(task, links), request: taskRequestData(task, { linkTo, now }) };
}

function operatorAttempt(attempt: Attempt, wordsOf: (of: TaskFailure) => OperatorFailure): OperatorAttempt {
  const { error: _, ...record } = attemptData(attempt);
  const { credential, failure } = attempt;
  return { ...record, credential, ...(failure === null ? {} : { error: wordsOf(failure) }) };
}

function withoutWords({ type }: TaskFailure): OperatorFailure {
  return { type };
}
