// Exchange of what servers on one database learn of upstreams.

import type { Config } from '../config/settings.ts';
import { createKeyStateFollower } from '../core/upstreams/follow-key-states.ts';
import { startSystemTimer } from '../lib/timers.ts';
import type { UpstreamRouter } from '../routing/router.ts';
import type { Store } from '../store/store.ts';

/** Begins to exchange what is learned of keys, where other servers may work on the database; that stops with `lifetime`. */
export async function shareKeyStates(
  config: Config,
  { router, store }: { router: UpstreamRouter; store: Store },
  lifetime: AsyncDisposableStack,
): Promise<void> {
  if (config.database_url === undefined) return;
  const follower = createKeyStateFollower({ states: router, store, startTimer: startSystemTimer });
  lifetime.defer(() => follower.stop());
  await follower.start();
}
