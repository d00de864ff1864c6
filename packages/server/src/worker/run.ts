// Dependencies of the steps of a run, and how a run names what was thrown in it and what a failed call used.

import { TaskError, type TaskFailure, type UnreadAnswer } from '../core/errors.ts';
import type { LoadInputs } from '../core/pictures/inputs.ts';
import type { Router } from '../core/upstreams/router.ts';
import type { Task } from '../core/tasks/task.ts';
import type { AttemptEnd } from '../core/tasks/task-queue.ts';
import type { Tracer } from '../core/tracer.ts';
import type { UpstreamResult } from '../core/upstreams/upstream.ts';
import type { Usage } from '../core/upstreams/usage.ts';
import type { CallRun } from './call-run.ts';
import { type CallDependencies, NoRoomError } from './call-upstream.ts';
import type { EndDependencies } from './end-task.ts';
import type { StoreUnreadAnswer } from './store-unread-answer.ts';
import type { StoreDependencies } from './store-pictures.ts';
import { StopReason } from './stop-reason.ts';

export interface RunDependencies extends EndDependencies, CallDependencies {
  loadInputs: LoadInputs;
  pictures: StoreDependencies;
  router: Router;
  /** Cost of a call in micro-dollars; `null` where that can't be known. */
  costOf: (
    call: { upstream: string; upstreamModel: string },
    spent: { usage: Usage | undefined; pictures: number; imageSize: Task['request']['imageSize'] },
  ) => number | null;
  storeUnreadAnswer: StoreUnreadAnswer;
  /** Absent where no traces are kept. */
  tracer?: Tracer | undefined;
  /** `next_upstream`: pictures that are not as asked are asked for at the next upstream of the route. */
  notAsAsked: 'warn' | 'next_upstream';
}

/** A call, or what comes before and after it, that failed. */
export interface Failed {
  kind: 'failed';
  failure: TaskFailure;
  usage: Usage | undefined;
  /** Price that the upstream itself says. */
  costMicroUsd?: number | undefined;
  /** Where a whole answer came that could not be used. */
  answer?: UnreadAnswer | undefined;
}
/** There is no room for the call beside those of other processes. */
export interface Full {
  kind: 'full';
}
export interface Stopped {
  kind: 'stopped';
  reason: StopReason;
}

/** Outcome of one call. */
export type Outcome = { kind: 'answer'; answer: UpstreamResult } | Failed | Full | Stopped;

/** Names a thrown value as a failure of the task, or as the reason of its stop. Faults of our own become `internal`. */
export function explain(
  { onInternalError }: Pick<RunDependencies, 'onInternalError'>,
  { task, isCalled }: CallRun,
  error: unknown,
): Failed | Full | Stopped {
  if (error instanceof TaskError) {
    const { failure, usage, answer } = error;
    return { kind: 'failed', failure, usage, answer };
  }
  if (error instanceof StopReason) return { kind: 'stopped', reason: error };
  if (error instanceof NoRoomError) return { kind: 'full' };
  onInternalError(task, error);
  const failure: TaskFailure = {
    type: 'internal',
    message:
      'A fault inside this server stopped the task. The server’s log has the details under the task’s id.',
    retryable: true,
    ...(isCalled ? { maybeBilled: true, unknownOutcome: true } : {}),
  };
  return { kind: 'failed', failure, usage: undefined };
}

/** Tokens and cost of a failed call: no cost where none can have been billed, `null` where it may have been and nobody knows how much. */
export function spentOnFailure(
  { costOf }: Pick<RunDependencies, 'costOf'>,
  { attempt, task }: CallRun,
  { failure, usage, costMicroUsd }: Failed,
): Pick<AttemptEnd, 'usage' | 'costMicroUsd'> {
  const counted = { usage: usage ?? null };
  if (costMicroUsd !== undefined) return { ...counted, costMicroUsd };
  if (attempt === null || failure.maybeBilled !== true) return { ...counted, costMicroUsd: 0 };
  const spent = { usage, pictures: 0, imageSize: task.request.imageSize };
  return { ...counted, costMicroUsd: costOf(attempt, spent) };
}
