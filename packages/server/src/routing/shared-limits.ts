// Limits that hold over all processes on a database: calls at once, and the calls of a day. What others have is learned from it, and what this
// process has open is counted here.

import type { SharedLimits, Slot } from '../core/upstreams/router.ts';
import type { CallCounts } from '../core/upstreams/shared-calls.ts';
import type { Clock } from '../lib/clock.ts';
import { lastReset } from './daily-reset.ts';
import type { LimitCounter } from './limits.ts';
import type { UpstreamUse } from './route-target.ts';

/** `onLearned` follows whatever changes the counts. */
export function createSharedLimits(
  uses: ReadonlyMap<string, UpstreamUse>,
  { clock, onLearned }: { clock: Clock; onLearned: () => void },
): SharedLimits {
  const counters = countersIn(uses);
  const held = createHeldTasks();
  const days = createDays(uses, counters, clock);
  /** Upstreams whose calls of a day the store counts, since one of their keys, or all together, have a limit. */
  const limitedDays = new Set(days.days().map(({ upstream }) => upstream));
  let learnedAt = 0;

  const countersOf = ({ upstreamName, credential }: Slot): LimitCounter[] => {
    const use = uses.get(upstreamName);
    const own = use?.credentials.find(({ label }) => label === credential);
    return [use, own].flatMap((each) => each?.limits ?? []).filter(isLimited);
  };

  function learn(counts: readonly CallCounts[], asked: ReadonlyMap<LimitCounter, number> = new Map()): void {
    learnedAt = clock.now();
    for (const [counted, counter] of counters) {
      const { open, today } = countOf(counts, counted);
      const isOfDay = limitedDays.has(counted.upstream);
      counter.learn({ open, ...(isOfDay && { today: today + (asked.get(counter) ?? 0) }) }, learnedAt);
    }
    onLearned();
  }

  return {
    isCounted: (slot) => countersOf(slot).length > 0,
    admit(slots, counts) {
      const asked = new Map<LimitCounter, number>();
      for (const counter of slots.flatMap(countersOf)) asked.set(counter, (asked.get(counter) ?? 0) + 1);
      learn(counts, asked);
      const left = new Map([...asked].map(([counter, count]) => [counter, counter.left(learnedAt) + count]));
      const admitted = new Set<Slot>();
      for (const slot of slots) {
        const its = countersOf(slot);
        if (its.some((counter) => (left.get(counter) ?? 0) <= 0)) continue;
        for (const counter of its) left.set(counter, (left.get(counter) ?? 0) - 1);
        admitted.add(slot);
      }
      return admitted;
    },
    learn: (counts) => learn(counts),
    heldBackSince() {
      const now = clock.now();
      return counters.some(([, counter]) => counter.isHeldBack(now)) ? learnedAt : null;
    },
    ...held,
    ...days,
  };
}

function createDays(
  uses: ReadonlyMap<string, UpstreamUse>,
  counters: readonly [Counted, LimitCounter][],
  clock: Clock,
): Pick<SharedLimits, 'days' | 'unlimitedDays' | 'learnDays'> {
  const isLimited = ({ limits, credentials }: UpstreamUse) =>
    [limits, ...credentials.map((each) => each.limits)].some(hasDay);
  const dayOf = ({ name, quotaReset }: UpstreamUse) => ({
    upstream: name,
    since: lastReset(clock.now(), quotaReset),
  });
  const [limited, unlimited] = [
    [...uses.values()].filter(isLimited),
    [...uses.values()].filter((use) => !isLimited(use)),
  ];
  return {
    days: () => limited.map(dayOf),
    unlimitedDays: () => unlimited.map(dayOf),
    learnDays(counts) {
      const now = clock.now();
      for (const [counted, counter] of counters)
        if (unlimited.some(({ name }) => name === counted.upstream))
          counter.learn({ today: countOf(counts, counted).today }, now);
    },
  };
}

/** Tasks whose calls are counted here; one may be held twice. */
function createHeldTasks(): Pick<SharedLimits, 'hold' | 'own'> {
  const held = new Map<string, number>();
  return {
    hold(taskId) {
      held.set(taskId, (held.get(taskId) ?? 0) + 1);
      let isOver = false;
      return () => {
        if (isOver) return;
        isOver = true;
        const left = (held.get(taskId) ?? 0) - 1;
        if (left > 0) held.set(taskId, left);
        else held.delete(taskId);
      };
    },
    own: () => [...held.keys()],
  };
}

interface Counted {
  upstream: string;
  /** Left out for all credentials together. */
  credential?: string;
}

function countersIn(uses: ReadonlyMap<string, UpstreamUse>): [Counted, LimitCounter][] {
  const counters: [Counted, LimitCounter][] = [];
  for (const [upstream, use] of uses) {
    counters.push([{ upstream }, use.limits]);
    for (const { label, limits } of use.credentials) counters.push([{ upstream, credential: label }, limits]);
  }
  return counters;
}

function countOf(counts: readonly CallCounts[], { upstream, credential }: Counted) {
  const sum = { open: 0, today: 0 };
  for (const each of counts) {
    if (each.upstream !== upstream || (credential ?? each.credential) !== each.credential) continue;
    sum.open += each.open;
    sum.today += each.today;
  }
  return sum;
}

const hasDay = ({ limits }: LimitCounter) => limits.dailyRequests !== undefined;
const isLimited = (counter: LimitCounter) => counter.limits.concurrency !== undefined || hasDay(counter);
