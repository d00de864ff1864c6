// Reasons why no call may be made now, and until when. Two ends are no times: a reason that may end at any moment ends at
// -Infinity, and one that only the operator ends at Infinity, so that the later and the sooner of two are plain comparisons.

import type { TaskErrorType } from '../core/errors.ts';
import type { WaitReason } from '../core/upstreams/router.ts';

/** Why a key is left alone. The list is closed. */
export type PauseReason = 'rate_limited' | 'quota' | 'unavailable' | 'model_unknown' | EndlessCause;

/** Causes that only the operator can end. */
export type EndlessCause = 'auth' | 'billing';

type Cause =
  | 'concurrency'
  | 'requests_per_minute'
  | 'pictures_per_minute'
  | 'daily_requests'
  | 'circuit'
  | 'probe'
  | PauseReason;

export interface BlockReason {
  cause: Cause;
  /** Unix milliseconds, `atAnyTime` or `untilUnpaused`. */
  until: number;
}

export const atAnyTime = -Infinity;
export const untilUnpaused = Infinity;

/** Joins two reasons that both have to end: the one that lasts longer. */
export function later(one: BlockReason | undefined, other: BlockReason | undefined): BlockReason | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return other.until > one.until ? other : one;
}

/** Chooses of two reasons the one that ends first; `one` where they end together. */
export function sooner(one: BlockReason | undefined, other: BlockReason): BlockReason {
  return one === undefined || other.until < one.until ? other : one;
}

/** Words for people on each cause, after the name of the upstream. */
export const says: Readonly<Record<Cause, string>> = {
  concurrency: 'as many calls as it may have at once are under way',
  requests_per_minute: 'its requests for a minute are used up',
  pictures_per_minute: 'its pictures for a minute are used up',
  daily_requests: 'its requests for the day are used up',
  circuit: 'it failed several times and is left alone for a while',
  probe: 'it failed several times, and one call is finding out whether it works again',
  rate_limited: 'it asked for fewer requests (rate limit)',
  quota: 'its quota is used up',
  unavailable: 'it is overloaded and asked to be left alone for a while',
  model_unknown: 'it does not know the model',
  auth: 'the API key was refused',
  billing: 'its credit is used up',
};

export const waitReasons: Readonly<Record<Exclude<Cause, EndlessCause>, WaitReason>> = {
  concurrency: 'busy',
  requests_per_minute: 'rate_limited',
  pictures_per_minute: 'rate_limited',
  daily_requests: 'quota',
  circuit: 'circuit_open',
  probe: 'busy',
  rate_limited: 'rate_limited',
  quota: 'quota',
  unavailable: 'circuit_open',
  model_unknown: 'circuit_open',
};

/** Failure type of a task that is blocked by this cause alone. */
export const endlessTypes: Readonly<Record<EndlessCause, TaskErrorType>> = {
  auth: 'upstream_auth',
  billing: 'upstream_billing',
};

export function isEndless(cause: Cause): cause is EndlessCause {
  return cause in endlessTypes;
}
