// Whether a failed task is tried again, and when. A pure function: the same arguments, the same answer.

import type { TaskFailure } from './errors.ts';

export interface RetryPolicy {
  /** How often a task is tried before its failure is final. */
  maxTries: number;
  /** Wait before the second try; doubled for each one after it. */
  baseDelayMs: number;
  maxDelayMs: number;
}

/** An upstream may charge for every answer without a picture, so these are tried less often than the policy allows. */
const maxTriesWithoutImage = 3;

export type RetryDecision = { retry: false } | { retry: true; dueAt: number; usesTry: boolean };

/**
 * `triesUsed` counts the try that just failed. `random` is in [0, 1). A delay that the upstream asked for is obeyed and
 * gives the try back, but is never shorter than the policy's first wait, lest a confused upstream be called without
 * pause or end; where it reaches past the deadline, waiting is pointless and the failure is final.
 */
export function decideRetry(options: {
  failure: TaskFailure;
  triesUsed: number;
  now: number;
  deadlineAt: number;
  policy: RetryPolicy;
  random: number;
}): RetryDecision {
  const { failure, triesUsed, now, deadlineAt, policy, random } = options;
  if (!failure.retryable) return { retry: false };
  const asked = failure.retryAfterMs;
  const maxTries =
    failure.type === 'no_image' ? Math.min(policy.maxTries, maxTriesWithoutImage) : policy.maxTries;
  if (asked === undefined && triesUsed >= maxTries) return { retry: false };
  const delayMs =
    asked === undefined ? backOff(triesUsed, policy, random) : Math.max(asked, policy.baseDelayMs);
  const dueAt = now + Math.ceil(delayMs);
  if (dueAt >= deadlineAt) return { retry: false };
  return { retry: true, dueAt, usesTry: asked === undefined };
}

/** Exponential, with the upper half left to chance, so that tasks which failed together do not come back together. */
function backOff(triesUsed: number, { baseDelayMs, maxDelayMs }: RetryPolicy, random: number): number {
  const full = Math.min(maxDelayMs, baseDelayMs * 2 ** Math.max(0, triesUsed - 1));
  return full / 2 + (full / 2) * random;
}
