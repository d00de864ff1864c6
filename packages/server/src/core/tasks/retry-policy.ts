// Retry policy: decides if a failed task is tried again, where, and when. Pure.

import type { TaskErrorType, TaskFailure } from '../errors.ts';
import type { Attempt } from './task.ts';

export interface RetryPolicy {
  maxTries: number;
  /** Delay before the second try; doubled for each further one. */
  baseDelayMs: number;
  maxDelayMs: number;
  /** Maximal retries after calls whose outcome is unknown; each may be billed again. */
  maxUnknownRetries: number;
  /** Maximal retries after answers that could not be used; each may be billed again. */
  maxAnsweredRetries: number;
}

/** Maximal tries that end with an answer without a picture, as an upstream may charge for each. */
const maxTriesWithoutImage = 3;
/** Maximal retries, after a delay that an upstream asked for, that use no try. Further ones do, so that a task is not called for ever. */
const maxDelaysGivenBack = 20;

/**
 * Causes of failures, by where a failover may succeed: `credential`, with another credential; `upstream`, at another upstream; `none`,
 * nowhere, because the request would fail there too or the fault is this server's.
 */
const causes: Readonly<Record<TaskErrorType, 'credential' | 'upstream' | 'none'>> = {
  upstream_rate_limited: 'credential',
  upstream_quota: 'credential',
  upstream_billing: 'credential',
  upstream_auth: 'credential',
  upstream_unavailable: 'upstream',
  no_image: 'upstream',
  content_rejected: 'none',
  upstream_bad_request: 'none',
  input_unreachable: 'none',
  deadline_exceeded: 'none',
  cancelled: 'none',
  internal: 'none',
};

/** Scope that a failover must leave after this failure: the credential, or the whole upstream. `null` where no failover may help. */
export function failoverScope(failure: TaskFailure): 'credential' | 'upstream' | null {
  // A model may need a verified account, so another credential may have it.
  if (failure.modelUnknown === true) return failure.type === 'upstream_auth' ? 'credential' : 'upstream';
  const cause = causes[failure.type];
  if (cause === 'none') return null;
  return cause === 'credential' || failure.retryable ? cause : null;
}

/** True where the attempts so far, including the failed one, permit one more call that may be billed. */
export function mayCallAgain(
  attempts: readonly Pick<Attempt, 'outcome' | 'failure'>[],
  { maxUnknownRetries, maxAnsweredRetries }: RetryPolicy,
): boolean {
  const unknown = attempts.filter(({ outcome }) => outcome === 'unknown').length;
  const withoutImage = attempts.filter(({ failure }) => failure?.type === 'no_image').length;
  const answered = attempts.filter(({ failure }) => failure?.answered === true).length;
  return (
    unknown <= maxUnknownRetries && withoutImage < maxTriesWithoutImage && answered <= maxAnsweredRetries
  );
}

export type RetryDecision = { retry: false } | { retry: true; dueAt: number; usesTry: boolean };

/**
 * Decides if and when a failed task is tried again. `triesUsed` includes the try that just failed; `delaysAsked` counts the earlier
 * attempts after which the upstream asked for a delay; `random` is in [0, 1). A delay that was asked for is obeyed and uses no try, up
 * to `maxDelaysGivenBack` times. It is at least the policy's first delay and, from the third one on, a back-off, so that a confused
 * upstream is not called without pause. A delay that ends after the deadline makes the failure final.
 */
export function decideRetry(options: {
  failure: TaskFailure;
  triesUsed: number;
  delaysAsked: number;
  now: number;
  deadlineAt: number;
  policy: RetryPolicy;
  random: number;
}): RetryDecision {
  const { failure, triesUsed, delaysAsked, now, deadlineAt, policy, random } = options;
  if (!failure.retryable) return { retry: false };
  const asked = failure.retryAfterMs;
  const usesTry = asked === undefined || delaysAsked >= maxDelaysGivenBack;
  if (usesTry && triesUsed >= policy.maxTries) return { retry: false };
  const delayMs =
    asked === undefined
      ? backOff(triesUsed, policy, random)
      : Math.max(asked, policy.baseDelayMs, delaysAsked < 2 ? 0 : backOff(delaysAsked, policy, random));
  const dueAt = now + Math.ceil(delayMs);
  if (dueAt >= deadlineAt) return { retry: false };
  return { retry: true, dueAt, usesTry };
}

/** Counts the attempts after which the upstream asked for a delay. */
export function delaysAskedIn(attempts: readonly Pick<Attempt, 'failure'>[]): number {
  return attempts.filter(({ failure }) => failure?.retryAfterMs !== undefined).length;
}

/** Exponential delay, its upper half random, so that tasks that failed together are not retried together. */
function backOff(triesUsed: number, { baseDelayMs, maxDelayMs }: RetryPolicy, random: number): number {
  const full = Math.min(maxDelayMs, baseDelayMs * 2 ** Math.max(0, triesUsed - 1));
  return full / 2 + (full / 2) * random;
}
