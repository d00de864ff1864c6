// Calls of all processes on a database, for whoever is shown them: they are read only when somebody asks, and at most once a second.

import { type Clock, isRecent } from '../../lib/clock.ts';
import { createReadsInFlight } from '../../lib/reads-in-flight.ts';
import type { TaskQueue } from '../tasks/task-queue.ts';
import type { Router } from './router.ts';
import type { CallCounts } from './shared-calls.ts';

export interface RecentCounts {
  /** Whether the router knows how many calls there were within the last second. */
  isFresh(): boolean;
  /** Lets it learn that, unless it knows. */
  refresh(): Promise<void>;
}

const lastMs = 1_000;

/** A router that shares no limits knows all calls. */
export function createRecentCounts({
  router: { shared },
  store,
  clock,
}: {
  router: Pick<Router, 'shared'>;
  store: Pick<TaskQueue, 'countCalls'>;
  clock: Clock;
}): RecentCounts {
  if (shared === undefined) return { isFresh: () => true, refresh: async () => {} };
  const reads = createReadsInFlight<readonly CallCounts[]>();
  let readAt = Number.NEGATIVE_INFINITY;
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
  };
}
