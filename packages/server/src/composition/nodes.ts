// Builds what makes this process one of the nodes: its heartbeats, and the list of all of them.

import { version } from '../cli/version.ts';
import type { Config } from '../config/settings.ts';
import { createHeartbeats, rememberedMs } from '../core/nodes/heartbeats.ts';
import { isLive, type Node } from '../core/nodes/nodes.ts';
import type { RecentCalls } from '../core/upstreams/recent-calls.ts';
import type { Clock } from '../lib/clock.ts';
import { startSystemTimer } from '../lib/timers.ts';
import type { Storage } from './storage.ts';
import { describeProcess } from '../this-machine.ts';

export type BuiltNodes = ReturnType<typeof buildNodes>;

export function buildNodes(
  { role, concurrency }: Config,
  {
    storage: { nodes, nodeId: id },
    clock,
    runningCount,
    recentCalls,
  }: {
    storage: Storage;
    clock: Clock;
    runningCount: () => number;
    recentCalls: () => readonly RecentCalls[];
  },
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
    calls: recentCalls(),
  });
  /** The others, and those that ended without saying so of late. */
  const listOthers = async () =>
    (await nodes.listNodes(clock.now() - rememberedMs)).filter((node) => node.id !== id);
  return {
    /** Id of this node. */
    id,
    heartbeats: createHeartbeats({ nodes, describe, clock, startTimer: startSystemTimer }),
    /** Lists the nodes in the order of their starts, this one as it is now, and those that ended without saying so of late. */
    async list(): Promise<Node[]> {
      const all = [...(await listOthers()), describe()];
      return all.toSorted((a, b) => a.startedAt - b.startedAt || (a.id < b.id ? -1 : 1));
    },
    /** Calls that other nodes made of late, as they last said. */
    async callsElsewhere(): Promise<RecentCalls[]> {
      const live = (await listOthers()).filter((node) => isLive(node, clock.now()));
      return live.flatMap(({ calls }) => calls);
    },
  };
}
