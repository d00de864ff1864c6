// Builds what makes this process one of the nodes: its heartbeats, and the list of all of them.

import { version } from '../cli/version.ts';
import type { Config } from '../config/settings.ts';
import { createHeartbeats, rememberedMs } from '../core/nodes/heartbeats.ts';
import type { Node } from '../core/nodes/nodes.ts';
import type { Clock } from '../lib/clock.ts';
import { startSystemTimer } from '../lib/timers.ts';
import type { Storage } from './storage.ts';
import { describeProcess } from '../this-machine.ts';

export function buildNodes(
  { role, concurrency }: Config,
  {
    storage: { nodes, nodeId: id },
    clock,
    runningCount,
  }: { storage: Storage; clock: Clock; runningCount: () => number },
) {
  // Not before the clock is the one that all nodes go by.
  let startedAt: number | undefined;
  const describe = (): Node => ({
    ...describeProcess(),
    id,
    role,
    version,
    startedAt: (startedAt ??= clock.now()),
    heartbeatAt: clock.now(),
    running: runningCount(),
    concurrency: role === 'api' ? 0 : concurrency,
  });
  return {
    heartbeats: createHeartbeats({ nodes, describe, clock, startTimer: startSystemTimer }),
    /** Lists the nodes in the order of their starts, this one as it is now, and those that ended without saying so of late. */
    async list(): Promise<Node[]> {
      const listed = await nodes.listNodes(clock.now() - rememberedMs);
      const all = [...listed.filter((node) => node.id !== id), describe()];
      return all.toSorted((a, b) => a.startedAt - b.startedAt || (a.id < b.id ? -1 : 1));
    },
  };
}
