// Nodes that have not said of late that they live.

import type { OverviewNode } from '@plantain/client';

/** A node says so each two seconds; a few of these may be lost. */
const liveSeconds = 10;

/** Seconds for which a node has been silent; 0 for one that lives. The node that answered is the measure, as clocks of browsers differ. */
export function silenceOf(node: OverviewNode, nodes: readonly OverviewNode[]): number {
  const now = Math.max(...nodes.map(({ heartbeat_time: at }) => Number(at)));
  const silence = now - Number(node.heartbeat_time);
  return silence > liveSeconds ? silence : 0;
}
