// Lessons that a key's calls teach by their ends: to its circuit, its pauses and the number of its calls at once. Calls are
// numbered, so that of two it is known which began first, even within one millisecond.

import type { TaskErrorType, TaskFailure } from '../core/errors.ts';
import type { KeyState } from '../core/upstreams/key-states.ts';
import type { CallEnd } from '../core/upstreams/router.ts';
import type { AdaptiveLimit } from './adaptive-limit.ts';
import type { Circuit, Health } from './circuit.ts';
import { toOpenCircuit, toPause, toPauseState } from './told-states.ts';
import type { Pauses } from './pauses.ts';
import type { RecentErrors } from './recent-errors.ts';

/** An answer, even a refusal, shows that the upstream works; a fault of the key or the task shows nothing. */
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

/** State of a key that the ends of its calls change. */
export interface CredentialHealth {
  readonly concurrency: AdaptiveLimit;
  readonly circuit: Circuit;
  readonly pauses: Pauses;
  readonly errors: RecentErrors;
}

export interface CallOutcomes {
  begin(options: { resumed: boolean }): number;
  /** `inFlight`: the calls under way while this one was. `model` is the upstream's name of it. */
  learn(call: number, outcome: { end: CallEnd; model: string; inFlight: number; now: number }): void;
  /** Learns from a call with another key that the model itself is overloaded at this upstream. */
  learnOfOverload(failure: TaskFailure, model: string, now: number): void;
  /** Ends all pauses. */
  unpause(): void;
  /** Believes in what another process learned. */
  adopt(state: KeyState): void;
}

/** Failures of a `simulated` upstream are kept for the operator, and teach nothing. */
export function createCallOutcomes(
  { concurrency, circuit, pauses, errors }: CredentialHealth,
  {
    simulated = false,
    onLearned = () => {},
  }: { simulated?: boolean | undefined; onLearned?: ((state: KeyState) => void) | undefined },
): CallOutcomes {
  const { pause, endCall } = createTelling({ circuit, pauses }, onLearned);
  let latestCall = 0;
  let halvedUpTo = 0;

  /** Only for calls that began after the last time: those under way together found one and the same overload. */
  function halve(call: number, inFlight: number): void {
    if (call <= halvedUpTo) return;
    concurrency.halve(inFlight);
    halvedUpTo = latestCall;
  }

  return {
    begin({ resumed }) {
      latestCall += 1;
      if (!resumed) circuit.begin(latestCall);
      return latestCall;
    },
    learn(call, { end, model, inFlight, now }) {
      const failure = end.kind === 'failed' ? end.failure : undefined;
      if (failure !== undefined) errors.add(failure, now);
      const isLesson = failure === undefined || !simulated;
      endCall(call, { health: isLesson ? healthOf(end) : 'unknown', now, latestCall });
      const ended = { call, latestCall, model, now };
      if (end.kind === 'succeeded') {
        pauses.succeed(ended);
        concurrency.raise();
      }
      if (failure === undefined || !isLesson) return;
      pause(failure, ended);
      if (isTooMuch(failure)) halve(call, inFlight);
    },
    learnOfOverload(failure, model, now) {
      // Later than any call of this key, so that it counts also after the pauses were ended.
      pause(failure, { call: latestCall + 1, latestCall, model, now });
    },
    unpause: () => pauses.clear(latestCall),
    adopt(state) {
      if (state.kind === 'pause') pauses.adopt(toPause(state), state.since);
      if (state.kind === 'circuit_open') circuit.adopt(state, latestCall);
      if (state.kind === 'circuit_closed') circuit.adopt(null, latestCall);
    },
  };
}

/** Tells of pauses that begin, and of a circuit that opens or closes. */
function createTelling(
  { circuit, pauses }: Pick<CredentialHealth, 'circuit' | 'pauses'>,
  onLearned: (state: KeyState) => void,
) {
  return {
    pause(...failed: Parameters<Pauses['fail']>): void {
      const begun = pauses.fail(...failed);
      if (begun !== undefined) onLearned(toPauseState(begun, failed[1].now));
    },
    endCall(...ended: Parameters<Circuit['end']>): void {
      const before = circuit.opened();
      circuit.end(...ended);
      const after = circuit.opened();
      if (after?.since === before?.since) return;
      onLearned(after === null ? { kind: 'circuit_closed', since: ended[1].now } : toOpenCircuit(after));
    },
  };
}

function isTooMuch({ type, upstreamReason }: TaskFailure): boolean {
  return (
    type === 'upstream_rate_limited' || (type === 'upstream_unavailable' && upstreamReason === 'timeout')
  );
}

function healthOf(end: CallEnd): Health {
  // An answer that is too large, say, is no failure of the upstream's: only one that may pass is. Nor is it the key's that one
  // of its models is overloaded.
  if (end.kind === 'failed' && end.failure.type === 'upstream_unavailable')
    return end.failure.retryable && end.failure.modelOverloaded !== true ? 'unhealthy' : 'unknown';
  if (end.kind === 'failed') return healths[end.failure.type];
  return end.kind === 'succeeded' ? 'healthy' : 'unknown';
}
