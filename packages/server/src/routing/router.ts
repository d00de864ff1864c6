// Decides where a task goes, by the routes' order and weights, by the limits, and by what the ends of calls taught.
// It has no timers: limits that end with time are looked at when somebody asks again, at the time that `availability` gave.

import { StartRefusedError } from '../core/errors.ts';
import type { Avoid, Need, Slot, Router } from '../core/upstreams/router.ts';
import type { KeyStates } from '../core/upstreams/follow-key-states.ts';
import type { ToldState } from '../core/upstreams/key-states.ts';
import type { Route } from '../core/upstreams/routes.ts';
import type { Clock } from '../lib/clock.ts';
import type { Credential } from './credential.ts';
import {
  createUpstreamUse,
  freeCredential,
  markUsed,
  serves,
  type RouteTarget,
  type UpstreamUse,
} from './route-target.ts';
import { createAvailabilityCache } from './availability-cache.ts';
import type { RoutedUpstream, UsedToday } from './settings.ts';
import { createKeyStates, createLearnedStates } from './key-states.ts';
import { createSharedLimits } from './shared-limits.ts';
import { createSnapshots, type Snapshots } from './snapshot.ts';

export interface UpstreamRouter extends Router, KeyStates, Snapshots {
  /** Ends all pauses of an upstream's keys; `false` when there is no upstream of this name. */
  unpause(upstreamName: string): boolean;
}

export interface RouterOptions {
  upstreams: readonly RoutedUpstream[];
  /** By the canonical names of models. */
  routes: ReadonlyMap<string, readonly Route[]>;
  clock: Clock;
  /** Gives numbers in [0, 1). */
  random: () => number;
  /** Requests since each upstream's `lastReset`, so that a restart doesn't give the day's limits anew. */
  usedToday?: readonly UsedToday[];
  /** Whether other processes call the upstreams too. */
  isShared?: boolean;
  /** How many processes share the limits of a minute; called each time. Default: only this one. */
  workers?: () => number;
}

/**
 * Throws `StartRefusedError` for a route to an upstream that is not there, `RangeError` for a time zone that is not known.
 */
export function createRouter({
  upstreams,
  routes,
  clock,
  random,
  usedToday = [],
  isShared = false,
  workers,
}: RouterOptions): UpstreamRouter {
  const learned = createLearnedStates();
  const { uses, targetsByModel, groupsByModel } = tableOf({
    upstreams,
    routes,
    usedToday,
    now: clock.now(),
    sharers: workers,
    onLearned: learned.tell,
  });
  const availabilities = createAvailabilityCache(targetsByModel);
  const listeners = new Set<() => void>();

  function notify(): void {
    for (const listener of listeners) listener();
  }

  const begin = (call: RoutedCall) =>
    beginCall(call, { clock, onCounted: availabilities.clear, onReleased: notify });

  return {
    ...(isShared && { shared: createSharedLimits(uses, { clock, onLearned: availabilities.clear }) }),
    acquire(need, avoid = () => false) {
      const now = clock.now();
      const groups = groupsByModel.get(need.model) ?? [];
      const chosen = firstOpen(groups, (group) => openTargets(group, need, now, avoid), random);
      return chosen === undefined ? null : begin(firstCall(chosen));
    },
    resume({ upstreamName, credential: label, upstreamModel }) {
      const use = uses.get(upstreamName);
      const credential = use?.credentials.find((each) => each.label === label);
      return use === undefined || credential === undefined
        ? null
        : begin({ use, credential, upstreamModel, resumed: true });
    },
    availability: (need, avoid) => availabilities.find(need, clock.now(), avoid),
    onOpened(listener) {
      const own = () => listener();
      listeners.add(own);
      return () => listeners.delete(own);
    },
    ...createSnapshots(uses, targetsByModel, clock),
    ...createKeyStates(uses, {
      learned,
      clock,
      onChanged() {
        availabilities.clear();
        notify();
      },
    }),
  };
}

interface RoutedCall {
  use: UpstreamUse;
  credential: Credential;
  upstreamModel: string;
  resumed: boolean;
}

/** Counts a call that may be made now. `onCounted` follows whatever changes the counts, `onReleased` each end of a call. */
function beginCall(
  { use, credential, upstreamModel, resumed }: RoutedCall,
  { clock, onCounted, onReleased }: { clock: Clock; onCounted: () => void; onReleased: () => void },
): Slot {
  const now = clock.now();
  const atUpstream = use.limits.begin(now, { resumed });
  const atCredential = credential.begin(upstreamModel, now, { resumed });
  onCounted();
  let released = false;
  return {
    upstream: credential.upstream,
    upstreamName: use.name,
    credential: credential.label,
    upstreamModel,
    called() {
      atUpstream.called();
      atCredential.called();
      onCounted();
    },
    release(end) {
      if (released) return;
      released = true;
      const endedAt = clock.now();
      atUpstream.end(end, endedAt);
      atCredential.end(end, endedAt);
      if (end.kind === 'failed' && end.failure.modelOverloaded === true)
        for (const other of use.credentials)
          if (other !== credential) other.learnOfOverload(end.failure, upstreamModel, endedAt);
      onCounted();
      if (end.kind === 'unused') return;
      markUsed(use, credential);
      onReleased();
    },
  };
}

/** The upstreams by their names, and of each model its targets in their order, also in groups of equal rank. */
function tableOf({
  upstreams,
  routes,
  ...counted
}: {
  upstreams: readonly RoutedUpstream[];
  routes: ReadonlyMap<string, readonly Route[]>;
  usedToday: readonly UsedToday[];
  now: number;
  sharers: (() => number) | undefined;
  onLearned: (told: ToldState) => void;
}) {
  const uses = new Map(upstreams.map((upstream) => [upstream.name, createUpstreamUse(upstream, counted)]));
  const targetsByModel = new Map([...routes].map(([model, each]) => [model, toTargets(model, each, uses)]));
  const groupsByModel = new Map([...targetsByModel].map(([model, targets]) => [model, toGroups(targets)]));
  return { uses, targetsByModel, groupsByModel };
}

function toTargets(
  model: string,
  routes: readonly Route[],
  uses: ReadonlyMap<string, UpstreamUse>,
): readonly RouteTarget[] {
  return routes.map(({ upstreamName, upstreamModel, weight }) => {
    const use = uses.get(upstreamName);
    if (use === undefined)
      throw new StartRefusedError(
        `A route of the model ${model} leads to the upstream ${upstreamName}, which is not among the upstreams. Correct the name, or add the upstream.`,
      );
    return { use, upstreamModel, weight };
  });
}

/** Neighbours with a weight share a group; everything else is alone in its own. */
function toGroups(targets: readonly RouteTarget[]): readonly (readonly RouteTarget[])[] {
  const groups: RouteTarget[][] = [];
  for (const target of targets) {
    const before = groups.at(-1);
    if (target.weight !== undefined && before?.[0]?.weight !== undefined) before.push(target);
    else groups.push([target]);
  }
  return groups;
}

interface OpenTarget {
  target: RouteTarget;
  credential: Credential;
}

function firstCall({ target: { use, upstreamModel }, credential }: OpenTarget): RoutedCall {
  return { use, credential, upstreamModel, resumed: false };
}

function openTargets(group: readonly RouteTarget[], need: Need, now: number, avoid: Avoid): OpenTarget[] {
  const open: OpenTarget[] = [];
  for (const target of group) {
    const credential = serves(target, need) ? freeCredential(target, now, avoid) : undefined;
    if (credential !== undefined) open.push({ target, credential });
  }
  return open;
}

/** Chooses in the first group that has an open target. */
function firstOpen(
  groups: readonly (readonly RouteTarget[])[],
  openOf: (group: readonly RouteTarget[]) => readonly OpenTarget[],
  random: () => number,
): OpenTarget | undefined {
  for (const group of groups) {
    const open = openOf(group);
    if (open.length > 0) return choose(open, random);
  }
  return undefined;
}

/** By chance, in proportion to the weights. */
function choose(open: readonly OpenTarget[], random: () => number): OpenTarget | undefined {
  if (open.length < 2) return open[0];
  let point = random() * open.reduce((total, { target }) => total + (target.weight ?? 0), 0);
  return open.find(({ target }) => (point -= target.weight ?? 0) < 0) ?? open.at(-1);
}
