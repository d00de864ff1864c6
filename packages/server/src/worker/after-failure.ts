// Decides how a run goes on after a failure: with a call elsewhere at once, a wait in the queue, or the end.

import type { TaskFailure } from '../core/errors.ts';
import { failedAttempt, neverMade, unknownCost } from '../core/tasks/attempt-ends.ts';
import { hasAside } from '../core/tasks/deliveries.ts';
import { failoverScope, mayCallAgain } from '../core/tasks/retry-policy.ts';
import { needOf } from '../core/upstreams/needs.ts';
import type { Availability, Slot } from '../core/upstreams/router.ts';
import type { AttemptEnd } from '../core/tasks/task-queue.ts';
import { avoidTried, nameOf } from './as-asked.ts';
import type { CallRun } from './call-run.ts';
import {
  type AfterFailure,
  attemptsWith,
  closeAndGoOn,
  decideAgain,
  type EndedAs,
  endFailed,
  putBack,
  retryOrEnd,
} from './end-task.ts';
import { type Failed, type RunDependencies, spentOnFailure } from './run.ts';
import type { TaskRun } from './task-run.ts';

/** How long to leave a task alone that found no slot although one was expected. */
const noSlotMs = 1_000;

/** The slot of the next call, which the task goes to at once, or how the run ended. */
export async function afterFailure(
  dependencies: RunDependencies,
  run: TaskRun,
  slot: Slot,
  failed: Failed,
): Promise<Slot | EndedAs> {
  const next = decideNext(dependencies, run, slot, failed);
  if (next.kind === 'elsewhere') return goOn(dependencies, run, next.slot, next.end);
  return next.kind === 'over'
    ? endFailed(dependencies, run, next.failure, next.end)
    : putBack(dependencies, run, next, next.end);
}

/** Consequence of a failed call, and the end of its attempt; that is `null` where none was open. */
export type Next =
  { kind: 'elsewhere'; slot: Slot; end: AttemptEnd } | (AfterFailure & { end: AttemptEnd | null });

/** Decides how it goes on after a failed call. The slot of a call elsewhere is acquired. */
export function decideNext(dependencies: RunDependencies, run: CallRun, slot: Slot, failed: Failed): Next {
  const { failure } = failed;
  const decide = (why: TaskFailure, end: AttemptEnd | null, final = why): Next => ({
    ...decideAgain(dependencies, run, why, end, final),
    end,
  });
  const end = run.attempt === null ? null : failedAttempt(failure, spentOnFailure(dependencies, run, failed));
  const scope = run.attempt === null ? null : failoverScope(failure);
  if (scope === null || end === null || !mayCallAgain(attemptsWith(run, end), dependencies.policy))
    return decide(failure, end);
  const toldAll = withEarlier(failure, run);

  noteFailed(run, slot, scope);
  const avoid = avoidTried(run);
  const { router } = dependencies;
  const need = needOf(run.task);
  const next = router.acquire(need, avoid);
  if (next !== null) return { kind: 'elsewhere', slot: next, end };
  const availability = router.availability(need);
  if (hasAside(run)) return { kind: 'over', failure: toldAll, end };
  if (availability.kind === 'blocked')
    return { kind: 'over', failure: lastWord(run, failure, availability.failure), end };
  // Where it failed for good it need not come back to, unless there is something else to wait for.
  if (!failure.retryable && router.availability(need, avoid).kind === 'blocked')
    return { kind: 'over', failure: toldAll, end };
  const asksForDelay = failure.retryAfterMs !== undefined && availability.kind === 'waiting';
  if ((!failure.retryable || asksForDelay) && isHopeless(availability, run.task.deadlineAt))
    return { kind: 'over', failure: toldAll, end };
  if (!failure.retryable) return { kind: 'again', dueAt: soon(dependencies), usesTry: false, end };
  // The router keeps to the delay that one upstream asked for; another may have room before.
  const asked = asksForDelay ? { ...failure, retryAfterMs: soonMs(dependencies) } : failure;
  return decide(asked, end, toldAll);
}

/** The slot of a call elsewhere, for a task to whose call others left no room, or how the run ended. */
export async function afterRefusal(dependencies: RunDependencies, run: TaskRun): Promise<Slot | EndedAs> {
  const next = dependencies.router.acquire(needOf(run.task), avoidTried(run));
  if (next !== null) return next;
  if (hasAside(run)) return endFailed(dependencies, run, noneBetter, null);
  const failure = run.task.attempts.at(-1)?.failure;
  if (failure?.retryable === true) return retryOrEnd(dependencies, run, failure, null);
  return putBack(dependencies, run, { dueAt: soon(dependencies), usesTry: false }, null);
}

async function goOn(
  dependencies: RunDependencies,
  run: TaskRun,
  next: Slot,
  end: AttemptEnd,
): Promise<Slot | EndedAs> {
  let going = false;
  try {
    going = await closeAndGoOn(dependencies, run, end);
  } finally {
    if (!going) next.release({ kind: 'unused' });
  }
  return going ? next : 'lease_lost';
}

/** Failure of the call to another upstream for whose picture there was no room: the one that was set aside is shown. */
const noneBetter: TaskFailure = {
  type: 'upstream_unavailable',
  message: 'No other upstream had room for the task.',
  retryable: true,
};

/** From here on the run stays away from where it has just failed. */
function noteFailed({ tried }: CallRun, slot: Slot, scope: 'credential' | 'upstream'): void {
  if (scope === 'upstream') tried.upstreams.add(slot.upstreamName);
  else tried.credentials.add(nameOf(slot));
}

function isHopeless(availability: Availability, deadlineAt: number): boolean {
  return availability.kind === 'waiting' && (availability.until ?? 0) >= deadlineAt;
}

/** The failure with a word on how the other upstreams failed that the task was sent to: it is the last one's, not the only one. */
function withEarlier(failure: TaskFailure, { task, attempt }: CallRun): TaskFailure {
  const last = new Map<string, TaskFailure>();
  for (const each of task.attempts)
    if (each.failure !== null && each.upstream !== attempt?.upstream) last.set(each.upstream, each.failure);
  if (last.size === 0) return failure;
  const words = [...last].map(
    ([name, { type, upstreamReason }]) =>
      `${name} (${type}${upstreamReason === undefined ? '' : `, ${upstreamReason}`})`,
  );
  return { ...failure, message: `${failure.message} Failed before: ${words.join('; ')}.` };
}

/** Nothing serves the task any more: the last failure says why, unless it is one of several reasons. */
function lastWord({ task }: CallRun, failure: TaskFailure, blocked: TaskFailure): TaskFailure {
  if (task.attempts.length === 0) return failure;
  const { upstreamReason, maybeBilled } = failure;
  return {
    ...blocked,
    ...(upstreamReason === undefined ? {} : { upstreamReason }),
    ...(maybeBilled === undefined ? {} : { maybeBilled }),
  };
}

/** For a task that was taken and then found no slot. */
export async function endWithoutSlot(dependencies: RunDependencies, run: TaskRun): Promise<EndedAs> {
  const availability = dependencies.router.availability(needOf(run.task));
  if (availability.kind === 'blocked') return endFailed(dependencies, run, availability.failure, neverMade);
  return putBack(dependencies, run, { dueAt: soon(dependencies), usesTry: false }, neverMade);
}

/** It is not taken before there is a slot for it, so this only keeps it from being looked at without pause. */
function soonMs({ policy }: RunDependencies): number {
  return Math.max(noSlotMs, policy.baseDelayMs);
}

export function soon(dependencies: RunDependencies): number {
  return dependencies.clock.now() + soonMs(dependencies);
}

/** For a task whose operation runs at an upstream, or with a key, that the settings no longer name. */
export async function loseOperation(dependencies: RunDependencies, run: TaskRun): Promise<EndedAs> {
  const failure = lostOperation(run);
  return retryOrEnd(dependencies, run, failure, failedAttempt(failure, unknownCost));
}

export function lostOperation({ attempt }: Pick<CallRun, 'attempt'>): TaskFailure {
  return {
    type: 'upstream_unavailable',
    message: `The upstream ${attempt?.upstream ?? ''} worked on this task, and it or its key is no longer in the settings, so the operation could not be followed to its end. It may have been billed.`,
    retryable: true,
    maybeBilled: true,
    unknownOutcome: true,
  };
}
