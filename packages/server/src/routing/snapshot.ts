// The operator's view of upstreams and keys: plain JSON in the API's manner, all times in Unix seconds as decimal
// strings. A moment to come is rounded up and one that has been is rounded down, lest anything be promised too early.

import type { UpstreamData, UpstreamKeyData, UpstreamKeyState, UpstreamLimits } from '@plantain/client';
import type { Credential } from './credential.ts';
import type { RouteTarget, UpstreamUse } from './route-target.ts';
import type { LimitCounter } from './limits.ts';
import { untilUnpaused } from './block-reason.ts';
import { joinErrors, type RecentCalls, type RecentError } from '../core/upstreams/recent-calls.ts';
import type { Clock } from '../lib/clock.ts';
import { comingSecondsText, secondsText } from '../lib/time/unix-time.ts';

interface Moment {
  /** Unix milliseconds. */
  now: number;
  /** Calls of other processes. */
  elsewhere: readonly RecentCalls[];
}

export interface Snapshots {
  /** For the operator, in the order of the settings. `elsewhere` are calls of other processes. */
  snapshot(elsewhere?: readonly RecentCalls[]): UpstreamData[];
  /** Gives what other processes can't know of the calls of this one. */
  recentCalls(): RecentCalls[];
}

export function createSnapshots(
  uses: ReadonlyMap<string, UpstreamUse>,
  targetsByModel: ReadonlyMap<string, readonly RouteTarget[]>,
  clock: Clock,
): Snapshots {
  return {
    snapshot: (elsewhere = []) =>
      [...uses.values()].map((use) => takeSnapshot(use, targetsByModel, { now: clock.now(), elsewhere })),
    recentCalls: () => [...uses.values()].flatMap((use) => recentCallsOf(use, clock.now())),
  };
}

/** Gives what other processes can't know of this one's calls to an upstream; nothing of credentials without any. */
function recentCallsOf({ name, limits, credentials }: UpstreamUse, now: number): RecentCalls[] {
  const of = (credential: string | null, counter: LimitCounter, errors: readonly RecentError[]) => ({
    upstream: name,
    credential,
    requests: counter.requests?.used(now) ?? 0,
    pictures: counter.pictures?.used(now) ?? 0,
    errors,
  });
  const all = [
    of(null, limits, []),
    ...credentials.map((each) => of(each.label, each.limits, each.errors.list(now))),
  ];
  return all.filter(({ requests, pictures, errors }) => requests + pictures + errors.length > 0);
}

function takeSnapshot(
  use: UpstreamUse,
  targetsByModel: ReadonlyMap<string, readonly RouteTarget[]>,
  { now, elsewhere }: Moment,
): UpstreamData {
  const models = [...targetsByModel].flatMap(([model, targets]) =>
    targets
      .filter((target) => target.use === use)
      .map(({ upstreamModel }) => ({ model, upstream_model: upstreamModel })),
  );
  const others = (label: string | null) =>
    elsewhere.filter(({ upstream, credential }) => upstream === use.name && credential === label);
  const upstreamModels = [...new Set(models.map((each) => each.upstream_model))];
  return {
    name: use.name,
    kind: use.kind,
    in_flight: use.limits.inFlight() + use.limits.elsewhere(),
    requests_today: use.limits.requestsToday(now),
    next_reset_at: comingSecondsText(use.limits.resetsAt(now)),
    limits: describeLimits(use.limits, now, others(null)),
    models,
    keys: use.credentials.map((credential) =>
      describeKey(credential, use.limits, upstreamModels, { now, elsewhere: others(credential.label) }),
    ),
  };
}

function describeKey(
  credential: Credential,
  shared: LimitCounter,
  upstreamModels: readonly string[],
  { now, elsewhere }: Moment,
): UpstreamKeyData {
  const { label, limits, concurrency, circuit, pauses, errors } = credential;
  const halfOpensAt = circuit.halfOpensAt();
  return {
    label,
    state: stateOf(credential, shared, upstreamModels, now),
    in_flight: limits.inFlight() + limits.elsewhere(),
    requests_today: limits.requestsToday(now),
    concurrency_limit: concurrency.current(),
    limits: describeLimits(limits, now, elsewhere),
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
    recent_errors: joinErrors([...errors.list(now), ...elsewhere.flatMap((each) => each.errors)]).map(
      ({ type, count, upstreamReason, lastAt }) => ({
        type,
        count,
        upstream_reason: upstreamReason,
        last_at: secondsText(lastAt),
      }),
    ),
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
  elsewhere: readonly RecentCalls[],
): UpstreamLimits {
  const { concurrency, dailyRequests } = limits;
  const shown: UpstreamLimits = {};
  if (concurrency !== undefined)
    shown.concurrency = { limit: concurrency, used: counter.inFlight() + counter.elsewhere() };
  for (const [name, window] of [
    ['requests', requests],
    ['pictures', pictures],
  ] as const)
    if (window !== undefined)
      shown[`${name}_per_minute`] = {
        limit: window.limit,
        used: elsewhere.reduce((sum, each) => sum + each[name], window.used(now)),
      };
  if (dailyRequests !== undefined)
    shown.daily_requests = { limit: dailyRequests, used: counter.requestsToday(now) };
  return shown;
}
