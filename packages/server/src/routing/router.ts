// Decides where a task goes, by the routes' order and weights, by the limits, and by what the ends of calls taught.
// It has no timers: limits that end with time are looked at when somebody asks again, at the time that `availability` gave.

import type { UpstreamData } from '@plantain/client';
import { StartRefusedError } from '../core/errors.ts';
import type { Availability, Avoid, Need, Slot, Router } from '../core/upstreams/router.ts';
import type { Route } from '../core/upstreams/routes.ts';
import { type Clock, isRecent } from '../lib/clock.ts';
import type { Credential } from './credential.ts';
import {
  createUpstreamUse,
  freeCredential,
  markUsed,
  serves,
  type RouteTarget,
  type UpstreamUse,
} from './route-target.ts';
import { findAvailability } from './availability.ts';
import type { RoutedUpstream, UsedToday } from './settings.ts';
import { takeSnapshot } from './snapshot.ts';

/** How long an availability is repeated while nothing is known to have changed: status queries ask far more often than that. */
const availabilityLastsMs = 50;
/** Far more than there are models; only a guard. */
const maxAvailabilities = 1_000;

export interface UpstreamRouter extends Router {
  /** For the operator, in the order of the settings. */
  snapshot(): UpstreamData[];
  /** Ends all pauses of an upstream's keys; `false` when there is no upstream of this name. */
  unpause(upstreamName: string): boolean;
}

/**
 * `routes` go by the canonical names of models. `random` gives numbers in [0, 1). `usedToday` are the requests since each
 * upstream's `lastReset`, so that a restart doesn't give the day's limits anew. Throws `StartRefusedError` for a route to
 * an upstream that is not there, `RangeError` for a time zone that is not known.
 */
export function createRouter({
  upstreams,
  routes,
  clock,
  random,
  usedToday = [],
}: {
  upstreams: readonly RoutedUpstream[];
  routes: ReadonlyMap<string, readonly Route[]>;
  clock: Clock;
  random: () => number;
  usedToday?: readonly UsedToday[];
}): UpstreamRouter {
  const startedAt = clock.now();
  const uses = new Map(
    upstreams.map((upstream) => [upstream.name, createUpstreamUse(upstream, usedToday, startedAt)]),
  );
  const targetsByModel = new Map([...routes].map(([model, each]) => [model, toTargets(model, each, uses)]));
  const groupsByModel = new Map([...targetsByModel].map(([model, targets]) => [model, toGroups(targets)]));
  const availabilities = new Map<string, { at: number; availability: Availability }>();
  const listeners = new Set<() => void>();

  function tell(): void {
    for (const listener of listeners) listener();
  }

  function begin(use: UpstreamUse, credential: Credential, upstreamModel: string, resumed: boolean): Slot {
    const now = clock.now();
    const atUpstream = use.limits.begin(now, { resumed });
    const atCredential = credential.begin(upstreamModel, now, { resumed });
    availabilities.clear();
    let released = false;
    return {
      upstream: credential.upstream,
      upstreamName: use.name,
      credential: credential.label,
      upstreamModel,
      called() {
        atUpstream.called();
        atCredential.called();
        availabilities.clear();
      },
      release(end) {
        if (released) return;
        released = true;
        const endedAt = clock.now();
        atUpstream.end(end, endedAt);
        atCredential.end(end, endedAt);
        if (end.kind === 'failed' && end.failure.modelOverloaded === true)
          for (const other of use.credentials)
            if (other !== credential) other.hearOfOverload(end.failure, upstreamModel, endedAt);
        availabilities.clear();
        if (end.kind === 'unused') return;
        markUsed(use, credential);
        tell();
      },
    };
  }

  return {
    acquire(need, avoid = () => false) {
      const now = clock.now();
      for (const group of groupsByModel.get(need.model) ?? []) {
        const chosen = choose(openTargets(group, need, now, avoid), random);
        if (chosen !== undefined)
          return begin(chosen.target.use, chosen.credential, chosen.target.upstreamModel, false);
      }
      return null;
    },
    resume({ upstreamName, credential: label, upstreamModel }) {
      const use = uses.get(upstreamName);
      const credential = use?.credentials.find((each) => each.label === label);
      return use === undefined || credential === undefined
        ? null
        : begin(use, credential, upstreamModel, true);
    },
    availability(need, avoid) {
      const now = clock.now();
      if (avoid !== undefined)
        return findAvailability(need, targetsByModel.get(need.model) ?? [], now, avoid);
      const key = `${need.inputs} ${need.model}`;
      const kept = availabilities.get(key);
      if (kept !== undefined && isRecent(kept.at, now, availabilityLastsMs) && now < endOf(kept.availability))
        return kept.availability;
      const availability = findAvailability(need, targetsByModel.get(need.model) ?? [], now);
      if (availabilities.size >= maxAvailabilities) availabilities.clear();
      availabilities.set(key, { at: now, availability });
      return availability;
    },
    onOpened(listener) {
      const own = () => listener();
      listeners.add(own);
      return () => listeners.delete(own);
    },
    snapshot() {
      const now = clock.now();
      return [...uses.values()].map((use) => takeSnapshot(use, targetsByModel, now));
    },
    unpause(upstreamName) {
      const use = uses.get(upstreamName);
      if (use === undefined) return false;
      for (const credential of use.credentials) credential.unpause();
      availabilities.clear();
      tell();
      return true;
    },
  };
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

function openTargets(group: readonly RouteTarget[], need: Need, now: number, avoid: Avoid): OpenTarget[] {
  const open: OpenTarget[] = [];
  for (const target of group) {
    const credential = serves(target, need) ? freeCredential(target, now, avoid) : undefined;
    if (credential !== undefined) open.push({ target, credential });
  }
  return open;
}

/** By chance, in proportion to the weights. */
function choose(open: readonly OpenTarget[], random: () => number): OpenTarget | undefined {
  if (open.length < 2) return open[0];
  let point = random() * open.reduce((total, { target }) => total + (target.weight ?? 0), 0);
  return open.find(({ target }) => (point -= target.weight ?? 0) < 0) ?? open.at(-1);
}

/** From when on the availability is out of date whatever happens. */
function endOf(availability: Availability): number {
  return availability.kind === 'waiting' ? (availability.until ?? Infinity) : Infinity;
}
