// One key of an upstream: how much of its limits is used, whether it is well, and what the ends of its calls taught.

import type { TaskFailure } from '../core/errors.ts';
import type { KeyState } from '../core/upstreams/key-states.ts';
import type { Limits } from '../core/upstreams/routes.ts';
import type { Upstream } from '../core/upstreams/upstream.ts';
import { createAdaptiveLimit } from './adaptive-limit.ts';
import { later, type BlockReason } from './block-reason.ts';
import { createCallOutcomes, type CredentialHealth } from './call-outcomes.ts';
import { createCircuit } from './circuit.ts';
import { type CountedCall, createLimitCounter, type LimitCounter } from './limits.ts';
import { createPauses } from './pauses.ts';
import { createRecentErrors } from './recent-errors.ts';
import type { RoutedCredential, RoutedUpstream } from './settings.ts';

export interface Credential extends CredentialHealth {
  readonly label: string;
  readonly upstream: Upstream;
  readonly limits: LimitCounter;
  /** Reason why a call with this key can't begin. `model` is the upstream's name of it. */
  blockReason(model: string, now: number): BlockReason | undefined;
  /** Counts a call, whether or not something blocks it. */
  begin(model: string, now: number, options: { resumed: boolean }): CountedCall;
  /** Learns from a call with another key that the model itself is overloaded at this upstream. */
  learnOfOverload(failure: TaskFailure, model: string, now: number): void;
  /** Ends all pauses. */
  unpause(): void;
  /** Believes in what another process learned of this key. */
  adopt(state: KeyState): void;
  /** Tells this key from another one that has had its label. */
  readonly fingerprint: string;
}

/** `usedToday` are requests since the last reset before `now`. */
export function createCredential(
  { label, fingerprint = '', upstream, limits: own }: RoutedCredential,
  { keyLimits, quotaReset, simulated }: Pick<RoutedUpstream, 'keyLimits' | 'quotaReset' | 'simulated'>,
  {
    now: createdAt,
    usedToday,
    sharers,
    onLearned,
  }: {
    now: number;
    usedToday: number;
    sharers?: (() => number) | undefined;
    onLearned?: ((state: KeyState) => void) | undefined;
  },
): Credential {
  const merged = mergeLimits(keyLimits, own ?? {});
  const concurrency = createAdaptiveLimit(merged.concurrency);
  const limits = createLimitCounter({
    limits: merged,
    concurrency: concurrency.current,
    reset: quotaReset,
    now: createdAt,
    usedToday,
    sharers,
  });
  const circuit = createCircuit();
  const pauses = createPauses(quotaReset);
  const health = { concurrency, circuit, pauses, errors: createRecentErrors() };
  const outcomes = createCallOutcomes(health, { simulated, onLearned });
  return {
    ...health,
    label,
    upstream,
    limits,
    blockReason: (model, now) =>
      later(later(pauses.blockReason(model, now), circuit.blockReason(now)), limits.blockReason(now)),
    begin(model, now, options) {
      const call = outcomes.begin(options);
      const counted = limits.begin(now, options);
      return {
        called: counted.called,
        end(end, endedAt) {
          const inFlight = limits.inFlight();
          counted.end(end, endedAt);
          outcomes.learn(call, { end, model, inFlight, now: endedAt });
        },
      };
    },
    learnOfOverload: outcomes.learnOfOverload,
    unpause: outcomes.unpause,
    adopt: outcomes.adopt,
    fingerprint,
  };
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
