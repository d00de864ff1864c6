// Exchange of what servers on one database know of upstreams.

import type { Config } from '../config/settings.ts';
import { liveMs, type NodeStore } from '../core/nodes/nodes.ts';
import { createKeyStateFollower } from '../core/upstreams/follow-key-states.ts';
import type { Clock } from '../lib/clock.ts';
import { startInterval, startSystemTimer } from '../lib/timers.ts';
import type { UpstreamRouter } from '../routing/router.ts';
import type { Store } from '../store/store.ts';
import type { LiveWorkers } from './upstreams.ts';

interface SharedParts {
  router: UpstreamRouter;
  workers: LiveWorkers;
  store: Store;
  nodes: NodeStore;
  clock: Clock;
}

const countMs = 2_000;

/**
 * Begins to exchange what is learned of keys, and to count the servers that share the limits of a minute, where others may work on the
 * database; that stops with `lifetime`.
 */
export async function shareUpstreams(
  config: Config,
  { router, workers, store, nodes, clock }: SharedParts,
  lifetime: AsyncDisposableStack,
): Promise<void> {
  if (config.database_url === undefined) return;
  const follower = createKeyStateFollower({ states: router, store, startTimer: startSystemTimer });
  lifetime.defer(() => follower.stop());
  // Where the database is away, the last count holds.
  const count = () => countWorkers(workers, nodes, clock).catch(() => {});
  lifetime.defer(startInterval(startSystemTimer, () => void count(), countMs));
  await Promise.all([follower.start(), count()]);
}

async function countWorkers(workers: LiveWorkers, nodes: NodeStore, clock: Clock): Promise<void> {
  const live = await nodes.listNodes(clock.now() - liveMs);
  workers.count = Math.max(1, live.filter(({ role }) => role !== 'api').length);
}
