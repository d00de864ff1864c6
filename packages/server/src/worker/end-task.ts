// How a run ends: the fenced writes that move a task out of `running`, and the decision between trying again and giving up.

import type { TaskFailure } from '../core/errors.ts';
import type { Emit } from '../core/events.ts';
import type { ChargePolicy } from '../core/ledger/charge-policy.ts';
import { emitAttemptEnded, emitTaskEnded, neverMade } from '../core/tasks/attempt-ends.ts';
import { hasAside } from '../core/tasks/deliveries.ts';
import { outcomeWithLastWords } from '../core/tasks/last-words.ts';
import { decideRetry, delaysAskedIn, mayCallAgain, type RetryPolicy } from '../core/tasks/retry-policy.ts';
import type { Attempt, TaskResult } from '../core/tasks/task.ts';
import { isForSeveral, openAttemptsOf, outcomeWithPictures } from '../core/tasks/several-pictures.ts';
import { chargedEnd, closeOpen, endTask } from '../core/tasks/task-moves.ts';
import type { AttemptEnd, TaskEnd } from '../core/tasks/task-queue.ts';
import type { TaskStore } from '../core/tasks/task-store.ts';
import { readyView, type TaskViews } from '../core/tasks/task-views.ts';
import type { Clock } from '../lib/clock.ts';
import type { CallRun } from './call-run.ts';
import type { TaskRun } from './task-run.ts';

export interface EndDependencies {
  store: TaskStore;
  views: TaskViews;
  clock: Clock;
  emit: Emit;
  policy: RetryPolicy;
  charging: ChargePolicy;
  /** In [0, 1). */
  random: () => number;
}

export type EndedAs = 'succeeded' | 'error' | 'put_back' | 'lease_lost';

/** Ends a task with its result. */
export async function succeed(
  dependencies: EndDependencies,
  run: TaskRun,
  result: TaskResult,
  attempt: AttemptEnd | null,
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
  const decision = decideAgain(dependencies, run, failure, attempt, final);
  return decision.kind === 'over'
    ? endFailed(dependencies, run, decision.failure, attempt)
    : putBack(dependencies, run, decision, attempt);
}

/** Consequence of a failure: another call from the time `dueAt` on, Unix milliseconds, or the end with a failure. */
export type AfterFailure =
  { kind: 'again'; dueAt: number; usesTry: boolean } | { kind: 'over'; failure: TaskFailure };

/** Decides as the policy says. `attempt` is the end of the open attempt, and `final` the failure of the end. */
export function decideAgain(
  { clock, policy, random }: Pick<EndDependencies, 'clock' | 'policy' | 'random'>,
  run: Pick<CallRun, 'task' | 'attempt' | 'indices'>,
  failure: TaskFailure,
  attempt: AttemptEnd | null,
  final = failure,
): AfterFailure {
  const { task } = run;
  // A picture is there, and is shown now.
  if (hasAside(run)) return { kind: 'over', failure: final };
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
    return { kind: 'over', failure: final };
  return { kind: 'again', dueAt: decision.dueAt, usesTry: decision.usesTry };
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

/**
 * Back to the queue. With `attempt` null an open attempt stays open, for its operation to be taken up again. One that the run does not know of,
 * as the answer to its opening was lost, is closed: taken with the task again, its call would count as made.
 */
export async function putBack(
  { store, clock, emit }: EndDependencies,
  { task, lease, attempt: open }: TaskRun,
  { dueAt, usesTry }: { dueAt: number; usesTry: boolean },
  attempt: AttemptEnd | null,
): Promise<EndedAs> {
  const at = clock.now();
  const back = { at, dueAt, usesTry };
  // Of several pictures those that go on are known.
  const end = open === null && !isForSeveral(task) ? neverMade : attempt;
  const done = await store.putBackIfLeased(lease, end === null ? back : { ...back, attempt: end });
  if (!done) return 'lease_lost';
  emitAttemptEnded(emit, task, open, { at, end: attempt });
  return 'put_back';
}

/** Every attempt so far, the open one as `end` will leave it. */
export function attemptsWith(
  { task, attempt }: Pick<CallRun, 'task' | 'attempt'>,
  end: AttemptEnd | null,
): readonly Pick<Attempt, 'outcome' | 'failure'>[] {
  return attempt === null || end === null ? task.attempts : [...task.attempts, { ...attempt, ...end }];
}

async function finish(
  { store, views, clock, emit, charging }: EndDependencies,
  { task, lease, attempt: open }: TaskRun,
  outcome: TaskEnd['outcome'],
  attempt: AttemptEnd | null,
): Promise<EndedAs> {
  const attempts = open === null ? task.attempts : [...task.attempts, open];
  const ended = { ...task, attempts };
  const at = clock.now();
  const closing = openAttemptsOf(ended).length === 0 ? null : attempt;
  const closed = { ...ended, attempts: closeOpen(attempts, closing ?? undefined, at) };
  const end = chargedEnd(
    ended,
    {
      at,
      outcome: outcomeWithPictures(closed, outcomeWithLastWords(outcome, attempts, attempt)),
      ...(closing === null ? {} : { attempt: closing }),
    },
    charging,
  );
  const final = endTask(ended, end);
  const view = readyView(views, final);
  if (!(await store.finishIfLeased(lease, { ...end, view }))) return 'lease_lost';
  for (const each of openAttemptsOf(ended)) emitAttemptEnded(emit, task, each, { at, end: attempt });
  emitTaskEnded(emit, final);
  return end.outcome.state;
}

/** Closes the open attempt of a task that goes on at once. False when the lease is lost. */
export async function closeAndGoOn(
  { store, clock, emit }: EndDependencies,
  run: CallRun,
  end: AttemptEnd,
): Promise<boolean> {
  const { lease, attempt } = run;
  if (attempt === null) return true;
  const at = clock.now();
  if (!(await store.closeAttemptIfLeased(lease, at, end, attempt.number))) return false;
  emitAttemptEnded(emit, run.task, attempt, { at, end });
  run.close(attempt, end, at);
  return true;
}
