// What the operator is shown of upstreams and keys: plain JSON in the API's manner, all times in Unix seconds as decimal
// strings. What is still to come is rounded up and what has been is rounded down, lest anything be promised too early.

import type { TaskErrorType } from '../core/errors.ts';
import type { Account } from './account.ts';
import type { Lane, UpstreamUse } from './lane.ts';
import type { LimitCounter } from './limits.ts';
import { untilUnpaused, type PauseReason } from './obstacle.ts';

export interface UpstreamSnapshot {
  name: string;
  kind: string;
  in_flight: number;
  /** Since the last reset. */
  requests_today: number;
  /** When the quotas of a day begin anew. */
  next_reset_at: string;
  limits: LimitsSnapshot;
  /** Canonical names, and the upstream's own. */
  models: { model: string; upstream_model: string }[];
  keys: KeySnapshot[];
}

/** Only the limits that there are. */
export interface LimitsSnapshot {
  concurrency?: LimitUse;
  requests_per_minute?: LimitUse;
  pictures_per_minute?: LimitUse;
  daily_requests?: LimitUse;
}

interface LimitUse {
  limit: number;
  used: number;
}

/**
 * The first that is true: `paused` for every model it serves, `circuit_open` after failures, `probing` while the next call
 * or one under way finds out whether it works again, `limited` by its own limits, else `available`.
 */
export type KeyState = 'paused' | 'circuit_open' | 'probing' | 'limited' | 'available';

export interface KeySnapshot {
  label: string;
  state: KeyState;
  in_flight: number;
  requests_today: number;
  /** How many calls at once it is believed to bear now. */
  concurrency_limit: number;
  limits: LimitsSnapshot;
  /** `model` is the upstream's name, `null` for all; `until` is `null` for a pause that the operator has to end. */
  pauses: { model: string | null; reason: PauseReason; message: string; until: string | null }[];
  /** `opens_again_at`: when calls are let through again; left out when closed. */
  circuit: { state: 'closed' | 'open' | 'half_open'; opens_again_at?: string };
  /** By type, of the last 15 minutes. */
  recent_errors: { type: TaskErrorType; count: number; upstream_reason: string | null; last_at: string }[];
}

export function takeSnapshot(
  use: UpstreamUse,
  lanesByModel: ReadonlyMap<string, readonly Lane[]>,
  now: number,
): UpstreamSnapshot {
  const models = [...lanesByModel].flatMap(([model, lanes]) =>
    lanes
      .filter((lane) => lane.use === use)
      .map(({ upstreamModel }) => ({ model, upstream_model: upstreamModel })),
  );
  const upstreamModels = [...new Set(models.map((each) => each.upstream_model))];
  return {
    name: use.name,
    kind: use.kind,
    in_flight: use.limits.inFlight(),
    requests_today: use.limits.requestsToday(now),
    next_reset_at: comingSeconds(use.limits.resetsAt(now)),
    limits: describeLimits(use.limits, now),
    models,
    keys: use.accounts.map((account) => describeKey(account, use.limits, upstreamModels, now)),
  };
}

function describeKey(
  account: Account,
  shared: LimitCounter,
  upstreamModels: readonly string[],
  now: number,
): KeySnapshot {
  const { label, limits, concurrency, circuit, pauses, errors } = account;
  const halfOpensAt = circuit.halfOpensAt();
  return {
    label,
    state: stateOf(account, shared, upstreamModels, now),
    in_flight: limits.inFlight(),
    requests_today: limits.requestsToday(now),
    concurrency_limit: concurrency.current(),
    limits: describeLimits(limits, now),
    pauses: pauses.list(now).map(({ model, reason, failure, until }) => ({
      model,
      reason,
      message: failure.message,
      until: until === untilUnpaused ? null : comingSeconds(until),
    })),
    circuit: {
      state: circuit.state(now),
      ...(halfOpensAt === null ? {} : { opens_again_at: comingSeconds(halfOpensAt) }),
    },
    recent_errors: errors.list(now).map(({ type, count, upstreamReason, lastAt }) => ({
      type,
      count,
      upstream_reason: upstreamReason,
      last_at: String(Math.floor(lastAt / 1000)),
    })),
  };
}

function stateOf(
  { pauses, circuit, limits }: Account,
  shared: LimitCounter,
  models: readonly string[],
  now: number,
): KeyState {
  const paused = models.length > 0 && models.every((model) => pauses.obstacle(model, now) !== undefined);
  if (paused || pauses.list(now).some(({ model }) => model === null)) return 'paused';
  const state = circuit.state(now);
  if (state !== 'closed') return state === 'open' ? 'circuit_open' : 'probing';
  return (limits.obstacle(now) ?? shared.obstacle(now)) === undefined ? 'available' : 'limited';
}

function describeLimits(
  { limits, requests, pictures, ...counter }: LimitCounter,
  now: number,
): LimitsSnapshot {
  const { concurrency, dailyRequests } = limits;
  const shown: LimitsSnapshot = {};
  if (concurrency !== undefined) shown.concurrency = { limit: concurrency, used: counter.inFlight() };
  if (requests !== undefined) shown.requests_per_minute = { limit: requests.limit, used: requests.used(now) };
  if (pictures !== undefined) shown.pictures_per_minute = { limit: pictures.limit, used: pictures.used(now) };
  if (dailyRequests !== undefined)
    shown.daily_requests = { limit: dailyRequests, used: counter.requestsToday(now) };
  return shown;
}

function comingSeconds(at: number): string {
  return String(Math.ceil(at / 1000));
}
