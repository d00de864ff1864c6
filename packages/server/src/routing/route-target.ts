// A route with what it leads to: an upstream with its keys and what is used of both.

import { readNeed } from '../core/upstreams/needs.ts';
import type { Avoid, Need } from '../core/upstreams/router.ts';
import type { ToldState } from '../core/upstreams/key-states.ts';
import { createCredential, type Credential } from './credential.ts';
import { createLimitCounter, type LimitCounter } from './limits.ts';
import { later, sooner, type BlockReason } from './block-reason.ts';
import type { QuotaReset } from '../core/upstreams/routes.ts';
import type { RoutedUpstream, UsedToday } from './settings.ts';

/** An upstream and its keys, with what is used of them. */
export interface UpstreamUse {
  readonly name: string;
  readonly kind: string;
  readonly quotaReset: QuotaReset;
  readonly limits: LimitCounter;
  /** In the order of the settings. */
  readonly credentials: readonly Credential[];
  /** All of `credentials`, the least recently used first. */
  readonly inTurn: Credential[];
}

export interface RouteTarget {
  readonly use: UpstreamUse;
  /** The upstream's name of the model. */
  readonly upstreamModel: string;
  readonly weight: number | undefined;
}

export function createUpstreamUse(
  upstream: RoutedUpstream,
  {
    usedToday,
    now,
    sharers,
    onLearned,
  }: {
    usedToday: readonly UsedToday[];
    now: number;
    sharers?: (() => number) | undefined;
    onLearned?: ((told: ToldState) => void) | undefined;
  },
): UpstreamUse {
  const { name, kind, limits, quotaReset } = upstream;
  const used = usedToday.filter((each) => each.upstream === name);
  const credentials = upstream.credentials.map((credential) =>
    createCredential(credential, upstream, {
      now,
      sharers,
      onLearned: (state) =>
        onLearned?.({
          upstream: name,
          credential: credential.label,
          fingerprint: credential.fingerprint ?? '',
          state,
        }),
      usedToday: sum(used.filter((each) => each.credential === credential.label)),
    }),
  );
  const counter = createLimitCounter({
    limits,
    concurrency: () => limits.concurrency ?? Infinity,
    reset: quotaReset,
    now,
    usedToday: sum(used),
    sharers,
  });
  return { name, kind, quotaReset, limits: counter, credentials, inTurn: [...credentials] };
}

/** Whether the upstream's model takes what the task has, and any key is there to ask it with. */
export function serves(target: RouteTarget, need: Need): boolean {
  return target.use.credentials.length > 0 && lackOf(target, need) === undefined;
}

/** Words on what the upstream's model lacks for a task, to follow its name; `undefined` where it takes all of it. */
export function lackOf({ use, upstreamModel }: RouteTarget, need: Need): string | undefined {
  const { maxInputs, mask = false } = use.credentials[0]?.upstream.capabilities(upstreamModel) ?? {};
  const { pictures, hasMask } = readNeed(need);
  if (hasMask && !mask) return 'takes no mask';
  return maxInputs !== undefined && maxInputs < pictures ? `takes ${maxInputs} at most` : undefined;
}

/** The key with which a call can begin now: of those with the fewest calls under way, the one used least recently. */
export function freeCredential(
  { use, upstreamModel }: RouteTarget,
  now: number,
  avoid: Avoid,
): Credential | undefined {
  if (use.limits.blockReason(now) !== undefined) return undefined;
  let best: Credential | undefined;
  for (const credential of use.inTurn) {
    if (best !== undefined && credential.limits.inFlight() >= best.limits.inFlight()) continue;
    if (credential.blockReason(upstreamModel, now) !== undefined) continue;
    if (!avoid({ upstreamName: use.name, credential: credential.label })) best = credential;
  }
  return best;
}

/** Reason why no call can begin, whatever the key; `undefined` exactly when `freeCredential` finds one to use. */
export function targetBlockReason(
  { use, upstreamModel }: RouteTarget,
  now: number,
  avoid: Avoid = () => false,
): BlockReason | undefined {
  let first: BlockReason | undefined;
  for (const credential of use.credentials) {
    if (avoid({ upstreamName: use.name, credential: credential.label })) continue;
    const blockReason = credential.blockReason(upstreamModel, now);
    if (blockReason === undefined) return use.limits.blockReason(now);
    first = sooner(first, blockReason);
  }
  return later(first, use.limits.blockReason(now));
}

export function markUsed({ inTurn }: UpstreamUse, credential: Credential): void {
  inTurn.splice(inTurn.indexOf(credential), 1);
  inTurn.push(credential);
}

function sum(used: readonly UsedToday[]): number {
  return used.reduce((total, { count }) => total + count, 0);
}
