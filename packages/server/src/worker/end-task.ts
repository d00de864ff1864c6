// How a run ends: the fenced writes that move a task out of `running`, and the decision between trying again and giving up.

import { RequestError, type TaskFailure } from '../core/errors.ts';
import type { Emit } from '../core/events.ts';
import { emitAttemptEnded } from '../core/tasks/attempt-ends.ts';
import { outcomeWithLastWords } from '../core/tasks/last-words.ts';
import { decideRetry, delaysAskedIn, mayCallAgain, type RetryPolicy } from '../core/tasks/retry-policy.ts';
import type { Attempt, TaskResult } from '../core/tasks/task.ts';
import { endTask } from '../core/tasks/task-moves.ts';
import type { AttemptEnd, TaskEnd } from '../core/tasks/task-queue.ts';
import type { TaskStore } from '../core/tasks/task-store.ts';
import { readyView, type TaskViews } from '../core/tasks/task-views.ts';
import type { Clock } from '../lib/clock.ts';
import type { StartTimer } from '../lib/timers.ts';
import type { TaskRun } from './task-run.ts';

export interface EndDependencies {
  store: TaskStore;
  views: TaskViews;
  clock: Clock;
  startTimer: StartTimer;
  emit: Emit;
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
  dependencies: EndDependencies,
  run: TaskRun,
  { dueAt, usesTry }: { dueAt: number; usesTry: boolean },
  attempt: AttemptEnd | null,
): Promise<EndedAs> {
  const { store, clock, emit } = dependencies;
  const { task, lease, attempt: open } = run;
  const at = clock.now();
  const plain = { at, dueAt, usesTry };
  const back = open === null || attempt === null ? plain : { ...plain, attempt };
  if (!(await whileHeld(dependencies, run, () => store.putBackIfLeased(lease, back)))) return 'lease_lost';
  emitAttemptEnded(emit, task, open, { at, end: attempt });
  return 'put_back';
}

/** Every attempt so far, the open one as `end` will leave it. */
export function attemptsWith(
  { task, attempt }: TaskRun,
  end: AttemptEnd | null,
): readonly Pick<Attempt, 'outcome' | 'failure'>[] {
  return attempt === null || end === null ? task.attempts : [...task.attempts, { ...attempt, ...end }];
}

/** Time before what could not be written is written again. */
const writeAgainMs = 1_000;

/** Writes again and again while the store is away and the lease lasts, where it may end. False when the lease is lost. */
async function whileHeld(
  { clock, startTimer }: EndDependencies,
  run: TaskRun,
  write: () => Promise<boolean>,
): Promise<boolean> {
  for (;;) {
    try {
      return await write();
    } catch (error) {
      const isAway = error instanceof RequestError && error.type === 'overloaded';
      if (!isAway || run.heldUntil === Number.POSITIVE_INFINITY) throw error;
    }
    await new Promise<void>((resolve) => void startTimer(resolve, writeAgainMs));
    if (run.isLost(clock.now())) return false;
  }
}

async function finish(
  dependencies: EndDependencies,
  run: TaskRun,
  outcome: TaskEnd['outcome'],
  attempt: AttemptEnd | null,
): Promise<EndedAs> {
  const { store, views, clock, emit } = dependencies;
  const { task, lease, attempt: open } = run;
  const attempts = open === null ? task.attempts : [...task.attempts, open];
  const end = {
    at: clock.now(),
    outcome: outcomeWithLastWords(outcome, attempts, attempt),
    ...(open === null || attempt === null ? {} : { attempt }),
  };
  const view = readyView(views, endTask({ ...task, attempts }, end));
  const write = () => store.finishIfLeased(lease, { ...end, view });
  if (!(await whileHeld(dependencies, run, write))) return 'lease_lost';
  emitAttemptEnded(emit, task, open, { at: end.at, end: attempt });
  return outcome.state;
}

/** Closes the open attempt of a task that goes on at once. False when the lease is lost. */
export async function closeAndGoOn(
  dependencies: EndDependencies,
  run: TaskRun,
  end: AttemptEnd,
): Promise<boolean> {
  const { store, clock, emit } = dependencies;
  const { lease, attempt } = run;
  if (attempt === null) return true;
  const at = clock.now();
  if (!(await whileHeld(dependencies, run, () => store.closeAttemptIfLeased(lease, at, end)))) return false;
  emitAttemptEnded(emit, run.task, attempt, { at, end });
  run.close(attempt, end, at);
  return true;
}
