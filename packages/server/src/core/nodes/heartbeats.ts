// Says again and again that this node lives.

import type { Clock } from '../../lib/clock.ts';
import { startInterval, type StartTimer } from '../../lib/timers.ts';
import { createOneAgain } from '../../lib/turns/one-again.ts';
import type { Node, NodeStore } from './nodes.ts';

export interface Heartbeats {
  start(): void;
  /** Beats no more, and has the store forget this node. */
  stop(): Promise<void>;
}

/** A few may be lost before a node counts as silent. */
const beatMs = 2_000;
/** How long a node that ended without saying so is remembered, so that the operator sees which one. */
export const rememberedMs = 3_600_000;

export function createHeartbeats({
  nodes,
  describe,
  clock,
  startTimer,
}: {
  nodes: NodeStore;
  /** Describes this node as it is now. */
  describe: () => Node;
  clock: Clock;
  startTimer: StartTimer;
}): Heartbeats {
  let stopInterval = () => {};
  let isStopped = false;
  const beat = createOneAgain(async () => {
    if (isStopped) return;
    try {
      await nodes.beat(describe());
      await nodes.forgetNodes(clock.now() - rememberedMs);
    } catch {
      // The store is away, which others tell of; the next heartbeat comes soon.
    }
  });
  return {
    start() {
      stopInterval = startInterval(startTimer, () => void beat(), beatMs, 0);
    },
    async stop() {
      isStopped = true;
      stopInterval();
      // The heartbeat under way would bring the node back.
      await beat();
      await nodes.leave(describe().id).catch(() => {});
    },
  };
}
