// Decides where a task goes, by the routes' order and weights, by the limits, and by what the ends of calls taught.
// It holds no timers: whatever opens with time is found open when somebody asks again, at the time that `outlook` gave.

import type { UpstreamData } from '@plantain/client';
import { StartRefusedError } from '../core/errors.ts';
import type { Avoid, Need, Outlook, Place, Router } from '../core/router.ts';
import type { Route } from '../core/routes.ts';
import { type Clock, isRecent } from '../lib/clock.ts';
import type { Account } from './account.ts';
import { createUpstreamUse, freeAccount, markUsed, serves, type Lane, type UpstreamUse } from './lane.ts';
import { findOutlook } from './outlook.ts';
import type { RoutedUpstream, UsedToday } from './settings.ts';
import { takeSnapshot } from './snapshot.ts';

/** How long an outlook is repeated while nothing is known to have changed: status queries ask far more often than that. */
const outlookLastsMs = 50;
/** Far more than there are models; only a guard. */
const maxOutlooks = 1_000;

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
  const lanesByModel = new Map([...routes].map(([model, each]) => [model, toLanes(model, each, uses)]));
  const groupsByModel = new Map([...lanesByModel].map(([model, lanes]) => [model, toGroups(lanes)]));
  const outlooks = new Map<string, { at: number; outlook: Outlook }>();
  const listeners = new Set<() => void>();

  function tell(): void {
    for (const listener of listeners) listener();
  }

  function begin(use: UpstreamUse, account: Account, upstreamModel: string, resumed: boolean): Place {
    const now = clock.now();
    const atUpstream = use.limits.begin(now, { resumed });
    const atAccount = account.begin(upstreamModel, now, { resumed });
    outlooks.clear();
    let released = false;
    return {
      upstream: account.upstream,
      upstreamName: use.name,
      account: account.label,
      upstreamModel,
      called() {
        atUpstream.called();
        atAccount.called();
        outlooks.clear();
      },
      release(end) {
        if (released) return;
        released = true;
        const endedAt = clock.now();
        atUpstream.end(end, endedAt);
        atAccount.end(end, endedAt);
        if (end.kind === 'failed' && end.failure.modelOverloaded === true)
          for (const other of use.accounts)
            if (other !== account) other.hearOfOverload(end.failure, upstreamModel, endedAt);
        outlooks.clear();
        if (end.kind === 'unused') return;
        markUsed(use, account);
        tell();
      },
    };
  }

  return {
    acquire(need, avoid = () => false) {
      const now = clock.now();
      for (const group of groupsByModel.get(need.model) ?? []) {
        const chosen = choose(openLanes(group, need, now, avoid), random);
        if (chosen !== undefined)
          return begin(chosen.lane.use, chosen.account, chosen.lane.upstreamModel, false);
      }
      return null;
    },
    resume({ upstreamName, account: label, upstreamModel }) {
      const use = uses.get(upstreamName);
      const account = use?.accounts.find((each) => each.label === label);
      return use === undefined || account === undefined ? null : begin(use, account, upstreamModel, true);
    },
    outlook(need, avoid) {
      const now = clock.now();
      if (avoid !== undefined) return findOutlook(need, lanesByModel.get(need.model) ?? [], now, avoid);
      const key = `${need.inputs} ${need.model}`;
      const kept = outlooks.get(key);
      if (kept !== undefined && isRecent(kept.at, now, outlookLastsMs) && now < endOf(kept.outlook))
        return kept.outlook;
      const outlook = findOutlook(need, lanesByModel.get(need.model) ?? [], now);
      if (outlooks.size >= maxOutlooks) outlooks.clear();
      outlooks.set(key, { at: now, outlook });
      return outlook;
    },
    onOpened(listener) {
      const own = () => listener();
      listeners.add(own);
      return () => listeners.delete(own);
    },
    snapshot() {
      const now = clock.now();
      return [...uses.values()].map((use) => takeSnapshot(use, lanesByModel, now));
    },
    unpause(upstreamName) {
      const use = uses.get(upstreamName);
      if (use === undefined) return false;
      for (const account of use.accounts) account.unpause();
      outlooks.clear();
      tell();
      return true;
    },
  };
}

function toLanes(
  model: string,
  routes: readonly Route[],
  uses: ReadonlyMap<string, UpstreamUse>,
): readonly Lane[] {
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
function toGroups(lanes: readonly Lane[]): readonly (readonly Lane[])[] {
  const groups: Lane[][] = [];
  for (const lane of lanes) {
    const before = groups.at(-1);
    if (lane.weight !== undefined && before?.[0]?.weight !== undefined) before.push(lane);
    else groups.push([lane]);
  }
  return groups;
}

interface OpenLane {
  lane: Lane;
  account: Account;
}

function openLanes(group: readonly Lane[], need: Need, now: number, avoid: Avoid): OpenLane[] {
  const open: OpenLane[] = [];
  for (const lane of group) {
    const account = serves(lane, need) ? freeAccount(lane, now, avoid) : undefined;
    if (account !== undefined) open.push({ lane, account });
  }
  return open;
}

/** By chance, in proportion to the weights. */
function choose(open: readonly OpenLane[], random: () => number): OpenLane | undefined {
  if (open.length < 2) return open[0];
  let point = random() * open.reduce((total, { lane }) => total + (lane.weight ?? 0), 0);
  return open.find(({ lane }) => (point -= lane.weight ?? 0) < 0) ?? open.at(-1);
}

/** From when on the outlook is out of date whatever happens. */
function endOf(outlook: Outlook): number {
  return outlook.kind === 'waiting' ? (outlook.until ?? Infinity) : Infinity;
}
