// Limits of calls at once that hold over all processes on a database: what others have open is learned from it, and what this process has
// open is counted here.

import type { SharedLimits, Slot } from '../core/upstreams/router.ts';
import type { OpenCalls } from '../core/upstreams/shared-calls.ts';
import type { Clock } from '../lib/clock.ts';
import type { LimitCounter } from './limits.ts';
import type { UpstreamUse } from './route-target.ts';

/** `onLearned` follows whatever changes the counts. */
export function createSharedLimits(
  uses: ReadonlyMap<string, UpstreamUse>,
  { clock, onLearned }: { clock: Clock; onLearned: () => void },
): SharedLimits {
  const counters = countersIn(uses);
  const held = new Map<string, number>();
  let learnedAt = 0;

  const countersOf = ({ upstreamName, credential }: Slot): LimitCounter[] => {
    const use = uses.get(upstreamName);
    const own = use?.credentials.find(({ label }) => label === credential);
    return [use, own].flatMap((each) => each?.limits ?? []).filter(isLimited);
  };

  function learn(elsewhere: readonly OpenCalls[]): void {
    for (const [use, counter] of counters) counter.learnElsewhere(countOf(elsewhere, use));
    learnedAt = clock.now();
    onLearned();
  }

  return {
    isCounted: (slot) => countersOf(slot).length > 0,
    admit(slots, elsewhere) {
      learn(elsewhere);
      // These were counted as they were acquired.
      const left = new Map<LimitCounter, number>();
      for (const counter of slots.flatMap(countersOf))
        left.set(counter, (left.get(counter) ?? counter.left()) + 1);
      const admitted = new Set<Slot>();
      for (const slot of slots) {
        const its = countersOf(slot);
        if (its.some((counter) => (left.get(counter) ?? 0) <= 0)) continue;
        for (const counter of its) left.set(counter, (left.get(counter) ?? 0) - 1);
        admitted.add(slot);
      }
      return admitted;
    },
    learn,
    heldBackSince: () => (counters.some(([, counter]) => counter.isHeldBack()) ? learnedAt : null),
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

function countOf(calls: readonly OpenCalls[], { upstream, credential }: Counted): number {
  let sum = 0;
  for (const each of calls)
    if (each.upstream === upstream && (credential ?? each.credential) === each.credential) sum += each.count;
  return sum;
}

function isLimited({ limits }: LimitCounter): boolean {
  return limits.concurrency !== undefined;
}
