// Whether a failed task is tried again, where, and when. Pure functions: the same arguments, the same answer.

import type { TaskErrorType, TaskFailure } from '../errors.ts';
import type { Attempt } from './task.ts';

export interface RetryPolicy {
  /** How often a task is tried before its failure is final. */
  maxTries: number;
  /** Wait before the second try; doubled for each one after it. */
  baseDelayMs: number;
  maxDelayMs: number;
  /** How often a task is tried again after a call whose outcome is not known, since each such call may have been paid for. */
  maxUnknownRetries: number;
  /** How often a task is tried again after an answer that is there and can't be used: each such call may be paid for twice. */
  maxAnsweredRetries: number;
}

/** An upstream may charge for every answer without a picture, so these are repeated less often than the policy allows. */
const maxTriesWithoutImage = 3;
/** How often a delay that an upstream asks for gives the try back. From then on it uses tries up, lest a task be called for ever. */
const maxDelaysGivenBack = 20;

/**
 * Where a failure has its cause, and so beyond what another try may do better at once: `credential`, another key; `upstream`,
 * another upstream; `none`, nowhere else: the same request would fail there too, or the fault is our own.
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

/** Beyond what the task may be served after this failure; `null` where nothing else may help. */
export function failoverScope(failure: TaskFailure): 'credential' | 'upstream' | null {
  // A model that needs the account to be verified, say, may well be served to another.
  if (failure.modelUnknown === true) return failure.type === 'upstream_auth' ? 'credential' : 'upstream';
  const cause = causes[failure.type];
  if (cause === 'none') return null;
  return cause === 'credential' || failure.retryable ? cause : null;
}

/** Whether the attempts so far, the failed one included, leave room for one more call that may have to be paid for. */
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
 * `triesUsed` counts the try that just failed, and `delaysAsked` the attempts before it that ended with a delay which the
 * upstream asked for. `random` is in [0, 1). Such a delay is obeyed and gives the try back, up to `maxDelaysGivenBack` times; it
 * is never shorter than the policy's first wait and, from the third on, than a back-off, lest a confused upstream be called
 * without pause or end. Where it reaches past the deadline, waiting is pointless and the failure is final.
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

/** How many of these attempts ended with a delay that the upstream asked for. */
export function delaysAskedIn(attempts: readonly Pick<Attempt, 'failure'>[]): number {
  return attempts.filter(({ failure }) => failure?.retryAfterMs !== undefined).length;
}

/** Exponential, with the upper half left to chance, so that tasks which failed together do not come back together. */
function backOff(triesUsed: number, { baseDelayMs, maxDelayMs }: RetryPolicy, random: number): number {
  const full = Math.min(maxDelayMs, baseDelayMs * 2 ** Math.max(0, triesUsed - 1));
  return full / 2 + (full / 2) * random;
}
