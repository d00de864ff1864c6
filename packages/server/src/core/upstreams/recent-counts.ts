// Calls of all processes on a database, for whoever is shown them: they are read only when somebody asks, and at most once a second.

import { type Clock, isRecent } from '../../lib/clock.ts';
import { createReadsInFlight } from '../../lib/reads-in-flight.ts';
import type { TaskQueue } from '../tasks/task-queue.ts';
import type { Router } from './router.ts';
import type { CallCounts, Day } from './shared-calls.ts';

export interface RecentCounts {
  /** Whether the router knows how many calls there were within the last second. */
  isFresh(): boolean;
  /** Lets it learn that, unless it knows. */
  refresh(): Promise<void>;
  /** Lets it learn the calls of the day also where these are not limited, unless it has within the last ten seconds. */
  refreshDays(): Promise<void>;
}

const lastMs = 1_000;
/** They are counted one by one. */
const lastDaysMs = 10_000;

/** A router that shares no limits knows all calls. */
export function createRecentCounts({
  router: { shared },
  store,
  clock,
}: {
  router: Pick<Router, 'shared'>;
  store: Pick<TaskQueue, 'countCalls' | 'countAttempts'>;
  clock: Clock;
}): RecentCounts {
  if (shared === undefined)
    return { isFresh: () => true, refresh: async () => {}, refreshDays: async () => {} };
  const reads = createReadsInFlight<readonly CallCounts[]>();
  const days = createReadsInFlight<readonly CallCounts[]>();
  let readAt = Number.NEGATIVE_INFINITY;
  let daysReadAt = Number.NEGATIVE_INFINITY;
  const isFresh = () => isRecent(readAt, clock.now(), lastMs);
  return {
    isFresh,
    async refresh() {
      if (isFresh()) return;
      await reads.read(
        '',
        async () => (await store.countCalls?.(shared)) ?? [],
        (counts) => {
          shared.learn(counts);
          readAt = clock.now();
        },
      );
    },
    async refreshDays() {
      if (isRecent(daysReadAt, clock.now(), lastDaysMs)) return;
      await days.read(
        '',
        async () => await countDays(shared.unlimitedDays(), store),
        (counts) => {
          shared.learnDays(counts);
          daysReadAt = clock.now();
        },
      );
    },
  };
}

/** Counts once for upstreams whose days began at the same time, as most do. */
async function countDays(
  days: readonly Day[],
  { countAttempts }: Pick<TaskQueue, 'countAttempts'>,
): Promise<CallCounts[]> {
  const begins = [...new Set(days.map(({ since }) => since))];
  const counted = begins.map(async (since) => {
    const upstreams = new Set(days.filter((day) => day.since === since).map(({ upstream }) => upstream));
    const counts = (await countAttempts(since)).filter(({ upstream }) => upstreams.has(upstream));
    return counts.map(({ upstream, credential, count }) => ({ upstream, credential, open: 0, today: count }));
  });
  return (await Promise.all(counted)).flat();
}
