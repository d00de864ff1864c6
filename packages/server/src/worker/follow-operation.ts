// Asks after an operation until it has ended: slower and slower, at the upstream's own pace where it names one, and patient with
// an upstream that can't be asked for a while, since the operation is paid for and goes on without us.

import { TaskError } from '../core/errors.ts';
import type { OperationFailure, OperationProgress, UpstreamResult } from '../core/upstreams/upstream.ts';
import type { Clock } from '../lib/clock.ts';
import { pause, type StartTimer } from '../lib/timers.ts';

const firstWaitMs = 1_000;
const maxWaitMs = 10_000;
const growth = 1.3;
/** Limits of the wait that an upstream may ask for. */
const minAskedMs = 100;
const maxAskedMs = 60_000;

/**
 * Resolves with the end of the operation. Throws `TaskError` when it can no longer be asked: at once after a failure that no later
 * poll can mend, else after `patienceMs` of failures in a row. What became of the operation is then unknown, unless it is known to have
 * ended (`answered`) and only its pictures could not be had. Rejects with the signal's reason when it aborts.
 */
export async function followOperation({
  poll,
  upstreamName,
  signal,
  onProgress,
  clock,
  startTimer,
  patienceMs,
  firstPollAfterMs = firstWaitMs,
}: {
  poll: () => Promise<UpstreamResult | OperationFailure | OperationProgress>;
  upstreamName: string;
  signal: AbortSignal;
  onProgress: (progress: number) => void;
  clock: Clock;
  startTimer: StartTimer;
  patienceMs: number;
  firstPollAfterMs?: number | undefined;
}): Promise<UpstreamResult | OperationFailure> {
  let waitMs = firstPollAfterMs === 0 ? 0 : asked(firstPollAfterMs);
  let backOffMs = firstWaitMs;
  let troubleSince: number | null = null;
  for (;;) {
    await pause(startTimer, waitMs, signal);
    let askedMs: number | undefined;
    try {
      const answer = await poll();
      if ('pictures' in answer || 'failure' in answer) return answer;
      if (answer.progress !== undefined) onProgress(answer.progress);
      askedMs = answer.pollAfterMs;
      troubleSince = null;
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof TaskError)) throw error;
      troubleSince ??= clock.now();
      if (!error.failure.retryable || clock.now() - troubleSince >= patienceMs)
        throw lost(upstreamName, error, clock.now() - troubleSince);
      askedMs = error.failure.retryAfterMs;
    }
    waitMs = askedMs === undefined ? backOffMs : asked(askedMs);
    backOffMs = Math.min(maxWaitMs, backOffMs * growth);
  }
}

function asked(ms: number): number {
  return Math.min(maxAskedMs, Math.max(minAskedMs, ms));
}

function lost(upstreamName: string, cause: TaskError, troubleMs: number): TaskError {
  const { failure, usage, answer } = cause;
  const { retryable, answered } = failure;
  const message = failure.message.replace(/\.$/, '');
  const seconds = Math.round(troubleMs / 1000);
  const tried = retryable ? `It was asked for during ${seconds} seconds; the` : 'The';
  const ended =
    answered === true
      ? { message: `${message}. ${tried} call may have been billed.` }
      : {
          message: `${message}. The operation at ${upstreamName} could not be followed to its end, so it may have been billed.`,
          unknownOutcome: true,
        };
  return new TaskError({ ...failure, ...ended, maybeBilled: true }, { cause, usage, answer });
}
