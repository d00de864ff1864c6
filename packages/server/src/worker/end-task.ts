// How a try ends: the fenced writes that move a task out of `running`, and the decision between trying again and giving up.

import type { TaskFailure } from '../core/errors.ts';
import { decideRetry, type RetryPolicy } from '../core/retry-policy.ts';
import type { Attempt, Task, TaskResult } from '../core/task.ts';
import { endTask } from '../core/task-moves.ts';
import type { AttemptEnd, Lease, TaskEnd, TaskStore } from '../core/task-store.ts';
import { readyView, type TaskViews } from '../core/task-views.ts';
import type { Clock } from '../lib/clock.ts';

export interface EndDependencies {
  store: TaskStore;
  views: TaskViews;
  clock: Clock;
  policy: RetryPolicy;
  /** In [0, 1). */
  random: () => number;
}

/** A task under a lease, with the attempt that is open, if one is. */
export interface RunningTask {
  task: Task;
  lease: Lease;
  attempt: Attempt | null;
}

export type EndedAs = 'succeeded' | 'error' | 'put_back' | 'lease_lost';

/** Ends a task with its result. */
export async function succeed(
  dependencies: EndDependencies,
  running: RunningTask,
  result: TaskResult,
): Promise<EndedAs> {
  const attempt: AttemptEnd = { outcome: 'succeeded', failure: null, maybeBilled: false };
  return finish(dependencies, running, { state: 'succeeded', result }, attempt);
}

/** After a failure: back to the queue when the policy says so, else the end. */
export async function fail(
  dependencies: EndDependencies,
  running: RunningTask,
  failure: TaskFailure,
  outcome: 'failed' | 'unknown' = 'failed',
): Promise<EndedAs> {
  const { store, clock, policy, random } = dependencies;
  const { task, lease } = running;
  const now = clock.now();
  const attempt: AttemptEnd = { outcome, failure, maybeBilled: failure.maybeBilled ?? false };
  const decision = decideRetry({
    failure,
    triesUsed: task.triesUsed,
    now,
    deadlineAt: task.deadlineAt,
    policy,
    random: random(),
  });
  if (!decision.retry) return finish(dependencies, running, { state: 'error', failure }, attempt);
  const back = { at: now, dueAt: decision.dueAt, usesTry: decision.usesTry };
  return (await store.putBackIfLeased(lease, running.attempt === null ? back : { ...back, attempt }))
    ? 'put_back'
    : 'lease_lost';
}

/**
 * Ends a task whose result was made but could not be stored. Its call succeeded, so it is not made again: that would be
 * paid for twice, and most likely lost twice.
 */
export async function endUnstored(dependencies: EndDependencies, running: RunningTask): Promise<EndedAs> {
  const failure: TaskFailure = {
    type: 'internal',
    message:
      'The upstream made the picture, but this server could not store it, most likely because its disk is full. ' +
      'The call may have been billed and was not repeated. Submit the task again once the operator has mended that.',
    retryable: true,
    maybeBilled: true,
  };
  const attempt: AttemptEnd = { outcome: 'succeeded', failure: null, maybeBilled: true };
  return finish(dependencies, running, { state: 'error', failure }, attempt);
}

/**
 * Hands a task back because this server stops, with the same number of tries left. It keeps its place in the queue, so
 * that the next server takes it before those that never ran.
 */
export async function handBack({ store, clock }: EndDependencies, running: RunningTask): Promise<EndedAs> {
  const back = { at: clock.now(), dueAt: running.task.dueAt, usesTry: false };
  const attempt: AttemptEnd = { outcome: 'interrupted', failure: null, maybeBilled: true };
  const done = await store.putBackIfLeased(
    running.lease,
    running.attempt === null ? back : { ...back, attempt },
  );
  return done ? 'put_back' : 'lease_lost';
}

async function finish(
  { store, views, clock }: EndDependencies,
  { task, lease, attempt }: RunningTask,
  outcome: TaskEnd['outcome'],
  attemptEnd: AttemptEnd,
): Promise<EndedAs> {
  const end = { at: clock.now(), outcome, ...(attempt === null ? {} : { attempt: attemptEnd }) };
  const attempts = attempt === null ? task.attempts : [...task.attempts, attempt];
  const view = readyView(views, endTask({ ...task, attempts }, end));
  return (await store.finishIfLeased(lease, { ...end, view })) ? outcome.state : 'lease_lost';
}

export function deadlineFailure(task: Task, maybeBilled: boolean): TaskFailure {
  const seconds = Math.round((task.deadlineAt - task.createdAt) / 1000);
  return {
    type: 'deadline_exceeded',
    message: `The task was not finished within its ${seconds} s. Submit it again, with a higher deadline_seconds if the model needs longer.`,
    retryable: false,
    maybeBilled,
  };
}
