// Failures of calls that brought no answer, or one that was dropped: by where in the call it happened, and whether it may have been billed.

import type { TaskFailure } from '../../core/errors.ts';
import { statusOfProxy } from '../agents.ts';
import { upstreamFailure } from './upstream-failure.ts';

/** Call as far as its failures tell of it. */
interface FailedCall {
  /** Name of the upstream as people write it. */
  upstream: string;
  timeoutMs: number;
  method?: string;
  billable?: boolean;
}

/** The short code that Node or undici gave the error; its message is not repeated, as it can hold addresses. */
function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}

const isBillable = ({ billable, method = 'POST' }: FailedCall) => billable ?? method === 'POST';

/** Doubts that a call leaves which broke off after a part of it was sent. */
function leftOpen(call: FailedCall): Pick<TaskFailure, 'maybeBilled' | 'unknownOutcome'> {
  return isBillable(call) ? { maybeBilled: true, unknownOutcome: true } : {};
}

export function broken(call: FailedCall, cause: Error, sent: boolean): TaskFailure {
  const { upstream } = call;
  const refusedBy = statusOfProxy(cause);
  if (refusedBy !== undefined) return refusedByProxy(call, refusedBy);
  const code = codeOf(cause);
  const failure = { type: 'upstream_unavailable', retryable: true, upstreamReason: code } as const;
  if (!sent) {
    const message = `No connection to ${upstream} could be made (${code}), so nothing was sent. Try again later; if it stays so, the operator should check the base URL and the network.`;
    return { ...failure, message };
  }
  const message = `The connection to ${upstream} broke before its answer was complete (${code}). Trying again may help${billedNote(call)}.`;
  return { ...failure, message, ...leftOpen(call) };
}

/** The proxy has passed nothing on, so nothing can have been billed. */
function refusedByProxy({ upstream }: FailedCall, status: number): TaskFailure {
  const message = `The proxy on the way to ${upstream} answered ${status}, so nothing was passed on. Try again later; if it stays so, the operator should check the settings of the proxy, and what it allows.`;
  return upstreamFailure('upstream_unavailable', message, `proxy answered ${status}`);
}

export function timedOut(call: FailedCall, sent: boolean): TaskFailure {
  const { upstream, timeoutMs } = call;
  return upstreamFailure(
    'upstream_unavailable',
    sent
      ? `${upstream} gave no complete answer within ${timeoutMs / 1000} seconds. Trying again may help${billedNote(call)}.`
      : `No connection to ${upstream} could be made within ${timeoutMs / 1000} seconds, so nothing was sent. Try again later.`,
    'timeout',
    sent ? leftOpen(call) : {},
  );
}

function billedNote(call: FailedCall): string {
  return isBillable(call) ? '; the call may have been billed' : '';
}

// Not retryable: the same request would most likely be answered at the same length, and be paid for again.
export function tooLarge(call: FailedCall, maxAnswerBytes: number): TaskFailure {
  return {
    type: 'upstream_unavailable',
    message: `The answer of ${call.upstream} was over the limit of ${maxAnswerBytes} bytes and was dropped. Ask for a smaller picture${billedNote(call)}.`,
    retryable: false,
    upstreamReason: 'answer too large',
    answered: true,
    ...(isBillable(call) ? { maybeBilled: true } : {}),
  };
}

// Not retryable for the same reason.
export function inTooManyPieces(call: FailedCall): TaskFailure {
  return {
    type: 'upstream_unavailable',
    message: `The answer of ${call.upstream} came in so many small pieces that it was dropped${billedNote(call)}. If it stays so, the operator should look at what stands between.`,
    retryable: false,
    upstreamReason: 'answer in too many pieces',
    ...(isBillable(call) ? { maybeBilled: true } : {}),
  };
}

export function redirected({ upstream }: FailedCall, status: number): TaskFailure {
  const message = `${upstream} answered with a redirect (${status}), which is never followed, since it would carry the key elsewhere. The operator should correct the base URL.`;
  return upstreamFailure('upstream_bad_request', message, `${status} redirect`);
}
