// The failure of an answer that is there and can't be used: it may hold what was paid for, so it is kept for the operator, and
// no other call is made for it unless a setting says so.

import { TaskError } from '../core/errors.ts';
import type { TaskFailure, UnreadAnswer } from '../core/errors.ts';
import type { Usage } from '../core/usage.ts';
import type { Answer } from './transport.ts';

/** For a complete answer of status 2xx to a call that may be charged for. `reason`: a few words, such as `malformed base64`. */
export function unreadFailure(upstream: string, reason: string): TaskFailure {
  return {
    type: 'upstream_unavailable',
    message: `${upstream} answered, but the answer could not be read (${reason}). It may hold the picture and may have been billed, so another call is made only where the operator allows it. The operator can look at the answer.`,
    retryable: true,
    upstreamReason: reason,
    maybeBilled: true,
    answered: true,
  };
}

/** The answer, as it goes with such a failure. */
export function toUnread({ status, headers, bytes, json }: Answer): UnreadAnswer {
  return { status, headers, bytes, json };
}

/** Both together. */
export function unreadError(
  answer: Answer,
  { upstream, reason, usage }: { upstream: string; reason: string; usage?: Usage | undefined },
): TaskError {
  return new TaskError(unreadFailure(upstream, reason), { usage, answer: toUnread(answer) });
}
