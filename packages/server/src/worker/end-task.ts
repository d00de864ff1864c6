// How a run ends: the fenced writes that move a task out of `running`, and the decision between trying again and giving up.

import type { TaskFailure } from '../core/errors.ts';
import { withLastWords } from '../core/tasks/last-words.ts';
import { decideRetry, delaysAskedIn, mayCallAgain, type RetryPolicy } from '../core/tasks/retry-policy.ts';
import type { Attempt, Task, TaskResult } from '../core/tasks/task.ts';
import { endTask } from '../core/tasks/task-moves.ts';
import type { AttemptEnd, TaskEnd } from '../core/tasks/task-queue.ts';
import type { TaskStore } from '../core/tasks/task-store.ts';
import { readyView, type TaskViews } from '../core/tasks/task-views.ts';
import type { Clock } from '../lib/clock.ts';
import type { TaskRun } from './task-run.ts';

export interface EndDependencies {
  store: TaskStore;
  views: TaskViews;
  clock: Clock;
  policy: RetryPolicy;
  /** In [0, 1). */
  random: () => number;
}

export type EndedAs = 'succeeded' | 'error' | 'put_back' | 'lease_lost';

/** Ends a task with its result. */
export async function succeed(
  dependencies: EndDependencies,
  run: TaskRun,
  result: TaskResult,
  attempt: AttemptEnd,
): Promise<EndedAs> {
  return finish(dependencies, run, { state: 'succeeded', result }, attempt);
}

/** After a failure: back to the queue when the policy says so, else the end, with `final`. `attempt` closes the open one. */
export async function retryOrEnd(
  dependencies: EndDependencies,
  run: TaskRun,
  failure: TaskFailure,
  attempt: AttemptEnd | null,
  final = failure,
): Promise<EndedAs> {
  const { clock, policy, random } = dependencies;
  const { task } = run;
  const decision = decideRetry({
    failure,
    triesUsed: task.triesUsed,
    delaysAsked: delaysAskedIn(task.attempts),
    now: clock.now(),
    deadlineAt: task.deadlineAt,
    policy,
    random: random(),
  });
  if (!decision.retry || !mayCallAgain(attemptsWith(run, attempt), policy))
    return endFailed(dependencies, run, final, attempt);
  return putBack(dependencies, run, decision, attempt);
}

/** Ends a task with a failure, whatever the policy says. */
export async function endFailed(
  dependencies: EndDependencies,
  run: TaskRun,
  failure: TaskFailure,
  attempt: AttemptEnd | null,
): Promise<EndedAs> {
  return finish(dependencies, run, { state: 'error', failure }, attempt);
}

/** Back to the queue. With `attempt` null an open attempt stays open, for its operation to be taken up again. */
export async function putBack(
  { store, clock }: EndDependencies,
  { lease, attempt: open }: TaskRun,
  { dueAt, usesTry }: { dueAt: number; usesTry: boolean },
  attempt: AttemptEnd | null,
): Promise<EndedAs> {
  const back = { at: clock.now(), dueAt, usesTry };
  const done = await store.putBackIfLeased(
    lease,
    open === null || attempt === null ? back : { ...back, attempt },
  );
  return done ? 'put_back' : 'lease_lost';
}

/** Every attempt so far, the open one as `end` will leave it. */
export function attemptsWith(
  { task, attempt }: TaskRun,
  end: AttemptEnd | null,
): readonly Pick<Attempt, 'outcome' | 'failure'>[] {
  return attempt === null || end === null ? task.attempts : [...task.attempts, { ...attempt, ...end }];
}

/** How an attempt ends that failed. */
export function failedAttempt(
  failure: TaskFailure,
  spent: Pick<AttemptEnd, 'usage' | 'costMicroUsd'>,
): AttemptEnd {
  const outcome = failure.unknownOutcome === true ? 'unknown' : 'failed';
  return { outcome, failure, maybeBilled: failure.maybeBilled ?? false, ...spent };
}

/** Of a call whose price nobody can tell, and of one that was never made. */
export const unknownCost = { usage: null, costMicroUsd: null } as const;
export const noCost = { usage: null, costMicroUsd: 0 } as const;

async function finish(
  { store, views, clock }: EndDependencies,
  { task, lease, attempt: open }: TaskRun,
  outcome: TaskEnd['outcome'],
  attempt: AttemptEnd | null,
): Promise<EndedAs> {
  const attempts = open === null ? task.attempts : [...task.attempts, open];
  const end = {
    at: clock.now(),
    outcome: withWords(outcome, attempts, attempt),
    ...(open === null || attempt === null ? {} : { attempt }),
  };
  const view = readyView(views, endTask({ ...task, attempts }, end));
  return (await store.finishIfLeased(lease, { ...end, view })) ? outcome.state : 'lease_lost';
}

/** The end of a task with what an upstream said last. `last` is how the last of the attempts ends, if it is open. */
export function withWords(
  outcome: TaskEnd['outcome'],
  attempts: readonly Attempt[],
  last: AttemptEnd | null,
): TaskEnd['outcome'] {
  if (outcome.state === 'succeeded') return outcome;
  const ended = attempts.map((each) => (each.outcome === null ? { ...each, ...last } : each));
  return { state: 'error', failure: withLastWords(outcome.failure, ended) };
}

/** Closes the open attempt of a task that goes on at once. False when the lease is lost. */
export async function closeAndGoOn(
  { store, clock }: EndDependencies,
  run: TaskRun,
  end: AttemptEnd,
): Promise<boolean> {
  const { lease, attempt } = run;
  if (attempt === null) return true;
  const at = clock.now();
  if (!(await store.closeAttemptIfLeased(lease, at, end))) return false;
  run.close(attempt, end, at);
  return true;
}

export function cancelledFailure(maybeBilled: boolean): TaskFailure {
  const billing = maybeBilled
    ? 'An upstream was at work on it, so it may have been billed.'
    : 'No upstream was at work on it.';
  return {
    type: 'cancelled',
    message: `The task was cancelled by whoever submitted it. ${billing}`,
    retryable: false,
    maybeBilled,
  };
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
