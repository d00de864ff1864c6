// One key of an upstream: what of its limits is used, whether it is well, and what the ends of its calls taught.

import type { TaskErrorType, TaskFailure } from '../core/errors.ts';
import type { CallEnd } from '../core/upstreams/router.ts';
import type { Limits } from '../core/upstreams/routes.ts';
import type { Upstream } from '../core/upstreams/upstream.ts';
import { createAdaptiveLimit, type AdaptiveLimit } from './adaptive-limit.ts';
import { createCircuit, type Circuit, type Health } from './circuit.ts';
import { type CountedCall, createLimitCounter, type LimitCounter } from './limits.ts';
import { later, type BlockReason } from './block-reason.ts';
import { createPauses, type Pauses } from './pauses.ts';
import { createRecentErrors, type RecentErrors } from './recent-errors.ts';
import type { RoutedCredential, RoutedUpstream } from './settings.ts';

/** An answer, even a refusal, shows that the upstream works; what lies with the key or the task shows nothing. */
const healths: Readonly<Record<TaskErrorType, Health>> = {
  content_rejected: 'healthy',
  no_image: 'healthy',
  upstream_bad_request: 'healthy',
  upstream_unavailable: 'unhealthy',
  upstream_rate_limited: 'unknown',
  upstream_quota: 'unknown',
  upstream_billing: 'unknown',
  upstream_auth: 'unknown',
  input_unreachable: 'unknown',
  deadline_exceeded: 'unknown',
  cancelled: 'unknown',
  internal: 'unknown',
};

export interface Credential {
  readonly label: string;
  readonly upstream: Upstream;
  readonly limits: LimitCounter;
  readonly concurrency: AdaptiveLimit;
  readonly circuit: Circuit;
  readonly pauses: Pauses;
  readonly errors: RecentErrors;
  /** What keeps a call with this key from beginning. `model` is the upstream's name of it. */
  blockReason(model: string, now: number): BlockReason | undefined;
  /** Counts a call, whether or not something blocks it. */
  begin(model: string, now: number, options: { resumed: boolean }): CountedCall;
  /** Learns from a call with another key that the model itself is overloaded at this upstream. */
  hearOfOverload(failure: TaskFailure, model: string, now: number): void;
  /** Ends all pauses. */
  unpause(): void;
}

/** `usedToday` are requests since the last reset before `now`. */
export function createCredential(
  { label, upstream, limits: own }: RoutedCredential,
  { keyLimits, quotaReset, simulated }: Pick<RoutedUpstream, 'keyLimits' | 'quotaReset' | 'simulated'>,
  { now: createdAt, usedToday }: { now: number; usedToday: number },
): Credential {
  const merged = mergeLimits(keyLimits, own ?? {});
  const concurrency = createAdaptiveLimit(merged.concurrency);
  const limits = createLimitCounter({
    limits: merged,
    concurrency: concurrency.current,
    reset: quotaReset,
    now: createdAt,
    usedToday,
  });
  const circuit = createCircuit();
  const pauses = createPauses(quotaReset);
  const errors = createRecentErrors();
  /** Calls are numbered, so that what is known of two is which began first, even within one millisecond. */
  let latestCall = 0;
  let halvedUpTo = 0;

  /** Only for calls that began after the last time: those under way together found one and the same overload. */
  function halve(call: number, inFlight: number): void {
    if (call <= halvedUpTo) return;
    concurrency.halve(inFlight);
    halvedUpTo = latestCall;
  }

  function learn(end: CallEnd, call: number, model: string, inFlight: number, now: number): void {
    if (end.kind === 'failed') errors.add(end.failure, now);
    const learned = simulated === true && end.kind === 'failed' ? ({ kind: 'stopped' } as const) : end;
    learnFrom(learned, call, model, inFlight, now);
  }

  function learnFrom(end: CallEnd, call: number, model: string, inFlight: number, now: number): void {
    const ended = { call, latestCall, model, now };
    circuit.end(call, { health: healthOf(end), now, latestCall });
    if (end.kind === 'succeeded') {
      pauses.succeed(ended);
      concurrency.raise();
    }
    if (end.kind !== 'failed') return;
    const { failure } = end;
    pauses.fail(failure, ended);
    const timedOut = failure.type === 'upstream_unavailable' && failure.upstreamReason === 'timeout';
    if (failure.type === 'upstream_rate_limited' || timedOut) halve(call, inFlight);
  }

  return {
    label,
    upstream,
    limits,
    concurrency,
    circuit,
    pauses,
    errors,
    blockReason: (model, now) =>
      later(later(pauses.blockReason(model, now), circuit.blockReason(now)), limits.blockReason(now)),
    begin(model, now, { resumed }) {
      const call = (latestCall += 1);
      if (!resumed) circuit.begin(call);
      const counted = limits.begin(now, { resumed });
      return {
        called: counted.called,
        end(end, endedAt) {
          const inFlight = limits.inFlight();
          counted.end(end, endedAt);
          learn(end, call, model, inFlight, endedAt);
        },
      };
    },
    hearOfOverload(failure, model, now) {
      // Later than any call of this key, so that it counts also after the pauses were ended.
      pauses.fail(failure, { call: latestCall + 1, latestCall, model, now });
    },
    unpause: () => pauses.clear(latestCall),
  };
}

function healthOf(end: CallEnd): Health {
  // An answer that is too large, say, is no failure of the upstream's: only what may pass is. Nor is it the key's that one of its
  // models is overloaded.
  if (end.kind === 'failed' && end.failure.type === 'upstream_unavailable')
    return end.failure.retryable && end.failure.modelOverloaded !== true ? 'unhealthy' : 'unknown';
  if (end.kind === 'failed') return healths[end.failure.type];
  return end.kind === 'succeeded' ? 'healthy' : 'unknown';
}

/** Member by member, since one that is there may still be `undefined`. */
function mergeLimits(all: Limits, own: Limits): Limits {
  return {
    concurrency: own.concurrency ?? all.concurrency,
    requestsPerMinute: own.requestsPerMinute ?? all.requestsPerMinute,
    picturesPerMinute: own.picturesPerMinute ?? all.picturesPerMinute,
    dailyRequests: own.dailyRequests ?? all.dailyRequests,
  };
}
