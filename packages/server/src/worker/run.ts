// What the steps of one run share: the task under its lease, the control over it, and what was tried already.

import { TaskError, type TaskFailure, type UnreadAnswer } from '../core/errors.ts';
import type { LoadedInputs, LoadInputs } from '../core/pictures/inputs.ts';
import type { Need, Router } from '../core/upstreams/router.ts';
import type { Attempt, Task } from '../core/tasks/task.ts';
import type { AttemptEnd } from '../core/tasks/task-queue.ts';
import type { Usage } from '../core/upstreams/usage.ts';
import type { CallControl, CallDependencies } from './call-upstream.ts';
import type { EndDependencies, RunningTask } from './end-task.ts';
import type { StoreUnreadAnswer } from './store-unread-answer.ts';
import type { StoreDependencies } from './store-pictures.ts';
import { StopReason } from './stop-reason.ts';

export interface RunDependencies extends EndDependencies, CallDependencies {
  loadInputs: LoadInputs;
  pictures: StoreDependencies;
  router: Router;
  /** What a call cost in micro-dollars; `null` where that can't be known. */
  costOf: (
    call: { upstream: string; upstreamModel: string },
    spent: { usage: Usage | undefined; pictures: number; imageSize: Task['request']['imageSize'] },
  ) => number | null;
  storeUnreadAnswer: StoreUnreadAnswer;
  /** Told of every attempt that failed. */
  onAttemptFailed: (task: Task, attempt: Attempt, failure: TaskFailure) => void;
}

export interface Run {
  dependencies: RunDependencies;
  running: RunningTask;
  control: CallControl;
  /** Where this run has failed: the task is not sent there again before it has been back in the queue. */
  tried: { upstreams: Set<string>; credentials: Set<string> };
  /** Loaded before the first call, and used for every one that follows. */
  inputs: LoadedInputs | null;
  /** Resolves when the task names the copies of what was fetched for it. Never rejects. */
  copying: Promise<void>;
}

/** A call, or what comes before and after it, that failed. */
export interface Failed {
  kind: 'failed';
  failure: TaskFailure;
  usage: Usage | undefined;
  /** What the upstream itself says that it charges. */
  costMicroUsd?: number | undefined;
  /** Where a whole answer came that could not be used. */
  answer?: UnreadAnswer | undefined;
}
export interface Stopped {
  kind: 'stopped';
  reason: StopReason;
}

/** What was thrown, as what the task's story knows of it. Faults of our own become `internal`. */
export function explain({ dependencies, running }: Run, error: unknown): Failed | Stopped {
  if (error instanceof TaskError) {
    const { failure, usage, answer } = error;
    return { kind: 'failed', failure, usage, answer };
  }
  if (error instanceof StopReason) return { kind: 'stopped', reason: error };
  dependencies.onInternalError(running.task, error);
  const { called } = running;
  const failure: TaskFailure = {
    type: 'internal',
    message:
      'A fault inside this server stopped the task. The server’s log has the details under the task’s id.',
    retryable: true,
    ...(called ? { maybeBilled: true, unknownOutcome: true } : {}),
  };
  return { kind: 'failed', failure, usage: undefined };
}

export function needOf({ model, request }: Task): Need {
  return { model, inputs: request.inputs.length };
}

/** What a failed call used: nothing where the upstream charges for nothing, and nobody knows what where it might. */
export function spentOnFailure(
  run: Run,
  { failure, usage, costMicroUsd }: Failed,
): Pick<AttemptEnd, 'usage' | 'costMicroUsd'> {
  const { attempt, task } = run.running;
  const counted = { usage: usage ?? null };
  if (costMicroUsd !== undefined) return { ...counted, costMicroUsd };
  if (attempt === null || failure.maybeBilled !== true) return { ...counted, costMicroUsd: 0 };
  const spent = { usage, pictures: 0, imageSize: task.request.imageSize };
  return { ...counted, costMicroUsd: run.dependencies.costOf(attempt, spent) };
}
