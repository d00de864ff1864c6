// What follows a failure: a call elsewhere at once, a wait in the queue, or the end.

import type { TaskFailure } from '../core/errors.ts';
import { failoverScope, mayCallAgain } from '../core/retry-policy.ts';
import type { Outlook, Place } from '../core/router.ts';
import {
  attemptsWith,
  closeAndGoOn,
  type EndedAs,
  endFailed,
  failedAttempt,
  putBack,
  retryOrEnd,
  unknownCost,
} from './end-task.ts';
import { type Failed, needOf, type Run, spentOnFailure } from './run.ts';

/** How long to leave a task alone that found no place although one was expected. */
const noPlaceMs = 1_000;

/** The place of the next call, which the task goes to at once, or how the run ended. */
export async function afterFailure(run: Run, place: Place, failed: Failed): Promise<Place | EndedAs> {
  const { dependencies, running } = run;
  const { failure } = failed;
  const end = running.attempt === null ? null : failedAttempt(failure, spentOnFailure(run, failed));
  const scope = running.attempt === null ? null : failoverScope(failure);
  if (scope === null || end === null || !mayCallAgain(attemptsWith(running, end), dependencies.policy))
    return retryOrEnd(dependencies, running, failure, end);
  const toldAll = withEarlier(failure, run);

  const next = acquireElsewhere(run, place, scope);
  if (next !== null) {
    if (await closeAndGoOn(dependencies, running, end)) return next;
    next.release({ kind: 'unused' });
    return 'lease_lost';
  }
  const outlook = dependencies.router.outlook(needOf(running.task));
  if (outlook.kind === 'blocked')
    return endFailed(dependencies, running, lastWord(run, failure, outlook.failure), end);
  if (!failure.retryable) {
    // What is open is where it has just failed; what it would have to wait for may do better.
    if (outlook.kind === 'open') return endFailed(dependencies, running, toldAll, end);
    const dueAt = expectedAt(run, outlook);
    return dueAt >= running.task.deadlineAt
      ? endFailed(dependencies, running, toldAll, end)
      : putBack(dependencies, running, { dueAt, usesTry: false }, end);
  }
  return retryOrEnd(dependencies, running, failure, end, toldAll);
}

function acquireElsewhere(
  { dependencies: { router }, running, tried }: Run,
  { upstreamName, account }: Place,
  scope: 'account' | 'upstream',
): Place | null {
  const nameOf = (each: { upstreamName: string; account: string }) => `${each.upstreamName} ${each.account}`;
  if (scope === 'upstream') tried.upstreams.add(upstreamName);
  else tried.accounts.add(nameOf({ upstreamName, account }));
  return router.acquire(
    needOf(running.task),
    (each) => tried.upstreams.has(each.upstreamName) || tried.accounts.has(nameOf(each)),
  );
}

/** The failure with a word on how the other upstreams failed that the task was sent to: it is the last one's, not the only one. */
function withEarlier(failure: TaskFailure, { running: { task, attempt } }: Run): TaskFailure {
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
function lastWord({ running }: Run, failure: TaskFailure, blocked: TaskFailure): TaskFailure {
  if (running.task.attempts.length === 0) return failure;
  const { upstreamReason, maybeBilled } = failure;
  return {
    ...blocked,
    ...(upstreamReason === undefined ? {} : { upstreamReason }),
    ...(maybeBilled === undefined ? {} : { maybeBilled }),
  };
}

/** For a task that was taken and then found no place. */
export async function endWithoutPlace(run: Run): Promise<EndedAs> {
  const { dependencies, running } = run;
  const outlook = dependencies.router.outlook(needOf(running.task));
  if (outlook.kind === 'blocked') return endFailed(dependencies, running, outlook.failure, null);
  return putBack(dependencies, running, { dueAt: expectedAt(run, outlook), usesTry: false }, null);
}

function expectedAt({ dependencies: { clock, policy } }: Run, outlook: Outlook): number {
  const until = outlook.kind === 'waiting' ? outlook.until : null;
  const soon = clock.now() + Math.max(noPlaceMs, policy.baseDelayMs);
  return until === null ? soon : Math.max(until, clock.now() + policy.baseDelayMs);
}

/** For a task whose job runs at an upstream, or with a key, that the settings no longer name. */
export async function loseJob({ dependencies, running }: Run): Promise<EndedAs> {
  const failure: TaskFailure = {
    type: 'upstream_unavailable',
    message: `The upstream ${running.attempt?.upstream ?? ''} worked on this task, and it or its key is no longer in the settings, so the job could not be followed to its end. It may have been billed.`,
    retryable: true,
    maybeBilled: true,
    unknownOutcome: true,
  };
  return retryOrEnd(dependencies, running, failure, failedAttempt(failure, unknownCost));
}
