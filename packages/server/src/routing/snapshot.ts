// The operator's view of upstreams and keys: plain JSON in the API's manner, all times in Unix seconds as decimal
// strings. A moment to come is rounded up and one that has been is rounded down, lest anything be promised too early.

import type { UpstreamData, UpstreamKeyData, UpstreamKeyState, UpstreamLimits } from '@plantain/client';
import type { Credential } from './credential.ts';
import type { RouteTarget, UpstreamUse } from './route-target.ts';
import type { LimitCounter } from './limits.ts';
import { untilUnpaused } from './block-reason.ts';
import { comingSecondsText, secondsText } from '../lib/unix-time.ts';

export function takeSnapshot(
  use: UpstreamUse,
  targetsByModel: ReadonlyMap<string, readonly RouteTarget[]>,
  now: number,
): UpstreamData {
  const models = [...targetsByModel].flatMap(([model, targets]) =>
    targets
      .filter((target) => target.use === use)
      .map(({ upstreamModel }) => ({ model, upstream_model: upstreamModel })),
  );
  const upstreamModels = [...new Set(models.map((each) => each.upstream_model))];
  return {
    name: use.name,
    kind: use.kind,
    in_flight: use.limits.inFlight() + use.limits.elsewhere(),
    requests_today: use.limits.requestsToday(now),
    next_reset_at: comingSecondsText(use.limits.resetsAt(now)),
    limits: describeLimits(use.limits, now),
    models,
    keys: use.credentials.map((credential) => describeKey(credential, use.limits, upstreamModels, now)),
  };
}

function describeKey(
  credential: Credential,
  shared: LimitCounter,
  upstreamModels: readonly string[],
  now: number,
): UpstreamKeyData {
  const { label, limits, concurrency, circuit, pauses, errors } = credential;
  const halfOpensAt = circuit.halfOpensAt();
  return {
    label,
    state: stateOf(credential, shared, upstreamModels, now),
    in_flight: limits.inFlight() + limits.elsewhere(),
    requests_today: limits.requestsToday(now),
    concurrency_limit: concurrency.current(),
    limits: describeLimits(limits, now),
    pauses: pauses.list(now).map(({ model, reason, failure, until }) => ({
      model,
      reason,
      message: failure.message,
      until: until === untilUnpaused ? null : comingSecondsText(until),
    })),
    circuit: {
      state: circuit.state(now),
      ...(halfOpensAt === null ? {} : { opens_again_at: comingSecondsText(halfOpensAt) }),
    },
    recent_errors: errors.list(now).map(({ type, count, upstreamReason, lastAt }) => ({
      type,
      count,
      upstream_reason: upstreamReason,
      last_at: secondsText(lastAt),
    })),
  };
}

function stateOf(
  { pauses, circuit, limits }: Credential,
  shared: LimitCounter,
  models: readonly string[],
  now: number,
): UpstreamKeyState {
  const paused = models.length > 0 && models.every((model) => pauses.blockReason(model, now) !== undefined);
  if (paused || pauses.list(now).some(({ model }) => model === null)) return 'paused';
  const state = circuit.state(now);
  if (state !== 'closed') return state === 'open' ? 'circuit_open' : 'probing';
  return (limits.blockReason(now) ?? shared.blockReason(now)) === undefined ? 'available' : 'limited';
}

function describeLimits(
  { limits, requests, pictures, ...counter }: LimitCounter,
  now: number,
): UpstreamLimits {
  const { concurrency, dailyRequests } = limits;
  const shown: UpstreamLimits = {};
  if (concurrency !== undefined)
    shown.concurrency = { limit: concurrency, used: counter.inFlight() + counter.elsewhere() };
  if (requests !== undefined) shown.requests_per_minute = { limit: requests.limit, used: requests.used(now) };
  if (pictures !== undefined) shown.pictures_per_minute = { limit: pictures.limit, used: pictures.used(now) };
  if (dailyRequests !== undefined)
    shown.daily_requests = { limit: dailyRequests, used: counter.requestsToday(now) };
  return shown;
}
