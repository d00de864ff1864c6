// Ends of attempts that failed, or were never answered, and their cost.

import type { TaskFailure } from '../errors.ts';
import type { AttemptEnd } from './task-queue.ts';

/** End of an attempt that failed. */
export function failedAttempt(
  failure: TaskFailure,
  spent: Pick<AttemptEnd, 'usage' | 'costMicroUsd'>,
): AttemptEnd {
  const outcome = failure.unknownOutcome === true ? 'unknown' : 'failed';
  return { outcome, failure, maybeBilled: failure.maybeBilled ?? false, ...spent };
}

/** Cost of a call whose price nobody can tell. */
export const unknownCost = { usage: null, costMicroUsd: null } as const;
/** Cost of a call that was never made. */
export const noCost = { usage: null, costMicroUsd: 0 } as const;
