// Failures of upstreams. Whether another try may help is a matter of the type, but for a few that say it themselves.

import type { TaskErrorType, TaskFailure } from '../../core/errors.ts';

/** Kind of failure that an answer is. */
export interface Meaning {
  type: TaskErrorType;
  /** A sentence for people: what happened and what to do. */
  says: string;
  modelUnknown?: boolean;
  modelOverloaded?: boolean;
}

const retryable: ReadonlySet<TaskErrorType> = new Set([
  'no_image',
  'upstream_rate_limited',
  'upstream_unavailable',
]);

/** Whether another try may help after a failure of the type. */
export function isRetryable(type: TaskErrorType): boolean {
  return retryable.has(type);
}

/** `upstreamReason`: the upstream's own code or word, or a few words of ours. */
export function upstreamFailure(
  type: TaskErrorType,
  message: string,
  upstreamReason: string,
  more: Partial<TaskFailure> = {},
): TaskFailure {
  return { type, message, retryable: isRetryable(type), upstreamReason, ...more };
}

/** Doubts that an operation leaves which was taken, and can no longer be asked after. */
export const leftOpen = { maybeBilled: true, unknownOutcome: true } as const;
